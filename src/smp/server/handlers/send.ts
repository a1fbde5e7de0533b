/** SEND: stores a message, then notifies the subscriber (simplex-messaging.md, "Send message"). */
import { ENTITY_ID_SIZE } from '../../../protocol/index.ts';
import { encryptNotification, maxMessageLength, NOTIFICATION_NONCE_SIZE } from '../../protocol/index.ts';
import type { HandlerContext, QueueHandler } from '../context.ts';
import { authError, ok } from '../responses.ts';
import type { IncomingNotification, QueueRecord } from '../store/types.ts';
import { tellNotifier } from './notifier.ts';

function notificationOf(
  { notifier }: QueueRecord,
  msgId: Uint8Array,
  timestamp: number,
  { random }: HandlerContext,
): IncomingNotification | undefined {
  if (notifier === undefined) return undefined;
  const nonce = random.bytes(NOTIFICATION_NONCE_SIZE);
  const meta = encryptNotification(notifier.dhSecret, nonce, { msgId, timestamp });
  return { notifierId: notifier.notifierId, nonce, meta };
}

export const handleSend: QueueHandler<'SEND'> = async ({ queue, command }, context) => {
  const { version, policy, store, bus, clock, aging, random } = context;
  const { flags, body } = command;
  const { rcvId, status, notifier } = queue;
  if (body.length > maxMessageLength(version)) return { kind: 'ERR', error: { kind: 'LARGE_MSG' } };
  if (status.kind === 'blocked') return { kind: 'ERR', error: { kind: 'BLOCKED', info: status.info } };
  if (status.kind === 'off') return authError;
  // Also used as the nonce of the delivery, so it has the size of a nonce.
  const msgId = random.bytes(ENTITY_ID_SIZE);
  const timestamp = Math.floor(clock.now() / 1_000);
  const { expireOnSendSeconds: ttl } = policy;
  const agedAt = aging.now();
  if (ttl !== undefined && !aging.isHeld) await store.messages.expireQueue(rcvId, agedAt - ttl);
  const notification = flags.notification ? notificationOf(queue, msgId, timestamp, context) : undefined;
  const storing = store.messages.add(rcvId, { msgId, timestamp, agedAt, flags, body, notification });
  // The one-time link has been used, so it is removed.
  const secured = queue.linkId !== undefined && queue.mode === 'messaging' && queue.sndAuthKey !== undefined;
  const [outcome] = await Promise.all([storing, secured ? store.queues.removeLink(rcvId) : true]);
  if (outcome === 'absent') return authError;
  if (outcome === 'quota') return { kind: 'ERR', error: { kind: 'QUOTA' } };
  bus.messages.publish(rcvId, 'waiting');
  if (notification !== undefined && notifier !== undefined) tellNotifier(bus, notifier, 'waiting');
  return ok;
};
