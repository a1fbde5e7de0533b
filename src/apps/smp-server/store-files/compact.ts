/** Compacts a store: a copy without unused space replaces it once complete. */
import { mkdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { HostingError, lockFolder, PRIVATE_FOLDER_MODE, reasonOf } from '../../../hosting/index.ts';
import { DATA_FILE, isLmdbStore, settleStore } from '../../../smp/server/index.ts';
import { COMPACT_FOLDER, STORE_FOLDER } from '../open-store.ts';
import { convert } from './convert.ts';
import { giveToOwnerOf, sync } from './owner.ts';
import { copiedCounts, storing, withStore } from './view.ts';

const kilobytes = (path: string) => Math.ceil(statSync(path).size / 1024).toLocaleString('en');

/** Compacts the store in `data`, which no server may be using; rejects with {@link HostingError}. */
export async function compact(data: string, print: (line: string) => void): Promise<void> {
  const lock = lockFolder(data);
  const [store, aside] = [join(data, STORE_FOLDER), join(data, COMPACT_FOLDER)];
  try {
    // A converted store has no unused space.
    if (isLmdbStore(store)) return await convert(store, print);
    rmSync(aside, { recursive: true, force: true });
    mkdirSync(aside, { mode: PRIVATE_FOLDER_MODE });
    // The log must not be left beside another data file.
    await storing(async () => settleStore(store));
    await withStore(store, (view) => view.copyTo(aside));
    await copiedCounts(aside, print);
    const [old, made] = [join(store, DATA_FILE), join(aside, DATA_FILE)];
    const sizes = `${kilobytes(old)} KB before, ${kilobytes(made)} KB now`;
    giveToOwnerOf(store, made);
    sync(made);
    renameSync(made, old);
    sync(store);
    print(`The store was compacted: ${sizes}.`);
  } catch (cause) {
    if (cause instanceof HostingError) throw cause;
    throw new HostingError(`The store in ${store} cannot be compacted: ${reasonOf(cause)}.`, { cause });
  } finally {
    rmSync(aside, { recursive: true, force: true });
    lock.release();
  }
}
