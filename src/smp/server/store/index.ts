export { embeddedStore } from './embedded.ts';
export { StoreError } from './errors.ts';
export { memoryStore } from './memory.ts';
export type * from './types.ts';
