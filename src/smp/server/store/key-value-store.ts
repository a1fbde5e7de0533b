/** The store of an SMP server on a key-value engine: SQLite, or memory for tests and servers without persistence. */
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

/** The store in the tables of `engine`, which it owns from now on; `quota`: messages per queue. */
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

/** Opens or creates the store in the folder `path`; throws `StoreError` when it cannot be used. */
export const embeddedStore = (path: string, quota: number): SmpStore => keyValueStore(sqliteEngine(path), quota);

/** A store for importing the data of another server. It does not sync: the caller must sync it after closing. */
export function importStore(path: string, quota: number): ImportStore {
  const tables = new Tables(sqliteEngine(path, { synced: false }));
  return { ...storeOn(tables, quota), ...importer(tables) };
}

/** An empty store that is lost when the process ends. */
export const memoryStore = (quota: number): SmpStore => keyValueStore(memoryEngine(), quota);
