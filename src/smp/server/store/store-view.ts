/** The interface of read-only snapshots of stores. */
import type { ReadableTables } from './check.ts';

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
