/** KEY: the recipient sets the sender's key (simplex-messaging.md, "Secure queue by recipient"). */
import type { QueueHandler } from '../context.ts';
import { secureQueue } from './secure-queue.ts';

export const handleKey: QueueHandler<'KEY'> = ({ queue, command }, { store }) =>
  secureQueue(store.queues, queue.rcvId, command.key);
