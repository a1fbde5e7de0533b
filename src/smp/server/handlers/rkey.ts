/**
 * RKEY: sets the recipient keys of a contact address; each of them may receive (simplex-messaging.md, "Set recipient
 * keys").
 */
import type { QueueHandler } from '../context.ts';
import { authError, ok } from '../responses.ts';

export const handleRkey: QueueHandler<'RKEY'> = async ({ queue, command }, { store }) => {
  if (queue.mode !== 'contact') return authError;
  return (await store.queues.setKeys(queue.rcvId, command.keys)) ? ok : authError;
};
