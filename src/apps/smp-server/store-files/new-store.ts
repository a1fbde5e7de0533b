/**
 * A store in the making, beside the place where the server looks for its own: it takes that place when it is whole. Until
 * then the server does not start, so that nobody is served from half a store, and whoever made it can begin again.
 */
import { existsSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { HostingError, makePrivateFolder, reasonOf } from '../../../hosting/index.ts';
import { NEW_STORE_FOLDER, STORE_FOLDER } from '../open-store.ts';
import { giveToOwnerOf, sync } from './owner.ts';
import { withStore } from './view.ts';

/** Throws a {@link HostingError} when there is something in the store of a server. */
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
  /** Whether one was found that did not become whole, and is gone now. */
  readonly again: boolean;
}

/** Makes the folder of a new store. */
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

/** Puts the new store in its place. */
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
    // An empty one.
    rmSync(path, { recursive: true, force: true });
    renameSync(made, path);
    sync(data);
  } catch (cause) {
    throw new HostingError(`The new store cannot be moved to ${path}: ${reasonOf(cause)}.`, { cause });
  }
}

/** Takes away a store that will not become whole. */
export function dropNewStore(data: string): void {
  rmSync(join(data, NEW_STORE_FOLDER), { recursive: true, force: true });
}
