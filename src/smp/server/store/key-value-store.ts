/** The store of an SMP server on a key-value engine: SQLite in production, memory for tests and servers that may forget. */
import { type Importer, importer } from './importer.ts';
import type { KeyValueEngine } from './key-value.ts';
import { memoryEngine } from './memory-engine.ts';
import { messageStore } from './messages.ts';
import { notificationStore } from './notifications.ts';
import { queueStore } from './queues.ts';
import { serviceStore } from './services.ts';
import { sqliteEngine } from './sqlite/engine.ts';
import { AGING_KEY, RECORD_SIZE, Tables } from './tables.ts';
import type { SmpStore } from './types.ts';

export type ImportStore = SmpStore & Importer;

/** The store in the tables of `engine`, which is its own from here on; `quota` is the number of messages a queue takes. */
export const keyValueStore = (engine: KeyValueEngine, quota: number): SmpStore => storeOn(new Tables(engine), quota);

function storeOn(tables: Tables, quota: number): SmpStore {
  return {
    queues: queueStore(tables),
    messages: messageStore(tables, quota),
    notifications: notificationStore(tables),
    services: serviceStore(tables),
    aging: {
      read: () => tables.clock.get(AGING_KEY),
      write: (state) => tables.write(RECORD_SIZE, (batch) => tables.clock.set(batch, AGING_KEY, state)),
    },
    counts: () => tables.counts(),
    close: () => tables.close(),
  };
}

/** Opens or makes the store in `path`, a folder; throws `StoreError` when it cannot be used. */
export const embeddedStore = (path: string, quota: number): SmpStore => keyValueStore(sqliteEngine(path), quota);

/**
 * A store that also takes what another server had, as it was. It is fast, as nothing is synced: that is for the caller, once
 * it is closed.
 */
export function importStore(path: string, quota: number): ImportStore {
  const tables = new Tables(sqliteEngine(path, { synced: false }));
  return { ...storeOn(tables, quota), ...importer(tables) };
}

/** An empty store that is gone with the process. */
export const memoryStore = (quota: number): SmpStore => keyValueStore(memoryEngine(), quota);
