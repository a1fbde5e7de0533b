/** The store of an SMP server on a key-value engine: LMDB in production, memory for tests and servers that may forget. */
import type { KeyValueEngine } from './key-value.ts';
import { lmdbEngine } from './lmdb-engine.ts';
import { memoryEngine } from './memory-engine.ts';
import { messageStore } from './messages.ts';
import { notificationStore } from './notifications.ts';
import { queueStore } from './queues.ts';
import { serviceStore } from './services.ts';
import { Tables } from './tables.ts';
import type { SmpStore } from './types.ts';

/** The store in the tables of `engine`, which is its own from here on; `quota` is the number of messages a queue takes. */
export function keyValueStore(engine: KeyValueEngine, quota: number): SmpStore {
  const tables = new Tables(engine);
  return {
    queues: queueStore(tables),
    messages: messageStore(tables, quota),
    notifications: notificationStore(tables),
    services: serviceStore(tables),
    counts: () => tables.counts(),
    close: () => tables.close(),
  };
}

/** Opens or makes the store in `path`, a folder; throws `StoreError` when it cannot be used. */
export const embeddedStore = (path: string, quota: number): SmpStore => keyValueStore(lmdbEngine(path), quota);

/** An empty store that is gone with the process. */
export const memoryStore = (quota: number): SmpStore => keyValueStore(memoryEngine(), quota);
