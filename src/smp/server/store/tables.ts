/**
 * The tables of a store on a key-value engine. Memory holds only pending changes and a cache:
 *
 * - `queues`: recipient id → record
 * - `senders`, `links`, `notifiers`: the other ids of queues → recipient id; `links` also holds the link data
 * - `states`: recipient id → range of its messages; only queues that have messages
 * - `messages`: recipient id and number → message
 * - `notifications`: notifier id, time and a counter → notification
 * - `clock`: the state of the aging clock, under {@link AGING_KEY}
 * - `services`: service id → service; `serviceCertificates`: hash of its certificate → service id
 *
 * This process is the only writer. Every change is computed at once from stored and pending data
 * ({@link PendingTable}); the changes collected meanwhile are committed as one atomic batch with one sync, after which
 * their promises resolve ({@link GroupWriter}).
 */
import type { AgingState } from '../../../base/index.ts';
import { bytes } from '../../../encoding/index.ts';
import { ArrivingNotifications } from './arriving-notifications.ts';
import { StoreError } from './errors.ts';
import { type Batch, GroupWriter } from './group-writer.ts';
import type { ChangeKind, KeyValueEngine, KeyValueTable } from './key-value.ts';
import { PendingTable } from './pending-table.ts';
import {
  agingStateCodec,
  type LinkRecord,
  linkRecordCodec,
  type QueueState,
  queueRecordCodec,
  queueStateCodec,
  RECORD_FORMAT,
  type ServiceRecord,
  serviceRecordCodec,
} from './record-codec.ts';
import type { QueueRecord, StoreCounts } from './types.ts';

/** The key of the only value in `clock`. */
export const AGING_KEY = Buffer.from('aging');

/** Upper bound for the size of a small record. */
export const RECORD_SIZE = 1_024;

/** Cache size: queues in use are read repeatedly; about a kilobyte each. */
const CACHED_RECORDS = 10_000;

/** Keys processed between two turns of the event loop by scans of a table. */
const SCAN_STEP = 200;

export class Tables {
  readonly queues: PendingTable<QueueRecord>;
  readonly #stored: Readonly<Record<'queues' | 'notifiers' | 'services', KeyValueTable>>;
  readonly senders: PendingTable<Uint8Array>;
  readonly links: PendingTable<LinkRecord>;
  readonly notifiers: PendingTable<Uint8Array>;
  readonly states: PendingTable<QueueState>;
  readonly services: PendingTable<ServiceRecord>;
  readonly serviceCertificates: PendingTable<Uint8Array>;
  readonly clock: PendingTable<AgingState>;
  readonly stateTable: KeyValueTable;
  readonly messages: KeyValueTable;
  readonly notifications: KeyValueTable;
  readonly arrivingNotifications = new ArrivingNotifications();
  /** Set before the store is closed: scans stop. */
  closing = false;
  readonly #engine: KeyValueEngine;
  readonly #writer: GroupWriter;

  constructor(engine: KeyValueEngine) {
    this.#engine = engine;
    this.#writer = new GroupWriter((operations) => engine.commit(operations));
    const queues = engine.table('queues');
    checkFormat(queues);
    this.queues = new PendingTable(queues, queueRecordCodec, CACHED_RECORDS);
    this.senders = new PendingTable(engine.table('senders'), bytes, CACHED_RECORDS);
    this.links = new PendingTable(engine.table('links'), linkRecordCodec);
    const notifiers = engine.table('notifiers');
    this.notifiers = new PendingTable(notifiers, bytes);
    this.stateTable = engine.table('states');
    this.states = new PendingTable(this.stateTable, queueStateCodec);
    this.messages = engine.table('messages');
    this.notifications = engine.table('notifications');
    const services = engine.table('services');
    this.services = new PendingTable(services, serviceRecordCodec);
    this.#stored = { queues, notifiers, services };
    this.serviceCertificates = new PendingTable(engine.table('serviceCertificates'), bytes);
    this.clock = new PendingTable(engine.table('clock'), agingStateCodec);
  }

  /** Counts of data on disk. */
  counts(): StoreCounts {
    const { queues, notifiers, services } = this.#stored;
    return {
      queues: queues.count(),
      messages: this.messages.count(),
      notifiers: notifiers.count(),
      notifications: this.notifications.count(),
      services: services.count(),
    };
  }

  /** Makes a change that stores `bytes`; resolves when it is on disk, rejects with {@link StoreError}. */
  async write(bytes: number, change: (batch: Batch) => void): Promise<void> {
    await this.#write(bytes, 'grows', change);
  }

  /** Makes a change that only removes. */
  async free(change: (batch: Batch) => void): Promise<void> {
    await this.#write(0, 'frees', change);
  }

  /**
   * Scans the keys of a table in steps, yielding to the event loop between them. `visit` may return the key from which
   * to continue; otherwise the scan continues behind the current key.
   */
  async scan(table: KeyValueTable, visit: (key: Uint8Array) => Promise<Buffer | undefined>): Promise<void> {
    let from: Buffer | undefined;
    while (!this.closing) {
      const keys = table.keys(from, SCAN_STEP);
      from = undefined;
      for (const key of keys) {
        if (this.closing) return;
        if (from !== undefined && Buffer.compare(key, from) < 0) continue;
        from = (await visit(new Uint8Array(key))) ?? behind(key);
      }
      if (keys.length < SCAN_STEP) return;
      await new Promise((resolve) => setImmediate(resolve));
    }
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

/** Throws for tables of another format version, judged by the first record. */
export function checkFormat(queues: Pick<KeyValueTable, 'get' | 'keys'>): void {
  const [key] = queues.keys(undefined, 1);
  const format = key === undefined ? undefined : queues.get(Buffer.from(key))?.[0];
  if (format === undefined || format === RECORD_FORMAT) return;
  const whose = format > RECORD_FORMAT ? 'a newer' : 'an earlier, unfinished';
  throw new StoreError(`the store was made by ${whose} version of this program, which this one cannot read`);
}

/** The first key behind `key`. */
export const behind = (key: Uint8Array): Buffer => Buffer.concat([key, Buffer.alloc(1)]);
