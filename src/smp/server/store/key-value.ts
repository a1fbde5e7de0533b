/**
 * What the store needs of an engine: sorted tables that are changed together. SQLite is one; simulations have another,
 * whose disk fills up and whose power fails when they say so.
 */

/** The tables of a store: see `tables.ts`. Their order is part of the changes that an engine hands to its writer. */
export const TABLE_NAMES = [
  'queues',
  'senders',
  'links',
  'notifiers',
  'states',
  'messages',
  'notifications',
  'services',
  'serviceCertificates',
  'clock',
] as const;
export type TableName = (typeof TABLE_NAMES)[number];

/** Reads see what is committed, at once. Changes are only made within {@link KeyValueEngine.commit}. */
export interface KeyValueTable {
  /** The value; valid until the next call unless copied. */
  get(key: Buffer): Uint8Array | undefined;
  /** The value may change once the change is done: an engine that keeps it in memory copies it. */
  put(key: Buffer, value: Buffer): void;
  remove(key: Buffer): void;
  /** At most `limit` keys in order, from `start` on. */
  keys(start: Buffer | undefined, limit: number): readonly Uint8Array[];
  /** How many keys there are. */
  count(): number;
}

/** `grows`: stores something. `frees`: only makes room, and succeeds with a full disk. */
export type ChangeKind = 'grows' | 'frees';

export interface KeyValueEngine {
  table(name: TableName): KeyValueTable;
  /** Takes room for a change that stores `bytes`, until it is given back; throws `StoreError` when there is none. */
  claim(bytes: number, kind: ChangeKind): { release(): void };
  /** Runs `operations` as one atomic change; resolves when it is on disk. One at a time; they may be run twice. */
  commit(operations: readonly (() => void)[]): Promise<void>;
  close(): Promise<void>;
}
