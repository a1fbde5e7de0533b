/**
 * The store on a key-value engine, LMDB in production: nothing is kept in memory but what is on its way to disk.
 *
 * Tables: `queues` (recipient id → record), `senders` (sender id → recipient id), `states` (recipient id → where its
 * messages begin and end; only queues that have messages), `messages` (recipient id and number → message).
 *
 * This process is the only writer. Every change is computed at once, from what is stored and what is on its way
 * ({@link PendingTable}); all that have gathered are handed over as one atomic batch, with one write and one sync, and
 * only then do their promises resolve ({@link GroupWriter}).
 */
import { bytes, equalBytes } from '../../../encoding/index.ts';
import { sameAuthKey } from '../../../protocol/index.ts';
import { type Batch, GroupWriter } from './group-writer.ts';
import type { ChangeKind, KeyValueEngine, KeyValueTable } from './key-value.ts';
import { lmdbEngine } from './lmdb-engine.ts';
import { PendingTable } from './pending-table.ts';
import {
  messageIdOf,
  pack,
  type QueueState,
  queueRecordCodec,
  queueStateCodec,
  storedMessageCodec,
  unpack,
} from './record-codec.ts';
import type { MessageStore, QueueRecord, QueueStore, SmpStore, StoredMessage } from './types.ts';

/** Queues looked at between two turns of the event loop while searching for expired messages. */
const EXPIRY_STEP = 200;

/** More than the record of a queue takes. */
const RECORD_SIZE = 512;

class Tables {
  readonly queues: PendingTable<QueueRecord>;
  readonly senders: PendingTable<Uint8Array>;
  readonly states: PendingTable<QueueState>;
  readonly stateTable: KeyValueTable;
  readonly messages: KeyValueTable;
  /** Set before it is closed: what takes long stops. */
  closing = false;
  readonly #engine: KeyValueEngine;
  readonly #writer: GroupWriter;

  constructor(engine: KeyValueEngine) {
    this.#engine = engine;
    this.#writer = new GroupWriter((operations) => engine.commit(operations));
    this.queues = new PendingTable(engine.table('queues'), queueRecordCodec);
    this.senders = new PendingTable(engine.table('senders'), bytes);
    this.stateTable = engine.table('states');
    this.states = new PendingTable(this.stateTable, queueStateCodec);
    this.messages = engine.table('messages');
  }

  /** Makes a change that stores `bytes`; resolves when it is on disk, rejects with {@link StoreError}. */
  async write(bytes: number, change: (batch: Batch) => void): Promise<void> {
    await this.#write(bytes, 'grows', change);
  }

  /** Makes a change that removes something. */
  async free(change: (batch: Batch) => void): Promise<void> {
    await this.#write(0, 'frees', change);
  }

  async close(): Promise<void> {
    this.closing = true;
    await this.#writer.idle();
    await this.#engine.close();
  }

  #write(bytes: number, kind: ChangeKind, change: (batch: Batch) => void): Promise<void> {
    const room = this.#engine.claim(bytes, kind);
    return this.#writer.write((batch) => {
      batch.onSettled(() => room.release());
      change(batch);
    });
  }
}

/** Number behind the recipient id, so that messages of a queue lie in order. */
function messageKey(rcvId: Uint8Array, number: number): Buffer {
  const key = Buffer.alloc(rcvId.length + 8);
  key.set(rcvId);
  key.writeBigUInt64BE(BigInt(number), rcvId.length);
  return key;
}

function queueStore(tables: Tables): QueueStore {
  const update = (record: QueueRecord) =>
    tables.write(RECORD_SIZE, (batch) => tables.queues.set(batch, record.rcvId, record));
  return {
    async create(record) {
      if (tables.queues.has(record.rcvId) || tables.senders.has(record.sndId)) return false;
      await tables.write(RECORD_SIZE, (batch) => {
        tables.queues.set(batch, record.rcvId, record);
        tables.senders.set(batch, record.sndId, record.rcvId);
      });
      return true;
    },
    byRcvId: async (rcvId) => tables.queues.get(rcvId),
    async bySndId(sndId) {
      const rcvId = tables.senders.get(sndId);
      return rcvId === undefined ? undefined : tables.queues.get(rcvId);
    },
    async secure(rcvId, key) {
      const record = tables.queues.get(rcvId);
      if (record === undefined) return 'absent';
      if (record.sndAuthKey !== undefined && !sameAuthKey(record.sndAuthKey, key)) return 'conflict';
      // Written again even when it is the same: the first time may not be on disk yet.
      await update({ ...record, sndAuthKey: key });
      return 'done';
    },
    async suspend(rcvId) {
      const record = tables.queues.get(rcvId);
      if (record === undefined) return false;
      await update({ ...record, status: 'off' });
      return true;
    },
    async delete(rcvId) {
      const record = tables.queues.get(rcvId);
      if (record === undefined) return false;
      const state = tables.states.get(rcvId);
      await tables.free((batch) => {
        tables.queues.set(batch, rcvId, undefined);
        tables.senders.set(batch, record.sndId, undefined);
        if (state !== undefined) removeMessages(tables, batch, rcvId, state, state.tail);
      });
      return true;
    },
  };
}

