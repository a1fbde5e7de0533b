/**
 * RKEY: sets the recipient keys of a contact address; each of them may receive (simplex-messaging.md, "Set recipient
 * keys").
 */
import { authError, ok, type QueueHandler } from '../context.ts';

export const handleRkey: QueueHandler<'RKEY'> = async ({ queue, command }, { store }) => {
  if (queue.mode !== 'contact') return authError;
  return (await store.queues.setKeys(queue.rcvId, command.keys)) ? ok : authError;
};
