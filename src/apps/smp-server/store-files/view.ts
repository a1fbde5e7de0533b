/** Stores as operators see them: opened to be read, and looked through. */
import { HostingError } from '../../../hosting/index.ts';
import {
  type CheckedCounts,
  checkStore,
  type StoreCheck,
  StoreError,
  type StoreView,
  storeView,
} from '../../../smp/server/index.ts';
import { explainStore } from './advice.ts';

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
    const view = storeView(path);
    try {
      return await use(view);
    } finally {
      await view.close();
    }
  });
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

/**
 * What is in a copy of a store. What was wrong with the store is wrong with its copy, too: that is told, and no reason to be
 * without a copy. Rejects with {@link HostingError} when the copy cannot be read.
 */
export async function copiedCounts(path: string, warn: (line: string) => void): Promise<CheckedCounts> {
  const { counts, faults } = await checkFolder(path);
  for (const fault of describeFaults(faults)) warn(`Wrong with it, as in the store it was made from: ${fault}`);
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
