/**
 * A store under construction, beside the server's store; it is renamed into place once complete. Until then the server
 * does not start, so that it never serves an incomplete store, and the construction can be repeated.
 */
import { existsSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { HostingError, makePrivateFolder, reasonOf } from '../../../hosting/index.ts';
import { NEW_STORE_FOLDER, STORE_FOLDER } from '../open-store.ts';
import { giveToOwnerOf, sync } from './owner.ts';
import { withStore } from './view.ts';

/** Throws {@link HostingError} when the server's store is not empty. */
export async function refuseUsedStore(data: string): Promise<void> {
  const path = join(data, STORE_FOLDER);
  if (!existsSync(path) || readdirSync(path).length === 0) return;
  const used = await withStore(path, async (view) =>
    (['queues', 'services'] as const).some((name) => view.table(name).keys(undefined, 1).length > 0),
  );
  if (used) throw new HostingError(`There are queues in ${path} already. Nothing was changed.`);
}

export interface NewStore {
  readonly path: string;
  /** Whether an unfinished store was found and removed. */
  readonly again: boolean;
}

/** Creates the folder of a new store. */
export function beginStore(data: string): NewStore {
  const path = join(data, NEW_STORE_FOLDER);
  const again = existsSync(path);
  try {
    rmSync(path, { recursive: true, force: true });
  } catch (cause) {
    throw new HostingError(`The folder ${path} cannot be removed: ${reasonOf(cause)}.`, { cause });
  }
  makePrivateFolder(path);
  return { path, again };
}

/** Renames the new store into place. */
export function finishStore(data: string): void {
  const path = join(data, STORE_FOLDER);
  const made = join(data, NEW_STORE_FOLDER);
  try {
    for (const name of readdirSync(made)) {
      giveToOwnerOf(data, join(made, name));
      sync(join(made, name));
    }
    giveToOwnerOf(data, made);
    sync(made);
    // An empty store.
    rmSync(path, { recursive: true, force: true });
    renameSync(made, path);
    sync(data);
  } catch (cause) {
    throw new HostingError(`The new store cannot be moved to ${path}: ${reasonOf(cause)}.`, { cause });
  }
}

/** Removes an unfinished store. */
export function dropNewStore(data: string): void {
  rmSync(join(data, NEW_STORE_FOLDER), { recursive: true, force: true });
}
