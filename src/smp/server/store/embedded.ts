/**
 * The store in an LMDB file: crash-safe, nothing resident for queues that are idle.
 *
 * Tables: `queues` (recipient id → record), `senders` (sender id → recipient id), `states` (recipient id → where its
 * messages begin and end; only queues that have messages), `messages` (recipient id and number → message).
 *
 * This process is the only writer. Every change is computed at once, from what is stored and what is on its way
 * ({@link PendingTable}), and handed over as one atomic batch; LMDB commits all batches that have gathered with one
 * write and one sync, and only then do their promises resolve.
 */
import { join } from 'node:path';
import { type Database, open, type RootDatabase } from 'lmdb';
import { bytes, equalBytes } from '../../../encoding/index.ts';
import { sameAuthKey } from '../../../protocol/index.ts';
import { checkFile } from './check-file.ts';
import { StoreError } from './errors.ts';
import { type Batch, PendingTable } from './pending-table.ts';
import {
  pack,
  type QueueState,
  queueRecordCodec,
  queueStateCodec,
  storedMessageCodec,
  unpack,
} from './record-codec.ts';
import type { MessageStore, QueueRecord, QueueStore, SmpStore, StoredMessage } from './types.ts';

/** LMDB's own name in a folder. */
const DATA_FILE = 'data.mdb';

/** Queues looked at between two turns of the event loop while searching for expired messages. */
const EXPIRY_STEP = 200;

type Table = Database<Buffer, Buffer>;

class Tables {
  readonly #root: RootDatabase<Buffer, Buffer>;
  readonly queues: PendingTable<QueueRecord>;
  readonly senders: PendingTable<Uint8Array>;
  readonly states: PendingTable<QueueState>;
  readonly stateTable: Table;
  readonly messages: Table;

  constructor(path: string) {
    this.#root = open<Buffer, Buffer>({
      path,
      // A promise of a write resolves after the data is synced, not merely visible.
      overlappingSync: false,
      keyEncoding: 'binary',
      encoding: 'binary',
      maxDbs: 8,
    });
    const table = (name: string): Table =>
      this.#root.openDB<Buffer, Buffer>({ name, keyEncoding: 'binary', encoding: 'binary' });
    this.queues = new PendingTable(table('queues'), queueRecordCodec);
    this.senders = new PendingTable(table('senders'), bytes);
    this.stateTable = table('states');
    this.states = new PendingTable(this.stateTable, queueStateCodec);
    this.messages = table('messages');
  }

  /** Runs `change` as one atomic batch; resolves when it is on disk. */
  async write(change: (batch: Batch) => void): Promise<void> {
    const writes: Promise<boolean>[] = [];
    const settled: (() => void)[] = [];
    const batch: Batch = {
      add: (written) => void writes.push(written),
      onSettled: (action) => void settled.push(action),
    };
    try {
      const committed = this.#root.batch(() => change(batch));
      await Promise.all([committed, ...writes]);
    } catch (cause) {
      throw new StoreError('writing to the store failed: is the disk full?', { cause });
    } finally {
      for (const action of settled) action();
    }
  }

  async close(): Promise<void> {
    await this.#root.close();
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
  const update = (record: QueueRecord) => tables.write((batch) => tables.queues.set(batch, record.rcvId, record));
  return {
    async create(record) {
      if (tables.queues.get(record.rcvId) !== undefined || tables.senders.get(record.sndId) !== undefined) return false;
      await tables.write((batch) => {
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
      await tables.write((batch) => {
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
  for (let number = state.head; number < to; number++) batch.add(tables.messages.remove(messageKey(rcvId, number)));
  tables.states.set(batch, rcvId, to === state.tail ? undefined : { ...state, head: to });
}

function readMessage(tables: Tables, rcvId: Uint8Array, number: number): StoredMessage | undefined {
  const stored = tables.messages.get(messageKey(rcvId, number));
  // A copy: what LMDB returns lies in its memory map.
  return stored === undefined ? undefined : unpack(storedMessageCodec, Uint8Array.from(stored));
}

/** The first message; undefined also while it is on its way to disk, as it must not be delivered before. */
function firstMessage(tables: Tables, rcvId: Uint8Array): StoredMessage | undefined {
  const state = tables.states.get(rcvId);
  return state === undefined ? undefined : readMessage(tables, rcvId, state.head);
}

function messageStore(tables: Tables, quota: number): MessageStore {
  return {
    async add(rcvId, { msgId, timestamp, flags, body }) {
      if (tables.queues.get(rcvId) === undefined) return 'absent';
      const state = tables.states.get(rcvId) ?? { head: 0, tail: 0, full: false };
      if (state.full) return 'quota';
      const full = state.tail - state.head >= quota;
      const message: StoredMessage = {
        msgId,
        timestamp,
        content: full ? { kind: 'quota' } : { kind: 'message', flags, body },
      };
      await tables.write((batch) => {
        batch.add(tables.messages.put(messageKey(rcvId, state.tail), pack(storedMessageCodec, message)));
        tables.states.set(batch, rcvId, { ...state, tail: state.tail + 1, full });
      });
      return full ? 'quota' : 'stored';
    },
    first: async (rcvId) => firstMessage(tables, rcvId),
    async remove(rcvId, msgId) {
      const state = tables.states.get(rcvId);
      if (state === undefined) return undefined;
      const message = readMessage(tables, rcvId, state.head);
      if (message === undefined || !equalBytes(message.msgId, msgId)) return message;
      await tables.write((batch) => removeMessages(tables, batch, rcvId, state, state.head + 1));
      return firstMessage(tables, rcvId);
    },
    async size(rcvId) {
      const state = tables.states.get(rcvId);
      return state === undefined ? 0 : state.tail - state.head;
    },
    async expire(before) {
      let expired = 0;
      let from: Buffer | undefined;
      for (;;) {
        const keys = [
          ...tables.stateTable.getKeys({ ...(from === undefined ? {} : { start: from }), limit: EXPIRY_STEP }),
        ];
        for (const key of keys) expired += await expireQueue(tables, Uint8Array.from(key), before);
        const last = keys.at(-1);
        if (last === undefined || keys.length < EXPIRY_STEP) return expired;
        from = Buffer.concat([last, Buffer.of(0)]);
        await new Promise((resolve) => setImmediate(resolve));
      }
    },
  };
}

async function expireQueue(tables: Tables, rcvId: Uint8Array, before: number): Promise<number> {
  const state = tables.states.get(rcvId);
  if (state === undefined) return 0;
  let to = state.head;
  for (; to < state.tail; to++) {
    const message = readMessage(tables, rcvId, to);
    if (message?.content.kind !== 'message' || message.timestamp >= before) break;
  }
  if (to === state.head) return 0;
  await tables.write((batch) => removeMessages(tables, batch, rcvId, state, to));
  return to - state.head;
}

/** Opens or makes the store in `path`, a folder; throws {@link StoreError} when it cannot be used. */
export function embeddedStore(path: string, quota: number): SmpStore {
  let tables: Tables;
  try {
    checkFile(join(path, DATA_FILE));
    tables = new Tables(path);
  } catch (cause) {
    throw new StoreError(`the store in ${path} cannot be opened: it is damaged, or not a store`, { cause });
  }
  return { queues: queueStore(tables), messages: messageStore(tables, quota), close: () => tables.close() };
}
