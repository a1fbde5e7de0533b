/** Stores as operators see them: opened to be read, and looked through. */
import { accessSync, constants, existsSync } from 'node:fs';
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
    // Without its lock a server does not know that it is read, and may write over pages that are.
    const unlocked = !isWritable(lock);
    try {
      // Opening it makes a file beside it, which the server has to be able to open.
      if (!hadLock && existsSync(lock)) giveToOwnerOf(path, lock);
      const result = await reading(path, () => use(view));
      if (unlocked) refuseChanged(path, view);
      return result;
    } catch (error) {
      if (unlocked) refuseChanged(path, view);
      throw error;
    } finally {
      await view.close();
    }
  });
}

function isWritable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/** What was read while a server wrote is not of one moment, and what seems wrong with it may not be. */
function refuseChanged(path: string, view: StoreView): void {
  if (!view.isOld()) return;
  throw new HostingError(
    `The store in ${path} was changed while it was read, and this user may not lock it: nothing is known of it. Run the command as the user of the server (sudo -u <user> …), or stop the server first.`,
  );
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
