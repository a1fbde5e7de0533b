/** NKEY: sets the notifier of a queue and replaces a former one (simplex-messaging.md, "Enable notifications"). */
import { ID_ATTEMPTS } from '../constants.ts';
import type { QueueHandler } from '../context.ts';
import { authError, internalError } from '../responses.ts';
import { dropNotifier, newNotifier } from './notifier.ts';

export const handleNkey: QueueHandler<'NKEY'> = async ({ queue, command }, { store, bus, random }) => {
  for (let attempt = 0; attempt < ID_ATTEMPTS; attempt++) {
    const { notifier, ids } = newNotifier(command, { random });
    const change = await store.queues.setNotifier(queue.rcvId, notifier);
    if (change === 'taken') continue;
    if (change === 'absent') return authError;
    dropNotifier(bus, change.former);
    return { kind: 'NID', ...ids };
  }
  return internalError;
};
