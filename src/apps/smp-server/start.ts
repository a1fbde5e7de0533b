/** `sotto smp-server start`: locks the data folder, opens the store, and serves until stopped. */
import { join } from 'node:path';
import { systemClock } from '../../base/index.ts';
import { CONTROL_FILES, HostingError, lockFolder, markHeapLate, refuseFolder } from '../../hosting/index.ts';
import { isLmdbStore } from '../../smp/server/index.ts';
import { readSetup } from './configuration/reload.ts';
import { BLOCKED_FILE } from './control/blocking.ts';
import { MONITORING_FILES } from './monitoring/monitoring.ts';
import { COMPACT_FOLDER, NEW_STORE_FOLDER, type OpenStore, openStore, STORE_FOLDER } from './open-store.ts';
import { type Signals, type StartOptions, serve } from './serve.ts';
import { apart } from './store-files/apart.ts';
import { CLEAN_STOP_FILE, clearCleanStop, isDoubtful, markCleanStop } from './store-files/clean-stop.ts';

/** The server's files in its data folder. */
export const DATA_FILES: readonly string[] = [
  STORE_FOLDER,
  NEW_STORE_FOLDER,
  COMPACT_FOLDER,
  ...MONITORING_FILES,
  BLOCKED_FILE,
  CLEAN_STOP_FILE,
  ...CONTROL_FILES,
];

/**
 * Converts the store of an earlier version, and checks one that was not closed cleanly. Returns false when stopped
 * meanwhile; throws {@link HostingError}.
 */
async function prepareStore(data: string, print: (line: string) => void, stop: AbortSignal): Promise<boolean> {
  const path = join(data, STORE_FOLDER);
  const isOld = isLmdbStore(path);
  if (!isOld && !isDoubtful(data)) return true;
  if (!isOld) print('The server was not stopped cleanly, or its store was changed since: checking it first.');
  try {
    await apart({ kind: isOld ? 'convert' : 'read', path }, { path, stop });
    return true;
  } catch (error) {
    if (stop.aborted) return false;
    if (!(error instanceof HostingError)) throw error;
    throw new HostingError(`The server cannot start. ${error.message}`, { cause: error });
  }
}

/** Runs until stopped or idle; when it resolves, everything acknowledged is on disk. */
export async function start(options: StartOptions, print: (line: string) => void, signals: Signals): Promise<void> {
  markHeapLate();
  const { folders } = options;
  const setup = readSetup(folders);
  const lock = lockFolder(folders.data);
  let opened: OpenStore | undefined;
  try {
    // Checked now, before the store is opened.
    for (const file of [CLEAN_STOP_FILE, ...CONTROL_FILES]) refuseFolder(join(folders.data, file));
    if (setup.configuration.persistent && !(await prepareStore(folders.data, print, signals.stop))) return;
    opened = openStore(folders.data, setup.configuration, systemClock);
    await opened.ready();
    clearCleanStop(folders.data);
    await serve(options, setup, opened, print, signals);
  } finally {
    if (opened !== undefined) {
      await opened.store.close();
      if (setup.configuration.persistent) markCleanStop(folders.data);
    }
    lock.release();
  }
}
