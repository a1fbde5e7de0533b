/** Stores of earlier versions, in LMDB: read, and converted to data files of this version. */
import { closeSync, existsSync, openSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { Database, RootDatabase } from 'lmdb';
import { StoreError, StoreFileError } from '../errors.ts';
import { asStoreError } from '../faults.ts';
import { TABLE_NAMES } from '../key-value.ts';
import { Changes } from '../sqlite/changes.ts';
import { createData, DATA_FILE, hasSideFiles, NEW_FILE, openToRead, placeData, removeData } from '../sqlite/file.ts';
import { reading } from '../sqlite/read-table.ts';
import { DataFileWriter } from '../sqlite/writer.ts';
import type { StoreView } from '../store-view.ts';
import { behind } from '../tables.ts';
import { examineLmdb, freePagesOf, LMDB_FILE, LMDB_LOCK_FILE, removeLmdb } from './examine.ts';
import { upgradeValue } from './first-format.ts';
import { damagedFreePage } from './free-pages.ts';

/** A table for the attachments of a copied store. */
const ATTACHMENTS = { name: 'attachments', keyEncoding: 'binary', encoding: 'binary' } as const;

/** Values read between two turns of the event loop. */
const STEP = 500;

/** Throws {@link StoreFileError} when a page of the list of free pages is damaged. */
function examineFreePages(path: string): void {
  const file = openSync(join(path, LMDB_FILE), 'r');
  try {
    const list = freePagesOf(file);
    const damaged = list && damagedFreePage(list);
    if (damaged === undefined) return;
    const what = `page ${damaged} of ${join(path, LMDB_FILE)} is damaged: it belongs to the list of free pages`;
    throw new StoreFileError('damaged', path, what);
  } finally {
    closeSync(file);
  }
}

const require = createRequire(import.meta.url);

function openRoot(path: string): RootDatabase<Buffer, Buffer> {
  // Loaded on demand: servers with a store of this version do not need LMDB.
  const { open } = require('lmdb') as typeof import('lmdb');
  return open<Buffer, Buffer>({
    path,
    // The path is a folder even when its name contains a dot.
    noSubdir: false,
    readOnly: true,
    keyEncoding: 'binary',
    encoding: 'binary',
    maxDbs: 16,
  });
}

/** Throws {@link StoreError} unless the data file at `made` has the expected number of keys in each table. */
function examineCopy(made: string, copied: readonly number[]): void {
  // Remaining side files mean that the log could not be moved into the data file.
  if (hasSideFiles(made)) throw new StoreError('the store cannot be copied: the disk is full');
  const database = openToRead(made);
  try {
    const [fault] = database.prepare('PRAGMA integrity_check(1)', { pluck: true }).all<string>();
    const counts = TABLE_NAMES.map((name) =>
      database.prepare(`SELECT count(*) FROM ${name}`, { pluck: true }).get<number>(),
    );
    if (fault === 'ok' && counts.every((count, number) => count === copied[number])) return;
  } finally {
    database.close();
  }
  throw new StoreError('the store cannot be copied: the copy is not what it was made from');
}

/** Writes all tables to a new data file in `folder`; `onMade` gets its path before it is renamed into place. */
async function copyTables(view: StoreView, folder: string, onMade: (made: string) => void): Promise<void> {
  const made = join(folder, NEW_FILE);
  createData(made);
  const writer = new DataFileWriter(made, false);
  const copied = TABLE_NAMES.map(() => 0);
  try {
    for (const [number, name] of TABLE_NAMES.entries()) {
      const table = view.table(name);
      let from: Buffer | undefined;
      do {
        const keys = table.keys(from, STEP).map((key) => Buffer.from(key));
        const changes = new Changes();
        for (const key of keys) changes.add(number, key, Buffer.from(table.get(key)!));
        writer.write(changes.toBytes());
        copied[number]! += keys.length;
        from = keys.length < STEP ? undefined : behind(keys.at(-1)!);
        await new Promise(setImmediate);
      } while (from !== undefined);
    }
  } finally {
    writer.close();
  }
  examineCopy(made, copied);
  onMade(made);
  placeData(made, join(folder, DATA_FILE));
}

type Table = Database<Buffer, Buffer> | undefined;

interface OpenLmdb {
  readonly root: RootDatabase<Buffer, Buffer>;
  readonly databases: ReadonlyMap<string, Table>;
  readonly attached: Table;
  readonly transaction: ReturnType<RootDatabase['useReadTransaction']>;
}

/** Opens all tables for reading; `tidy` is called when that fails. Throws {@link StoreError}. */
function opening(path: string, tidy: () => void): OpenLmdb {
  try {
    const root = openRoot(path);
    // Opened before the transaction begins, which would not see them otherwise. Tables that were never written to do
    // not exist.
    const databases = new Map(
      TABLE_NAMES.map((name): [string, Table] => [
        name,
        root.openDB<Buffer, Buffer>({ name, keyEncoding: 'binary', encoding: 'binary' }),
      ]),
    );
    const attached: Table = root.openDB<Buffer, Buffer>(ATTACHMENTS);
    return { root, databases, attached, transaction: root.useReadTransaction() };
  } catch (cause) {
    tidy();
    throw asStoreError(path, cause);
  }
}

/** `onMade` gets the path of a copy before it is renamed into place. */
export function lmdbView(path: string, onMade: (made: string) => void = () => {}): StoreView {
  examineLmdb(path);
  const lock = join(path, LMDB_LOCK_FILE);
  const hadLock = existsSync(lock);
  // Opening creates a lock file, which may belong to a different user than the store.
  const dropLock = () => {
    if (!hadLock) rmSync(lock, { force: true });
  };
  const { root, databases, attached, transaction } = opening(path, dropLock);
  const view: StoreView = {
    table(name) {
      const database = databases.get(name);
      return {
        get: (key) =>
          reading(path, () => {
            const value = database?.get(key, { transaction });
            return value && upgradeValue(name, value);
          }),
        keys: (start, limit) =>
          database === undefined
            ? []
            : reading(path, () => [
                ...database.getKeys({ transaction, limit, ...(start === undefined ? {} : { start }) }),
              ]),
      };
    },
    async copyTo(folder) {
      try {
        await copyTables(view, folder, onMade);
      } catch (cause) {
        removeData(join(folder, NEW_FILE));
        if (cause instanceof StoreError) throw cause;
        throw new StoreError('the store cannot be copied: is the disk full?', { cause });
      }
    },
    async readAll() {
      for (const database of [...databases.values(), attached]) {
        if (database === undefined) continue;
        let count = 0;
        for (const key of reading(path, () => database.getKeys({ transaction }))) {
          reading(path, () => database.get(key, { transaction }));
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
      dropLock();
    },
  };
  return view;
}

/**
 * Converts the store of an earlier version in `path`, which no one else may use meanwhile; `onMade` gets the path of
 * the new data file before it is renamed into place. Rejects with {@link StoreError}.
 */
export async function convertStore(path: string, onMade?: (made: string) => void): Promise<void> {
  const view = lmdbView(path, onMade);
  try {
    await view.readAll();
    await view.copyTo(path);
  } finally {
    await view.close();
  }
  removeLmdb(path);
}
