/**
 * The storage engine interface: sorted tables that change atomically. SQLite is one implementation; simulations use
 * another with injected disk and power failures.
 */

/** The tables of a store: see `tables.ts`. Their order is part of the encoding of changes for the writer. */
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

/** Reads see committed data, without waiting. Changes are only made within {@link KeyValueEngine.commit}. */
export interface KeyValueTable {
  /** The value; valid until the next call unless copied. */
  get(key: Buffer): Uint8Array | undefined;
  /** The caller may change `value` after the commit: an engine that keeps values in memory copies it. */
  put(key: Buffer, value: Buffer): void;
  remove(key: Buffer): void;
  /** At most `limit` keys in order, beginning with `start`. */
  keys(start: Buffer | undefined, limit: number): readonly Uint8Array[];
  /** The number of keys. */
  count(): number;
}

/** `grows`: stores something. `frees`: only removes, and succeeds on a full disk. */
export type ChangeKind = 'grows' | 'frees';

export interface KeyValueEngine {
  table(name: TableName): KeyValueTable;
  /** Reserves room for a change that stores `bytes`, until released; throws `StoreError` when there is none. */
  claim(bytes: number, kind: ChangeKind): { release(): void };
  /**
   * Runs `operations` as one atomic change; resolves when it is on disk. One call at a time; operations may run twice.
   */
  commit(operations: readonly (() => void)[]): Promise<void>;
  close(): Promise<void>;
}
