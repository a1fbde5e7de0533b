/** OFF: suspends the queue, which then accepts no messages (simplex-messaging.md, "Suspend queue"). */
import { authError, ok, type QueueHandler } from '../context.ts';

export const handleOff: QueueHandler<'OFF'> = async ({ queue }, { store }) =>
  (await store.queues.setStatus(queue.rcvId, { kind: 'off' })) ? ok : authError;
