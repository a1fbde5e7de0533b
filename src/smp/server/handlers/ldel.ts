/** LDEL: the short link of a queue leads nowhere any more (simplex-messaging.md, "Delete queue link"). */
import { authError, ok, type QueueHandler } from '../context.ts';

export const handleLdel: QueueHandler<'LDEL'> = async ({ queue }, { store }) =>
  (await store.queues.removeLink(queue.rcvId)) ? ok : authError;
