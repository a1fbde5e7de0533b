/**
 * Consistency check of a store: every sender, link and notifier id leads to a queue and back; messages are where the
 * states of their queues say; nothing belongs to a deleted queue; services count their notifiers correctly. Read-only;
 * reports contain no ids.
 */
import { bytes, type Codec, equalBytes, toHex } from '../../../encoding/index.ts';
import { type KeyValueTable, TABLE_NAMES, type TableName } from './key-value.ts';
import {
  agingStateCodec,
  linkRecordCodec,
  type QueueState,
  queueRecordCodec,
  queueStateCodec,
  serviceRecordCodec,
  storedMessageCodec,
  storedNotificationCodec,
  unpack,
} from './record-codec.ts';
import { behind, checkFormat } from './tables.ts';
import type { QueueRecord } from './types.ts';

export type ReadableTable = Pick<KeyValueTable, 'get' | 'keys'>;

/** Tables that do not change during the check. */
export interface ReadableTables {
  table(name: TableName): ReadableTable;
}

export interface CheckedCounts {
  readonly queues: number;
  readonly links: number;
  readonly notifiers: number;
  readonly services: number;
  /** Without quota markers. */
  readonly messages: number;
  readonly quotaMarkers: number;
  readonly notifications: number;
}

export interface StoreFault {
  /** The fault, as a plural: `sender ids that lead to no queue`. */
  readonly what: string;
  readonly count: number;
}

export interface StoreCheck {
  readonly counts: CheckedCounts;
  /** Empty when the store is consistent. */
  readonly faults: readonly StoreFault[];
}

/** Keys processed between two turns of the event loop. */
const STEP = 500;

const ID_SIZE = 24;
const NUMBER_SIZE = 8;

const ownerOf = (key: Uint8Array): Buffer => Buffer.from(key.subarray(0, ID_SIZE));
const numberOf = (key: Uint8Array): number => Number(Buffer.from(key).readBigUInt64BE(key.length - NUMBER_SIZE));

class Checker {
  readonly #tables: Readonly<Record<TableName, ReadableTable>>;
  readonly #counts = { queues: 0, links: 0, notifiers: 0, services: 0, messages: 0, quotaMarkers: 0, notifications: 0 };
  readonly #faults = new Map<string, number>();
  /** Number of notifiers of each service, by service id. */
  readonly #notifiersOf = new Map<string, number>();

  constructor(tables: ReadableTables) {
    const entries = TABLE_NAMES.map((name) => [name, tables.table(name)] as const);
    this.#tables = Object.fromEntries(entries) as Record<TableName, ReadableTable>;
  }

