/** Opens the store as configured. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../../base/index.ts';
import { HostingError, makePrivateFolder } from '../../hosting/index.ts';
import {
  DATA_FILE,
  keyValueStore,
  memoryStore,
  QUEUE_QUOTA,
  type SmpStore,
  StoreError,
  sqliteEngine,
} from '../../smp/server/index.ts';
import type { Configuration } from './configuration/configuration.ts';
import { type CommitMeasure, measuredEngine } from './monitoring/measured-engine.ts';
import { explainStore } from './store-files/advice.ts';

/** In the data folder. */
export const STORE_FOLDER = 'store';

/** The location of a store while `import` or `restore` creates it. */
export const NEW_STORE_FOLDER = 'store.new';

/** The location of the copy made by `compact`. */
export const COMPACT_FOLDER = 'store.compact';

export interface OpenStore {
  readonly store: SmpStore;
  /** Undefined without a store on disk. */
  readonly commits: CommitMeasure | undefined;
  /** Resolves when the store is writable; rejects with {@link HostingError} when it is not. */
  ready(): Promise<void>;
  /** Whether the store was just created. */
  readonly isNew: boolean;
}

/** Opens the store; throws {@link HostingError}. */
export function openStore(folder: string, configuration: Configuration, clock: Clock): OpenStore {
  if (!configuration.persistent)
    return { store: memoryStore(QUEUE_QUOTA), commits: undefined, isNew: false, ready: async () => {} };
  const path = join(folder, STORE_FOLDER);
  const unfinished = join(folder, NEW_STORE_FOLDER);
  if (existsSync(unfinished)) {
    throw new HostingError(
      `The server cannot start: an import or a restore was not finished. Run it again, or delete ${unfinished} to continue without it.`,
    );
  }
  const isNew = !existsSync(join(path, DATA_FILE));
  if (!existsSync(path)) makePrivateFolder(path);
  const { engine, commits } = measuredEngine(
    starting(() => sqliteEngine(path)),
    clock,
  );
  // The writer opens the file with the first change; this does so while file descriptors are available.
  const ready = () => engine.commit([]).catch(refuse);
  return { store: starting(() => keyValueStore(engine, QUEUE_QUOTA)), commits, isNew, ready };
}

/** Converts a {@link StoreError} to a {@link HostingError}. */
function starting<T>(open: () => T): T {
  try {
    return open();
  } catch (cause) {
    return refuse(cause);
  }
}

function refuse(cause: unknown): never {
  if (!(cause instanceof StoreError)) throw cause;
  throw new HostingError(`The server cannot start. ${explainStore(cause)}`, { cause });
}
