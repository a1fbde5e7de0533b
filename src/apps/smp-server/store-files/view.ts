/** Read-only access to stores, and their checks, for operators' commands. */
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

/** Runs an action and converts errors of a store to {@link HostingError}. */
export async function storing<T>(action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (cause) {
    if (cause instanceof StoreError) throw new HostingError(explainStore(cause), { cause });
    throw cause;
  }
}

/** Runs `use` on a snapshot of the store in `path`; converts errors of a store to {@link HostingError}. */
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

/** Checks the store in `path`. */
export const checkFolder = (path: string): Promise<StoreCheck> =>
  withStore(path, async (view) => {
    await view.readAll();
    return checkStore(view);
  });

/** Counts of a newly created store; throws {@link HostingError} when it is inconsistent. */
export async function checkedCounts(path: string, what: string): Promise<CheckedCounts> {
  const { counts, faults } = await checkFolder(path);
  if (faults.length > 0) throw new HostingError(`${what} is not whole: ${describeFaults(faults).join('; ')}.`);
  return counts;
}

/**
 * Counts of a copy of a store. Errors in the original are in the copy too: they are printed, and the copy is kept.
 * Rejects with {@link HostingError} when the copy cannot be read.
 */
export async function copiedCounts(path: string, warn: (line: string) => void): Promise<CheckedCounts> {
  const { counts, faults } = await checkFolder(path);
  for (const fault of describeFaults(faults)) warn(`Error, also in the original store: ${fault}`);
  return counts;
}

export const describeFaults = (faults: StoreCheck['faults']): readonly string[] =>
  faults.map(({ what, count }) => `${count.toLocaleString('en')} ${what}`);

const counted = (count: number, one: string, many: string) =>
  `${count.toLocaleString('en')} ${count === 1 ? one : many}`;

/** Counts of a store, as part of a sentence. */
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
