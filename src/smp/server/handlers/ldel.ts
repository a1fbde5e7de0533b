/** LDEL: removes the short link of a queue (simplex-messaging.md, "Delete queue link"). */
import type { QueueHandler } from '../context.ts';
import { authError, ok } from '../responses.ts';

export const handleLdel: QueueHandler<'LDEL'> = async ({ queue }, { store }) =>
  (await store.queues.removeLink(queue.rcvId)) ? ok : authError;
