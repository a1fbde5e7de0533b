/** The messages of queues: each queue has numbered messages from its head to its tail. */
import { borrowBytes, encodeBorrowed, equalBytes, releaseBuffer } from '../../../encoding/index.ts';
import type { Batch } from './group-writer.ts';
import { addNotification, NOTIFICATION_SIZE } from './notifications.ts';
import { type QueueState, storedMessageCodec, unpackOrNothing, viewOf } from './record-codec.ts';
import type { Tables } from './tables.ts';
import type { MessageStore, StoredMessage } from './types.ts';

/** The recipient id followed by the number, so that the messages of a queue are stored in order. */
export function messageKey(rcvId: Uint8Array, number: number): Buffer {
  const key = Buffer.allocUnsafe(rcvId.length + 8);
  key.set(rcvId);
  key.writeBigUInt64BE(BigInt(number), rcvId.length);
  return key;
}

/** Removes messages from the head up to `to` (exclusive), as part of a batch. */
export function removeMessages(tables: Tables, batch: Batch, rcvId: Uint8Array, state: QueueState, to: number): void {
  for (let number = state.head; number < to; number++) {
    const key = messageKey(rcvId, number);
    batch.add(() => void tables.messages.remove(key));
  }
  if (to < state.tail) tables.states.set(batch, rcvId, { head: to, tail: state.tail, full: state.full });
  // While the removal is not on disk yet, the next message must not reuse the number of a removed one.
  else tables.states.remove(batch, rcvId, { head: to, tail: to, full: false });
}

/** Copied: the engine's value is only valid until its next call. */
function copyOf({ msgId, timestamp, content }: StoredMessage): StoredMessage {
  const id = new Uint8Array(msgId);
  if (content.kind === 'quota') return { msgId: id, timestamp, content };
  const body = borrowBytes(content.body.length);
  body.set(content.body);
  return { msgId: id, timestamp, content: { kind: 'message', flags: content.flags, body } };
}

/** The numbers of a queue's messages that are on disk and not being removed; the range may be empty. */
function storedRange(tables: Tables, rcvId: Uint8Array, state: QueueState): { from: number; to: number } {
  return { from: state.head, to: Math.min(state.tail, tables.states.stored(rcvId)?.tail ?? 0) };
}

/** Reads the message with this number into a borrowed buffer; undefined when it is absent or unreadable. */
function storedMessage(tables: Tables, rcvId: Uint8Array, number: number): StoredMessage | undefined {
  const stored = tables.messages.get(messageKey(rcvId, number));
  return stored === undefined ? undefined : unpackOrNothing(storedMessageCodec, stored);
}

/**
 * The first message, borrowed, and its number; undefined also while it is not on disk yet, since it must not be
 * delivered before. Unreadable messages are skipped, so that a damaged record does not block the queue.
 */
function firstStored(
  tables: Tables,
  rcvId: Uint8Array,
  state: QueueState,
): { readonly number: number; readonly message: StoredMessage } | undefined {
  const { from, to } = storedRange(tables, rcvId, state);
  for (let number = from; number < to; number++) {
    const message = storedMessage(tables, rcvId, number);
    if (message !== undefined) return { number, message };
  }
  return undefined;
}

/**
 * The first message. If none of those on disk can be read, they are removed, so that a full queue accepts messages
 * again.
 */
async function firstMessage(tables: Tables, rcvId: Uint8Array): Promise<StoredMessage | undefined> {
  const state = tables.states.get(rcvId);
  if (state === undefined) return undefined;
  const first = firstStored(tables, rcvId, state);
  if (first !== undefined) return copyOf(first.message);
  const { from, to } = storedRange(tables, rcvId, state);
  if (from < to && to === state.tail) {
    await tables.free((batch) => removeMessages(tables, batch, rcvId, state, to));
  }
  return undefined;
}

export function messageStore(tables: Tables, quota: number): MessageStore {
  return {
    async add(rcvId, { msgId, timestamp, agedAt = timestamp, flags, body, notification }) {
      if (!tables.queues.has(rcvId)) return 'absent';
      const state = tables.states.get(rcvId) ?? { head: 0, tail: 0, full: false };
      if (state.full) return 'quota';
      const full = state.tail - state.head >= quota;
      const message: StoredMessage = {
        msgId,
        timestamp,
        content: full
          ? { kind: 'quota' }
          : { kind: 'message', flags, body, ...(agedAt === timestamp ? {} : { agedAt }) },
      };
      const key = messageKey(rcvId, state.tail);
      const packed = encodeBorrowed(storedMessageCodec, message);
      const size = packed.length + (notification === undefined ? 0 : NOTIFICATION_SIZE);
      await tables.write(size, (batch) => {
        batch.add(() => void tables.messages.put(key, viewOf(packed)));
        batch.onSettled(() => releaseBuffer(packed));
        tables.states.set(batch, rcvId, { head: state.head, tail: state.tail + 1, full });
        if (notification !== undefined && !full) addNotification(tables, batch, agedAt, notification);
      });
      return full ? 'quota' : 'stored';
    },
    first: (rcvId) => firstMessage(tables, rcvId),
    async remove(rcvId, msgId) {
      const state = tables.states.get(rcvId);
      if (state === undefined) return undefined;
      const first = firstStored(tables, rcvId, state);
      if (first === undefined) return undefined;
      if (!equalBytes(first.message.msgId, msgId)) return copyOf(first.message);
      await tables.free((batch) => removeMessages(tables, batch, rcvId, state, first.number + 1));
      return firstMessage(tables, rcvId);
    },
    async size(rcvId) {
      const state = tables.states.get(rcvId);
      return state === undefined ? 0 : state.tail - state.head;
    },
    expireQueue: (rcvId, before) => expireQueue(tables, rcvId, before),
    async expire(before) {
      let expired = 0;
      await tables.scan(tables.stateTable, async (key) => {
        expired += await expireQueue(tables, key, before);
        return undefined;
      });
      return expired;
    },
  };
}

async function expireQueue(tables: Tables, rcvId: Uint8Array, before: number): Promise<number> {
  const state = tables.states.get(rcvId);
  if (state === undefined) return 0;
  const range = storedRange(tables, rcvId, state);
  let to = range.from;
  let expired = 0;
  for (; to < range.to; to++) {
    const message = storedMessage(tables, rcvId, to);
    if (message === undefined) continue;
    const { content, timestamp } = message;
    if (content.kind !== 'message' || (content.agedAt ?? timestamp) >= before) break;
    expired++;
  }
  if (to === state.head) return 0;
  await tables.free((batch) => removeMessages(tables, batch, rcvId, state, to));
  return expired;
}
