/** LSET: sets the short link of a queue, or replaces its mutable data (simplex-messaging.md, "Set queue link data"). */
import type { QueueHandler } from '../context.ts';
import { authError, ok } from '../responses.ts';

export const handleLset: QueueHandler<'LSET'> = async ({ queue, command }, { store }) => {
  // A secured one-time link was already used: its data can no longer change.
  if (queue.mode === 'messaging' && queue.sndAuthKey !== undefined) return authError;
  return (await store.queues.setLink(queue.rcvId, command.linkId, command.data)) === 'done' ? ok : authError;
};
