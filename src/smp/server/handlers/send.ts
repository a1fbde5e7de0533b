/** SEND: stores a message, then tells whoever is subscribed (simplex-messaging.md, "Send message"). */
import { ENTITY_ID_SIZE } from '../../../protocol/index.ts';
import { maxMessageLength } from '../../protocol/index.ts';
import { authError, ok, type QueueHandler } from '../context.ts';

export const handleSend: QueueHandler<'SEND'> = async ({ queue, command }, { version, store, bus, clock, random }) => {
  const { flags, body } = command;
  if (body.length > maxMessageLength(version)) return { kind: 'ERR', error: { kind: 'LARGE_MSG' } };
  if (queue.status === 'off') return authError;
  const outcome = await store.messages.add(queue.rcvId, {
    // Also the nonce of the delivery, so it has the size of one.
    msgId: random.bytes(ENTITY_ID_SIZE),
    timestamp: Math.floor(clock.now() / 1_000),
    flags,
    body,
  });
  if (outcome === 'absent') return authError;
  if (outcome === 'quota') return { kind: 'ERR', error: { kind: 'QUOTA' } };
  bus.messageWaiting(queue.rcvId);
  return ok;
};
