/** Reads a table of a data file. */
import type { Database } from '@signalapp/sqlcipher';
import type { ReadableTable } from '../check.ts';
import { asStoreError } from '../faults.ts';
import type { TableName } from '../key-value.ts';

/** An empty view of non-empty memory (a view of empty memory would become NULL). Sorts before every key. */
export const EMPTY_BLOB = Buffer.alloc(1).subarray(0, 0);

/** Runs `look`; converts SQLite's errors to errors of the store in `path`. */
export function reading<T>(path: string, look: () => T): T {
  try {
    return look();
  } catch (cause) {
    throw asStoreError(path, cause);
  }
}

/** The table of this name in the store in `path`; its methods throw `StoreError`. */
export function readTable(database: Database, path: string, name: TableName): ReadableTable {
  const value = database.prepare(`SELECT v FROM ${name} WHERE k = ?`, { pluck: true });
  const keys = database.prepare(`SELECT k FROM ${name} WHERE k >= ? ORDER BY k LIMIT ?`, { pluck: true });
  return {
    get: (key) => reading(path, () => value.get<Uint8Array<ArrayBuffer>>([key as Buffer<ArrayBuffer>])),
    keys: (start = EMPTY_BLOB, limit) =>
      reading(path, () => keys.all<Uint8Array<ArrayBuffer>>([start as Buffer<ArrayBuffer>, limit])),
  };
}
