/** DEL: the queue and its messages go; another connection that is subscribed is told (simplex-messaging.md, "Delete queue"). */
import { authError, ok, type QueueHandler } from '../context.ts';

export const handleDel: QueueHandler<'DEL'> = async ({ queue }, { store, subscriptions }) => {
  if (!(await store.queues.delete(queue.rcvId))) return authError;
  subscriptions.queueDeleted(queue.rcvId);
  return ok;
};
