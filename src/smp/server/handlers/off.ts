/** OFF: suspends the queue, which then accepts no messages (simplex-messaging.md, "Suspend queue"). */
import type { QueueHandler } from '../context.ts';
import { authError, ok } from '../responses.ts';

export const handleOff: QueueHandler<'OFF'> = async ({ queue }, { store }) =>
  (await store.queues.setStatus(queue.rcvId, { kind: 'off' })) ? ok : authError;
