/** NEW: creates a queue (simplex-messaging.md, "Create queue command"). */
import { generateX25519, wipe } from '../../../crypto/index.ts';
import { equalBytes } from '../../../encoding/index.ts';
import { ENTITY_ID_SIZE } from '../../../protocol/index.ts';
import { deliverySecret, type LinkData, type NewQueue, senderIdOf } from '../../protocol/index.ts';
import { ID_ATTEMPTS } from '../constants.ts';
import type { Handler, HandlerContext } from '../context.ts';
import { isAllowed } from '../password.ts';
import { authError, internalError, prohibited, quotaError } from '../responses.ts';
import type { QueueRecord } from '../store/types.ts';
import { newNotifier } from './notifier.ts';

interface NewIds {
  readonly rcvId: Uint8Array;
  readonly sndId: Uint8Array;
  readonly linkId: Uint8Array | undefined;
  readonly link: LinkData | undefined;
}

/** Ids of a new queue. With a link the client chooses the sender id, and for contact addresses the link id. */
function newIds({ queue }: NewQueue, { random }: HandlerContext): NewIds {
  const id = () => random.bytes(ENTITY_ID_SIZE);
  const rcvId = id();
  if (queue?.link === undefined) return { rcvId, sndId: id(), linkId: undefined, link: undefined };
  const { sndId, data: link } = queue.link;
  return { rcvId, sndId, linkId: queue.mode === 'contact' ? queue.link.linkId : id(), link };
}

export const handleNew: Handler<'NEW'> = async ({ corrId, command }, context) => {
  const { policy, store, random, subscriptions, service } = context;
  if (!policy.newQueues) return authError;
  if (!isAllowed(policy.password, command.password)) return authError;
  if (service !== undefined && !command.subscribe) return prohibited;
  const given = command.queue?.link;
  // The sender id must be derived from the correlation id: a freely chosen id could probe which queues exist.
  if (given !== undefined && !equalBytes(given.sndId, senderIdOf(corrId))) return prohibited;
  if (command.subscribe && subscriptions.full) return quotaError;
  const keys = generateX25519(random);
  const rcvDhSecret = deliverySecret(keys.privateKey, command.rcvDhKey);
  wipe(keys.privateKey);
  for (let attempt = 0; attempt < ID_ATTEMPTS; attempt++) {
    const { link, ...ids } = newIds(command, context);
    const notifier = command.notifier === undefined ? undefined : newNotifier(command.notifier, context);
    const queue: QueueRecord = {
      ...ids,
      rcvAuthKeys: [command.rcvAuthKey],
      rcvDhSecret,
      mode: command.queue?.mode ?? 'contact',
      sndAuthKey: undefined,
      status: { kind: 'active' },
      notifier: notifier?.notifier,
      serviceId: service?.serviceId,
    };
    if (!(await store.queues.create(queue, link))) {
      if (given === undefined) continue;
      return authError;
    }
    const subscribed = command.subscribe ? subscriptions.subscribe(queue) : undefined;
    if (subscribed?.kind === 'ERR') {
      // Another command took the last subscription meanwhile; the client asked for a subscribed queue, so delete this
      // one.
      await store.queues.delete(queue.rcvId);
      return subscribed;
    }
    return {
      kind: 'IDS',
      ...ids,
      serverDhKey: keys.publicKey,
      queueMode: command.queue?.mode,
      serviceId: queue.serviceId,
      notifier: notifier?.ids,
    };
  }
  return internalError;
};
