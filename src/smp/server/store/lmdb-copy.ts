/** LMDB files read beside the server that writes them: a view of one moment, and copies of it. */
import { join } from 'node:path';
import { type Database, open } from 'lmdb';
import type { ReadableTables } from './check.ts';
import { checkFile } from './check-file.ts';
import { StoreError } from './errors.ts';
import { DATA_FILE } from './lmdb-engine.ts';
import { TABLE_NAMES } from './tables.ts';

/** A store that is only read. */
export interface StoreView extends ReadableTables {
  /**
   * Writes all of it to a new file in `folder`, which exists, without the room that nothing uses; a server may write
   * meanwhile. Rejects with {@link StoreError}.
   */
  copyTo(folder: string): Promise<void>;
  close(): Promise<void>;
}

/** Opens the store in `path` as it is now: what is written later is not seen. Throws {@link StoreError}. */
export function storeView(path: string): StoreView {
  try {
    checkFile(join(path, DATA_FILE));
    const root = open<Buffer, Buffer>({
      path,
      noSubdir: false,
      readOnly: true,
      keyEncoding: 'binary',
      encoding: 'binary',
      maxDbs: 16,
    });
    // Before the transaction begins, which would not know them. Those that were never written to are not there.
    const databases = new Map(
      TABLE_NAMES.map((name): [string, Database<Buffer, Buffer> | undefined] => [
        name,
        root.openDB<Buffer, Buffer>({ name, keyEncoding: 'binary', encoding: 'binary' }),
      ]),
    );
    const transaction = root.useReadTransaction();
    return {
      table(name) {
        const database = databases.get(name);
        return {
          get: (key) => database?.get(key, { transaction }),
          keys: (start, limit) =>
            database === undefined
              ? []
              : [...database.getKeys({ transaction, limit, ...(start === undefined ? {} : { start }) })],
        };
      },
      async copyTo(folder) {
        try {
          await root.backup(folder, true);
        } catch (cause) {
          throw new StoreError('the store cannot be copied: is the disk full?', { cause });
        }
      },
      async close() {
        transaction.done();
        await root.close();
      },
    };
  } catch (cause) {
    throw new StoreError(`the store in ${path} cannot be opened: it is damaged, or not a store`, { cause });
  }
}
