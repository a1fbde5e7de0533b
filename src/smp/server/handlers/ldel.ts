/** LDEL: removes the short link of a queue (simplex-messaging.md, "Delete queue link"). */
import { authError, ok, type QueueHandler } from '../context.ts';

export const handleLdel: QueueHandler<'LDEL'> = async ({ queue }, { store }) =>
  (await store.queues.removeLink(queue.rcvId)) ? ok : authError;
