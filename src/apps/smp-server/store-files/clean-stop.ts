/**
 * A mark beside the store that says that its server ended as it should, and with which data file: when that file is another,
 * was changed since, or the mark is missing, the store is read through before a server uses it.
 */
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PRIVATE_FILE_MODE, removeLeftFile } from '../../../hosting/index.ts';
import { DATA_FILE, hasSideFiles } from '../../../smp/server/index.ts';
import { STORE_FOLDER } from '../open-store.ts';

/** In the data folder. */
export const CLEAN_STOP_FILE = 'store.clean';

/** Names the data file as it is now; undefined when there is none. */
function stateOf(data: string): string | undefined {
  try {
    const { ino, size, mtimeNs, ctimeNs } = statSync(join(data, STORE_FOLDER, DATA_FILE), { bigint: true });
    return [ino, size, mtimeNs, ctimeNs].join(' ');
  } catch {
    return undefined;
  }
}

/** Whether the store in `data` has to be read through before it is used. */
export function isDoubtful(data: string): boolean {
  const state = stateOf(data);
  if (state === undefined) return false;
  try {
    return readFileSync(join(data, CLEAN_STOP_FILE), 'utf8').trim() !== state;
  } catch {
    return true;
  }
}

/** A server uses the store from now on. */
export const clearCleanStop = (data: string): void => removeLeftFile(join(data, CLEAN_STOP_FILE));

/** The store was closed; without a mark when not all of it is in its data file. */
export function markCleanStop(data: string): void {
  if (hasSideFiles(join(data, STORE_FOLDER, DATA_FILE))) return;
  const state = stateOf(data);
  if (state === undefined) return;
  try {
    writeFileSync(join(data, CLEAN_STOP_FILE), `${state}\n`, { mode: PRIVATE_FILE_MODE });
  } catch {
    // Without the mark the store is read through at the next start, which changes nothing else.
  }
}
