/** Opens read-only snapshots of stores of this and of earlier versions. */
import { lmdbView } from './lmdb/view.ts';
import { isLmdbStore } from './sqlite/examine.ts';
import { sqliteView } from './sqlite/view.ts';
import type { StoreView } from './store-view.ts';

/**
 * Opens a snapshot of the store in `path`, also of an earlier version; later writes are not visible.
 * Throws {@link StoreError}.
 */
export const storeView = (path: string): StoreView => (isLmdbStore(path) ? lmdbView(path) : sqliteView(path));