/** Removes messages from the first up to number `to`, as part of a batch. */
function removeMessages(tables: Tables, batch: Batch, rcvId: Uint8Array, state: QueueState, to: number): void {
  for (let number = state.head; number < to; number++) {
    const key = messageKey(rcvId, number);
    batch.add(() => void tables.messages.remove(key));
  }
  if (to < state.tail) tables.states.set(batch, rcvId, { ...state, head: to });
  // While the last messages are still on disk, the next gets a number of its own: it must not be taken for one of them.
  else tables.states.remove(batch, rcvId, { head: to, tail: to, full: false });
}

/** A copy: what the engine returns is gone with the next call. */
const unpackMessage = (stored: Uint8Array): StoredMessage => unpack(storedMessageCodec, new Uint8Array(stored));

/** Where the messages of a queue are that are on disk and not being removed; there may be none. */
function storedRange(tables: Tables, rcvId: Uint8Array, state: QueueState): { from: number; to: number } {
  return { from: state.head, to: Math.min(state.tail, tables.states.stored(rcvId)?.tail ?? 0) };
}

/**
 * The first message as it is stored, and its number; undefined also while it is on its way to disk, as it must not be
 * delivered before. Numbers without a message are stepped over: none is made, but a damaged queue shall not be stuck for
 * ever.
 */
function firstStored(
  tables: Tables,
  rcvId: Uint8Array,
  state: QueueState,
): { readonly number: number; readonly stored: Uint8Array } | undefined {
  const { from, to } = storedRange(tables, rcvId, state);
  for (let number = from; number < to; number++) {
    const stored = tables.messages.get(messageKey(rcvId, number));
    if (stored !== undefined) return { number, stored };
  }
  return undefined;
}

function firstMessage(tables: Tables, rcvId: Uint8Array): StoredMessage | undefined {
  const state = tables.states.get(rcvId);
  const first = state && firstStored(tables, rcvId, state);
  return first && unpackMessage(first.stored);
}

function messageStore(tables: Tables, quota: number): MessageStore {
  return {
    async add(rcvId, { msgId, timestamp, flags, body }) {
      if (!tables.queues.has(rcvId)) return 'absent';
      const state = tables.states.get(rcvId) ?? { head: 0, tail: 0, full: false };
      if (state.full) return 'quota';
      const full = state.tail - state.head >= quota;
      const message: StoredMessage = {
        msgId,
        timestamp,
        content: full ? { kind: 'quota' } : { kind: 'message', flags, body },
      };
      const key = messageKey(rcvId, state.tail);
      const packed = pack(storedMessageCodec, message);
      await tables.write(packed.length, (batch) => {
        batch.add(() => void tables.messages.put(key, packed));
        tables.states.set(batch, rcvId, { ...state, tail: state.tail + 1, full });
      });
      return full ? 'quota' : 'stored';
    },
    first: async (rcvId) => firstMessage(tables, rcvId),
    async remove(rcvId, msgId) {
      const state = tables.states.get(rcvId);
      if (state === undefined) return undefined;
      const first = firstStored(tables, rcvId, state);
      if (first === undefined) return undefined;
      if (!equalBytes(messageIdOf(first.stored), msgId)) return unpackMessage(first.stored);
      await tables.free((batch) => removeMessages(tables, batch, rcvId, state, first.number + 1));
      return firstMessage(tables, rcvId);
    },
    async size(rcvId) {
      const state = tables.states.get(rcvId);
      return state === undefined ? 0 : state.tail - state.head;
    },
    async expire(before) {
      let expired = 0;
      let from: Buffer | undefined;
      while (!tables.closing) {
        const keys = tables.stateTable.keys(from, EXPIRY_STEP);
        for (const key of keys) {
          if (tables.closing) break;
          expired += await expireQueue(tables, new Uint8Array(key), before);
        }
        const last = keys.at(-1);
        if (last === undefined || keys.length < EXPIRY_STEP) return expired;
        from = Buffer.concat([last, Buffer.of(0)]);
        await new Promise((resolve) => setImmediate(resolve));
      }
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
    const stored = tables.messages.get(messageKey(rcvId, to));
    if (stored === undefined) continue;
    const message = unpackMessage(stored);
    if (message.content.kind !== 'message' || message.timestamp >= before) break;
    expired++;
  }
  if (to === state.head) return 0;
  await tables.free((batch) => removeMessages(tables, batch, rcvId, state, to));
  return expired;
}

/** The store in the tables of `engine`, which is its own from here on. */
export function keyValueStore(engine: KeyValueEngine, quota: number): SmpStore {
  const tables = new Tables(engine);
  return { queues: queueStore(tables), messages: messageStore(tables, quota), close: () => tables.close() };
}

/** Opens or makes the store in `path`, a folder; throws `StoreError` when it cannot be used. */
export const embeddedStore = (path: string, quota: number): SmpStore => keyValueStore(lmdbEngine(path), quota);
