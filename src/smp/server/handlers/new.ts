/** NEW: creates a queue (simplex-messaging.md, "Create queue command"). */
import { generateX25519, wipe } from '../../../crypto/index.ts';
import { ENTITY_ID_SIZE } from '../../../protocol/index.ts';
import { deliverySecret } from '../../protocol/index.ts';
import { ID_ATTEMPTS } from '../constants.ts';
import { authError, type Handler, ok, quotaError } from '../context.ts';
import { isAllowed } from '../password.ts';
import type { QueueRecord } from '../store/types.ts';

export const handleNew: Handler<'NEW'> = async ({ command }, { policy, store, random, subscriptions }) => {
  if (!policy.newQueues) return authError;
  if (!isAllowed(policy.password, command.password)) return authError;
  if (command.subscribe && subscriptions.full) return quotaError;
  const keys = generateX25519(random);
  const rcvDhSecret = deliverySecret(keys.privateKey, command.rcvDhKey);
  wipe(keys.privateKey);
  for (let attempt = 0; attempt < ID_ATTEMPTS; attempt++) {
    const queue: QueueRecord = {
      rcvId: random.bytes(ENTITY_ID_SIZE),
      sndId: random.bytes(ENTITY_ID_SIZE),
      rcvAuthKey: command.rcvAuthKey,
      rcvDhSecret,
      sndSecure: command.sndSecure,
      sndAuthKey: undefined,
      status: 'active',
    };
    if (!(await store.queues.create(queue))) continue;
    const subscribed = command.subscribe ? subscriptions.subscribe(queue) : ok;
    if (subscribed.kind !== 'OK') {
      // Others have taken the last places since: a queue that nobody is subscribed to is not what was asked for.
      await store.queues.delete(queue.rcvId);
      return subscribed;
    }
    const { rcvId, sndId, sndSecure } = queue;
    return { kind: 'IDS', rcvId, sndId, serverDhKey: keys.publicKey, sndSecure };
  }
  return { kind: 'ERR', error: { kind: 'INTERNAL' } };
};
