/** SKEY: the sender secures the queue (simplex-messaging.md, "Secure queue by sender"). */
import type { QueueHandler } from '../context.ts';
import { secureQueue } from './secure-queue.ts';

export const handleSkey: QueueHandler<'SKEY'> = ({ queue, command }, { store }) =>
  secureQueue(store.queues, queue.rcvId, command.key);
