/** Stores as operators see them: opened to be read, and looked through. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { HostingError } from '../../../hosting/index.ts';
import {
  asStoreError,
  type CheckedCounts,
  checkStore,
  LOCK_FILE,
  type StoreCheck,
  StoreError,
  type StoreView,
  storeView,
} from '../../../smp/server/index.ts';
import { explainStore } from './advice.ts';
import { giveToOwnerOf } from './owner.ts';

/** Runs what may fail as a store does; that is told as a {@link HostingError}. */
export async function storing<T>(action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (cause) {
    if (cause instanceof StoreError) throw new HostingError(explainStore(cause), { cause });
    throw cause;
  }
}

/** Runs `use` on the store in `path` as it is now; what the store cannot do is told as a {@link HostingError}. */
export async function withStore<T>(path: string, use: (view: StoreView) => Promise<T>): Promise<T> {
  return storing(async () => {
    const lock = join(path, LOCK_FILE);
    const hadLock = existsSync(lock);
    const view = storeView(path);
    try {
      // Opening it makes a file beside it, which the server has to be able to open.
      if (!hadLock && existsSync(lock)) giveToOwnerOf(path, lock);
      return await reading(path, () => use(view));
    } finally {
      await view.close();
    }
  });
}

/** Reports an error of LMDB, which has a number for a code, as what it means for the store. */
async function reading<T>(path: string, use: () => Promise<T>): Promise<T> {
  try {
    return await use();
  } catch (error) {
    throw typeof (error as { readonly code?: unknown }).code === 'number' ? asStoreError(path, error) : error;
  }
}

/** Looks through the store in `path`. */
export const checkFolder = (path: string): Promise<StoreCheck> =>
  withStore(path, async (view) => {
    await view.readAll();
    return checkStore(view);
  });

/** Reads all of the store in `path`; rejects with {@link HostingError} when that fails. */
export const readFolder = (path: string): Promise<void> => withStore(path, (view) => view.readAll());

/** What is in a store that was just made; throws a {@link HostingError} when something is wrong with it. */
export async function checkedCounts(path: string, what: string): Promise<CheckedCounts> {
  const { counts, faults } = await checkFolder(path);
  if (faults.length > 0) throw new HostingError(`${what} is not whole: ${describeFaults(faults).join('; ')}.`);
  return counts;
}

export const describeFaults = (faults: StoreCheck['faults']): readonly string[] =>
  faults.map(({ what, count }) => `${count.toLocaleString('en')} ${what}`);

const counted = (count: number, one: string, many: string) =>
  `${count.toLocaleString('en')} ${count === 1 ? one : many}`;

/** What is in a store, for a sentence. */
export function describeCounts(counts: CheckedCounts): string {
  return [
    counted(counts.queues, 'queue', 'queues'),
    counted(counts.links, 'link', 'links'),
    counted(counts.notifiers, 'notifier', 'notifiers'),
    counted(counts.services, 'service', 'services'),
    counted(counts.messages, 'message', 'messages'),
    counted(counts.quotaMarkers, 'marker of a full queue', 'markers of full queues'),
  ].join(', ');
}
