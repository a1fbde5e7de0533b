export { type CheckedCounts, checkStore, type StoreCheck, type StoreFault } from './check.ts';
export { StoreError, StoreFileError, type StoreFileFault } from './errors.ts';
export { asStoreError, DATA_FILE, LOCK_FILE } from './examine.ts';
export type * from './key-value.ts';
export { embeddedStore, type ImportStore, importStore, keyValueStore, memoryStore } from './key-value-store.ts';
export { attach, type StoreView, storeView } from './lmdb-copy.ts';
export { lmdbEngine } from './lmdb-engine.ts';
export type * from './types.ts';
export { NOTIFICATION_QUOTA } from './types.ts';
