/** LMDB files beside the server that writes them: a view of one moment, copies of it, and what goes along with those. */
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { type Database, open } from 'lmdb';
import type { ReadableTables } from './check.ts';
import { StoreError, StoreFileError } from './errors.ts';
import { asStoreError, DATA_FILE, examineStore, freePagesOf, lastChange } from './examine.ts';
import { damagedFreePage } from './free-pages.ts';
import { openRoot } from './lmdb-engine.ts';
import { TABLE_NAMES } from './tables.ts';

/** A table for what goes along with a copy of a store. */
const ATTACHMENTS = { name: 'attachments', keyEncoding: 'binary', encoding: 'binary' } as const;

/** Values read between two turns of the event loop. */
const STEP = 500;

/** A store that is only read. */
export interface StoreView extends ReadableTables {
  /**
   * Writes all of it to a new file in `folder`, which exists, without the room that nothing uses; a server may write
   * meanwhile. Rejects with {@link StoreError}.
   */
  copyTo(folder: string): Promise<void>;
  /** Whether something was written since it was opened. */
  isOld(): boolean;
  /** Reads every key and value, and the list of free pages, so that a damaged page is met now. Rejects with {@link StoreError}. */
  readAll(): Promise<void>;
  /** What was put beside the tables by {@link attach}, by name. */
  attachments(): ReadonlyMap<string, Uint8Array>;
  close(): Promise<void>;
}

/** Throws {@link StoreFileError} when a page of the list of free pages is damaged. */
function examineFreePages(path: string): void {
  const file = openSync(join(path, DATA_FILE), 'r');
  try {
    const list = freePagesOf(file);
    const damaged = list && damagedFreePage(list);
    if (damaged === undefined) return;
    const what = `page ${damaged} of ${join(path, DATA_FILE)} is damaged: it belongs to the list of free pages`;
    throw new StoreFileError('damaged', path, what);
  } finally {
    closeSync(file);
  }
}

/** Opens the store in `path` as it is now: what is written later is not seen. Throws {@link StoreError}. */
export function storeView(path: string): StoreView {
  try {
    examineStore(path, 'read');
    const change = lastChange(path);
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
    const attached = root.openDB<Buffer, Buffer>(ATTACHMENTS) as Database<Buffer, Buffer> | undefined;
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
      isOld: () => lastChange(path) !== change,
      async readAll() {
        for (const database of [...databases.values(), attached]) {
          if (database === undefined) continue;
          let count = 0;
          for (const key of database.getKeys({ transaction })) {
            database.get(key, { transaction });
            if (++count % STEP === 0) await new Promise(setImmediate);
          }
        }
        examineFreePages(path);
      },
      attachments() {
        const names = attached === undefined ? [] : [...attached.getKeys({ transaction })];
        return new Map(
          names.map((name) => [name.toString('utf8'), new Uint8Array(attached!.get(name, { transaction })!)]),
        );
      },
      async close() {
        transaction.done();
        await root.close();
      },
    };
  } catch (cause) {
    throw asStoreError(path, cause);
  }
}

/**
 * Puts these beside the tables of the store in `path`, which nobody else uses, in place of what was there; none takes all
 * away. They are on disk when it resolves.
 */
export async function attach(path: string, attachments: ReadonlyMap<string, Uint8Array>): Promise<void> {
  try {
    const root = openRoot(path, true);
    const table = root.openDB<Buffer, Buffer>(ATTACHMENTS);
    await table.clearAsync();
    for (const [name, content] of attachments) await table.put(Buffer.from(name, 'utf8'), Buffer.from(content));
    await root.close();
  } catch (cause) {
    throw new StoreError('the copy of the store cannot be written: is the disk full?', { cause });
  }
}
