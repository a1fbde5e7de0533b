/** LMDB under the store: crash-safe, nothing resident for queues that are idle. */
import { join } from 'node:path';
import { type Database, open, type RootDatabase } from 'lmdb';
import { changeSize, DiskSpace } from './disk-space.ts';
import { asStoreError, DATA_FILE, examineStore } from './examine.ts';
import type { KeyValueEngine, KeyValueTable } from './key-value.ts';

export interface LmdbOptions {
  /** Whether what is committed is on disk; false for a store that counts only when it is whole, and synced by then. */
  readonly synced?: boolean;
}

/** Opens or makes the file in `path`; errors are those of LMDB. */
export function openRoot(path: string, synced: boolean): RootDatabase<Buffer, Buffer> {
  return open<Buffer, Buffer>({
    path,
    // A folder, also when there is a dot in its name.
    noSubdir: false,
    // A promise of a write resolves after the data is synced, not merely visible.
    overlappingSync: false,
    noSync: !synced,
    // With it, each turn has a promise of its own that nobody can handle, and that rejects when a commit fails.
    eventTurnBatching: false,
    keyEncoding: 'binary',
    encoding: 'binary',
    maxDbs: 16,
  });
}

function tableOf(database: Database<Buffer, Buffer>): KeyValueTable {
  return {
    get(key) {
      const found = database.getBinaryFast(key);
      // All values are read into one buffer, larger than the value: its length alone is the value's.
      return found && new Uint8Array(found.buffer, found.byteOffset, found.length);
    },
    put: (key, value) => void database.put(key, value),
    remove: (key) => void database.remove(key),
    // What LMDB counts itself, without looking at the keys.
    count: () => (database.getStats() as { readonly entryCount: number }).entryCount,
    keys: (start, limit) => [...database.getKeys({ ...(start === undefined ? {} : { start }), limit })],
  };
}

/** Runs `operations` as one LMDB transaction. */
async function commit(root: RootDatabase<Buffer, Buffer>, operations: readonly (() => void)[]): Promise<void> {
  try {
    await root.batch(() => {
      for (const operation of operations) operation();
    });
  } catch (error) {
    // LMDB rejects with an error that holds another rejected promise, the reason, which nobody may be left to handle.
    (error as { readonly commitError?: Promise<unknown> }).commitError?.catch(() => {});
    throw error;
  }
}

/** Opens or makes the file in `path`, a folder; throws {@link StoreError} when it cannot be used. */
export function lmdbEngine(path: string, { synced = true }: LmdbOptions = {}): KeyValueEngine {
  try {
    examineStore(path, 'write');
    const root = openRoot(path, synced);
    const space = new DiskSpace(join(path, DATA_FILE), () => {
      const { lastPageNumber, pageSize } = root.getStats() as { lastPageNumber: number; pageSize: number };
      return (lastPageNumber + 1) * pageSize;
    });
    return {
      table: (name) => tableOf(root.openDB<Buffer, Buffer>({ name, keyEncoding: 'binary', encoding: 'binary' })),
      claim(bytes, kind) {
        const size = changeSize(bytes);
        space.claim(size, kind);
        return { release: () => space.release(size) };
      },
      commit: (operations) => commit(root, operations),
      async close() {
        space.close();
        await root.close();
      },
    };
  } catch (cause) {
    throw asStoreError(path, cause);
  }
}
