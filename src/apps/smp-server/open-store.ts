/** The store of the server, as its configuration says. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../../base/index.ts';
import { HostingError, makePrivateFolder } from '../../hosting/index.ts';
import {
  DATA_FILE,
  keyValueStore,
  lmdbEngine,
  memoryStore,
  QUEUE_QUOTA,
  type SmpStore,
  StoreError,
} from '../../smp/server/index.ts';
import type { Configuration } from './configuration/configuration.ts';
import { type CommitMeasure, measuredEngine } from './monitoring/measured-engine.ts';

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
  /** Whether there was none on disk before. */
  readonly isNew: boolean;
}

/** Throws {@link HostingError}. */
export function openStore(folder: string, configuration: Configuration, clock: Clock): OpenStore {
  if (!configuration.persistent) return { store: memoryStore(QUEUE_QUOTA), commits: undefined, isNew: false };
  const path = join(folder, STORE_FOLDER);
  const unfinished = join(folder, NEW_STORE_FOLDER);
  if (existsSync(unfinished)) {
    throw new HostingError(
      `The server cannot start: an import or a restore did not come to its end. Begin it again, or delete ${unfinished} to go on without it.`,
    );
  }
  makePrivateFolder(path);
  const isNew = !existsSync(join(path, DATA_FILE));
  const backup = ` If it is, move ${path} away and go back to a backup: "sotto smp-server restore <file>".`;
  const { engine, commits } = measuredEngine(
    starting(() => lmdbEngine(path), backup),
    clock,
  );
  return { store: starting(() => keyValueStore(engine, QUEUE_QUOTA)), commits, isNew };
}

/** Tells what a store refuses as a {@link HostingError}, with `advice` behind it. */
function starting<T>(open: () => T, advice = ''): T {
  try {
    return open();
  } catch (cause) {
    if (!(cause instanceof StoreError)) throw cause;
    throw new HostingError(`The server cannot start: ${cause.message}.${advice}`, { cause });
  }
}
