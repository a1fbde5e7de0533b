/** The store of the server, as its configuration says. */
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

/** Where a store lies while it is made by `import` or `restore`. */
export const NEW_STORE_FOLDER = 'store.new';

/** Where the copy lies while a store is made compact. */
export const COMPACT_FOLDER = 'store.compact';

export interface OpenStore {
  readonly store: SmpStore;
  /** Undefined when nothing is kept on disk. */
  readonly commits: CommitMeasure | undefined;
  /** Resolves when it can be written to; rejects with {@link HostingError} when it cannot. */
  ready(): Promise<void>;
  /** Whether there was none on disk before. */
  readonly isNew: boolean;
}

/** Throws {@link HostingError}. */
export function openStore(folder: string, configuration: Configuration, clock: Clock): OpenStore {
  if (!configuration.persistent)
    return { store: memoryStore(QUEUE_QUOTA), commits: undefined, isNew: false, ready: async () => {} };
  const path = join(folder, STORE_FOLDER);
  const unfinished = join(folder, NEW_STORE_FOLDER);
  if (existsSync(unfinished)) {
    throw new HostingError(
      `The server cannot start: an import or a restore did not come to its end. Begin it again, or delete ${unfinished} to go on without it.`,
    );
  }
  const isNew = !existsSync(join(path, DATA_FILE));
  if (!existsSync(path)) makePrivateFolder(path);
  const { engine, commits } = measuredEngine(
    starting(() => sqliteEngine(path)),
    clock,
  );
  // What writes opens the file with the first change, for which there may be no descriptor left later.
  const ready = () => engine.commit([]).catch(refuse);
  return { store: starting(() => keyValueStore(engine, QUEUE_QUOTA)), commits, isNew, ready };
}

/** Reports what a store refuses as a {@link HostingError}. */
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
