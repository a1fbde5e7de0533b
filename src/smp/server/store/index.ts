export { embeddedStore, keyValueStore } from './embedded.ts';
export { StoreError } from './errors.ts';
export type * from './key-value.ts';
export { lmdbEngine } from './lmdb-engine.ts';
export { memoryStore } from './memory.ts';
export type * from './types.ts';
