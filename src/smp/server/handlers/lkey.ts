/**
 * LKEY: the sender secures the queue and reads its link data, once (simplex-messaging.md, "Set sender key and get link
 * data").
 */
import type { QueueHandler } from '../context.ts';
import { linkResponse } from './link.ts';
import { secureQueue } from './secure-queue.ts';

export const handleLkey: QueueHandler<'LKEY'> = async ({ queue, entityId, command }, { store }) => {
  const secured = await secureQueue(store.queues, queue.rcvId, command.key);
  return secured.kind === 'OK' ? linkResponse(store.queues, entityId, queue) : secured;
};
