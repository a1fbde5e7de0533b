/** LSET: sets the short link of a queue, or replaces the data that its owner may (simplex-messaging.md, "Set queue link data"). */
import { authError, ok, type QueueHandler } from '../context.ts';

export const handleLset: QueueHandler<'LSET'> = async ({ queue, command }, { store }) => {
  // Who was meant to read it has done so.
  if (queue.mode === 'messaging' && queue.sndAuthKey !== undefined) return authError;
  return (await store.queues.setLink(queue.rcvId, command.linkId, command.data)) === 'done' ? ok : authError;
};
