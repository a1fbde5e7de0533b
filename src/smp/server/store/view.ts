/** Read-only snapshots of stores, copies of them, and the attachments of copies. */
import type { ReadableTables } from './check.ts';
import { lmdbView } from './lmdb/view.ts';
import { isLmdbStore } from './sqlite/examine.ts';
import { sqliteView } from './sqlite/view.ts';

/** A read-only snapshot of a store. */
export interface StoreView extends ReadableTables {
  /**
   * Writes a compacted copy to a new data file in the existing folder `folder`; a server may write meanwhile. Rejects
   * with {@link StoreError}.
   */
  copyTo(folder: string): Promise<void>;
  /** Reads every page, to detect damaged ones. Rejects with {@link StoreError}. */
  readAll(): Promise<void>;
  /** The attachments stored by {@link attach}, by name. */
  attachments(): ReadonlyMap<string, Uint8Array>;
  close(): Promise<void>;
}

/**
 * Opens a snapshot of the store in `path`, also of an earlier version; later writes are not visible.
 * Throws {@link StoreError}.
 */
export const storeView = (path: string): StoreView => (isLmdbStore(path) ? lmdbView(path) : sqliteView(path));
