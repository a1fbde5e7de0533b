/** Stores beside the server that writes them: a view of one moment, copies of it, and what goes along with those. */
import type { ReadableTables } from './check.ts';
import { lmdbView } from './lmdb/view.ts';
import { isLmdbStore } from './sqlite/examine.ts';
import { sqliteView } from './sqlite/view.ts';

/** A store that is only read. */
export interface StoreView extends ReadableTables {
  /**
   * Writes all of it to a new data file in `folder`, which exists, without the room that nothing uses; a server may write
   * meanwhile. Rejects with {@link StoreError}.
   */
  copyTo(folder: string): Promise<void>;
  /** Looks at every page, so that a damaged one is met now. Rejects with {@link StoreError}. */
  readAll(): Promise<void>;
  /** What was put beside the tables by {@link attach}, by name. */
  attachments(): ReadonlyMap<string, Uint8Array>;
  close(): Promise<void>;
}

/** Opens the store in `path`, also one of an earlier version, as it is now: what is written later is not seen. Throws {@link StoreError}. */
export const storeView = (path: string): StoreView => (isLmdbStore(path) ? lmdbView(path) : sqliteView(path));
