/** NDEL: removes the notifier of a queue and ends its subscription (simplex-messaging.md, "Disable notifications"). */
import type { QueueHandler } from '../context.ts';
import { authError, ok } from '../responses.ts';
import { dropNotifier } from './notifier.ts';

export const handleNdel: QueueHandler<'NDEL'> = async ({ queue }, { store, bus }) => {
  if (queue.notifier === undefined) return ok;
  const change = await store.queues.setNotifier(queue.rcvId, undefined);
  if (typeof change === 'string') return authError;
  dropNotifier(bus, change.former);
  return ok;
};