  async run(): Promise<StoreCheck> {
    await this.#each('queues', (key) => this.#queue(key));
    await this.#each('senders', (key) => {
      this.#leadsBack('sender ids', key, this.#read('senders', bytes, key), (queue) => queue.sndId);
    });
    await this.#each('links', (key) => {
      const link = this.#read('links', linkRecordCodec, key);
      this.#counts.links++;
      this.#leadsBack('links', key, link?.rcvId, (queue) => queue.linkId);
    });
    await this.#each('notifiers', (key) => {
      this.#counts.notifiers++;
      this.#leadsBack('notifiers', key, this.#read('notifiers', bytes, key), (queue) => queue.notifier?.notifierId);
    });
    await this.#each('states', (key) => this.#state(key));
    await this.#each('messages', (key) => this.#message(key));
    await this.#each('notifications', (key) => this.#notification(key));
    await this.#each('services', (key) => this.#service(key));
    await this.#each('serviceCertificates', (key) => {
      const id = this.#read('serviceCertificates', bytes, key);
      const service = id && this.#read('services', serviceRecordCodec, Buffer.from(id));
      if (service === undefined || !equalBytes(service.certHash, key)) {
        this.#fault('certificates that lead to no service');
      }
    });
    await this.#each('clock', (key) => void this.#read('clock', agingStateCodec, key));
    const faults = [...this.#faults].map(([what, count]) => ({ what, count }));
    return { counts: { ...this.#counts }, faults };
  }

  #fault(what: string): void {
    this.#faults.set(what, (this.#faults.get(what) ?? 0) + 1);
  }

  /** Calls `look` with each key of a table, yielding to the event loop between steps. */
  async #each(name: TableName, look: (key: Buffer) => void): Promise<void> {
    const table = this.#tables[name];
    let from: Buffer | undefined;
    for (;;) {
      const keys = table.keys(from, STEP).map((key) => Buffer.from(key));
      for (const key of keys) look(key);
      if (keys.length < STEP) return;
      from = behind(keys.at(-1)!);
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  /** A value; undefined when it is absent, or unreadable, which is reported as a fault. */
  #read<T>(name: TableName, codec: Codec<T>, key: Buffer): T | undefined {
    const value = this.#tables[name].get(key);
    if (value === undefined) return undefined;
    try {
      return unpack(codec, new Uint8Array(value));
    } catch {
      this.#fault(`records in "${name}" that cannot be read`);
      return undefined;
    }
  }

  #queueOf(rcvId: Uint8Array): QueueRecord | undefined {
    return this.#read('queues', queueRecordCodec, Buffer.from(rcvId));
  }

  #queue(key: Buffer): void {
    this.#counts.queues++;
    const queue = this.#queueOf(key);
    if (queue === undefined) return;
    const { rcvId, sndId, linkId, notifier } = queue;
    if (!equalBytes(rcvId, key)) this.#fault('queues under the id of another');
    const isTo = (name: 'senders' | 'notifiers', id: Uint8Array) => {
      const owner = this.#read(name, bytes, Buffer.from(id));
      return owner !== undefined && equalBytes(owner, rcvId);
    };
    if (!isTo('senders', sndId)) this.#fault('queues that their sender id does not lead to');
    if (notifier !== undefined && !isTo('notifiers', notifier.notifierId)) {
      this.#fault('queues that their notifier does not lead to');
    }
    if (linkId !== undefined) {
      const link = this.#read('links', linkRecordCodec, Buffer.from(linkId));
      if (link === undefined || !equalBytes(link.rcvId, rcvId)) this.#fault('queues that their link does not lead to');
    }
    if (notifier?.serviceId !== undefined) {
      const service = toHex(notifier.serviceId);
      this.#notifiersOf.set(service, (this.#notifiersOf.get(service) ?? 0) + 1);
    }
  }

  /** Checks that an id leads to a queue that has it. */
  #leadsBack(
    what: string,
    id: Uint8Array,
    rcvId: Uint8Array | undefined,
    idOf: (queue: QueueRecord) => Uint8Array | undefined,
  ): void {
    const queue = rcvId && this.#queueOf(rcvId);
    const own = queue && idOf(queue);
    if (queue === undefined) this.#fault(`${what} that lead to no queue`);
    else if (own === undefined || !equalBytes(own, id)) this.#fault(`${what} that their queue does not know`);
  }

  #state(key: Buffer): void {
    const state = this.#read('states', queueStateCodec, key);
    if (state === undefined) return;
    if (this.#tables.queues.get(key) === undefined) this.#fault('states of queues that are gone');
    if (state.head >= state.tail) this.#fault('states of queues without messages');
    let last: Buffer | undefined;
    for (let number = state.head; number < state.tail; number++) {
      last = Buffer.concat([key, Buffer.alloc(NUMBER_SIZE)]);
      last.writeBigUInt64BE(BigInt(number), key.length);
      if (this.#tables.messages.get(last) === undefined) this.#fault('messages that are missing');
    }
    const marked = last !== undefined && this.#read('messages', storedMessageCodec, last)?.content.kind === 'quota';
    if (marked !== state.full) this.#fault('queues whose state is wrong about being full');
  }

  #message(key: Buffer): void {
    const message = this.#read('messages', storedMessageCodec, key);
    if (message?.content.kind === 'quota') this.#counts.quotaMarkers++;
    else this.#counts.messages++;
    const state: QueueState | undefined = this.#read('states', queueStateCodec, ownerOf(key));
    const number = numberOf(key);
    if (state === undefined || number < state.head || number >= state.tail) this.#fault('messages of no queue');
  }

  #notification(key: Buffer): void {
    this.#counts.notifications++;
    this.#read('notifications', storedNotificationCodec, key);
    if (this.#tables.notifiers.get(ownerOf(key)) === undefined) this.#fault('notifications of no notifier');
  }

  #service(key: Buffer): void {
    this.#counts.services++;
    const service = this.#read('services', serviceRecordCodec, key);
    if (service === undefined) return;
    const known = this.#read('serviceCertificates', bytes, Buffer.from(service.certHash));
    if (known === undefined || !equalBytes(known, key)) {
      this.#fault('services that their certificate does not lead to');
    }
    if (service.notifiers !== (this.#notifiersOf.get(toHex(key)) ?? 0)) {
      this.#fault('services with a wrong count of notifiers');
    }
  }
}

/** Reads the whole store; throws `StoreError` when its format has another version. */
export async function checkStore(tables: ReadableTables): Promise<StoreCheck> {
  checkFormat(tables.table('queues'));
  return new Checker(tables).run();
}
