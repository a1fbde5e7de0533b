/** DEL: deletes the queue and its messages and notifies the subscriber (simplex-messaging.md, "Delete queue"). */
import type { QueueHandler } from '../context.ts';
import { authError, ok } from '../responses.ts';
import { dropNotifier } from './notifier.ts';

export const handleDel: QueueHandler<'DEL'> = async ({ queue }, { store, bus, subscriptions, observer }) => {
  const deleted = await store.queues.delete(queue.rcvId);
  if (deleted === undefined) return authError;
  observer.deleted(deleted.sndAuthKey !== undefined);
  subscriptions.queueDeleted(queue.rcvId);
  dropNotifier(bus, deleted.notifier);
  return ok;
};
