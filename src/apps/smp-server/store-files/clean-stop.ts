/**
 * A marker file that identifies the data file of the last clean stop. If the marker is missing, or the data file is
 * another one or has changed, the store is checked before a server uses it.
 */
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PRIVATE_FILE_MODE, removeLeftFile } from '../../../hosting/index.ts';
import { DATA_FILE, hasSideFiles } from '../../../smp/server/index.ts';
import { STORE_FOLDER } from '../open-store.ts';

/** In the data folder. */
export const CLEAN_STOP_FILE = 'store.clean';

/** Identifies the current state of the data file; undefined when there is none. */
function stateOf(data: string): string | undefined {
  try {
    const { ino, size, mtimeNs, ctimeNs } = statSync(join(data, STORE_FOLDER, DATA_FILE), { bigint: true });
    return [ino, size, mtimeNs, ctimeNs].join(' ');
  } catch {
    return undefined;
  }
}

/** Whether the store in `data` must be checked before use. */
export function isDoubtful(data: string): boolean {
  const state = stateOf(data);
  if (state === undefined) return false;
  try {
    return readFileSync(join(data, CLEAN_STOP_FILE), 'utf8').trim() !== state;
  } catch {
    return true;
  }
}

/** Removes the marker when a server starts to use the store. */
export const clearCleanStop = (data: string): void => removeLeftFile(join(data, CLEAN_STOP_FILE));

/** Writes the marker after the store was closed, unless a part of it is outside its data file. */
export function markCleanStop(data: string): void {
  if (hasSideFiles(join(data, STORE_FOLDER, DATA_FILE))) return;
  const state = stateOf(data);
  if (state === undefined) return;
  try {
    writeFileSync(join(data, CLEAN_STOP_FILE), `${state}\n`, { mode: PRIVATE_FILE_MODE });
  } catch {
    // Without the marker the next start checks the store, which is harmless.
  }
}
