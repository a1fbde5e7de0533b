/**
 * The tables of a store on a key-value engine. Nothing is kept in memory but what is on its way to disk:
 *
 * - `queues`: recipient id → record
 * - `senders`, `links`, `notifiers`: the other ids of queues → recipient id; `links` holds the data of the link, too
 * - `states`: recipient id → where its messages begin and end; only queues that have messages
 * - `messages`: recipient id and number → message
 * - `notifications`: notifier id, time and a count → notification
 * - `clock`: how much time has passed, under {@link AGING_KEY}
 * - `services`: service id → service; `serviceCertificates`: hash of its certificate → service id
 *
 * This process is the only writer. Every change is computed at once, from what is stored and what is on its way
 * ({@link PendingTable}); all that have gathered are handed over as one atomic batch, with one write and one sync, and
 * only then do their promises resolve ({@link GroupWriter}).
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

/** Of the one value in `clock`. */
export const AGING_KEY = Buffer.from('aging');

/** More than a small record takes. */
export const RECORD_SIZE = 1_024;

/** Queues that are in use are read again and again: about a kilobyte each. */
const KEPT_RECORDS = 10_000;

/** Keys looked at between two turns of the event loop in what goes through a whole table. */
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
  /** Set before it is closed: what takes long stops. */
  closing = false;
  readonly #engine: KeyValueEngine;
  readonly #writer: GroupWriter;

  constructor(engine: KeyValueEngine) {
    this.#engine = engine;
    this.#writer = new GroupWriter((operations) => engine.commit(operations));
    const queues = engine.table('queues');
    checkFormat(queues);
    this.queues = new PendingTable(queues, queueRecordCodec, KEPT_RECORDS);
    this.senders = new PendingTable(engine.table('senders'), bytes, KEPT_RECORDS);
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

  /** What is on disk. */
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

  /** Makes a change that removes something. */
  async free(change: (batch: Batch) => void): Promise<void> {
    await this.#write(0, 'frees', change);
  }

  /**
   * Goes through the keys of a table in steps, with turns of the event loop between them. `visit` says where to go on:
   * behind this key, or where it says.
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

/** Refuses tables of another version, by what the first record says of itself. */
export function checkFormat(queues: Pick<KeyValueTable, 'get' | 'keys'>): void {
  const [key] = queues.keys(undefined, 1);
  const format = key === undefined ? undefined : queues.get(Buffer.from(key))?.[0];
  if (format === undefined || format === RECORD_FORMAT) return;
  const whose = format > RECORD_FORMAT ? 'a newer' : 'an earlier, unfinished';
  throw new StoreError(`the store was made by ${whose} version of this program, which this one cannot read`);
}

/** The first key behind `key`. */
export const behind = (key: Uint8Array): Buffer => Buffer.concat([key, Buffer.alloc(1)]);
