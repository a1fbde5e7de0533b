/** Read-only views of SQLite data files, and the attachments of copies. */
import { join } from 'node:path';
import type { Database } from '@signalapp/sqlcipher';
import { StoreError, StoreFileError } from '../errors.ts';
import { asStoreError } from '../faults.ts';
import type { StoreView } from '../store-view.ts';
import { examineStore } from './examine.ts';
import { closeData, DATA_FILE, hasSideFiles, openData, openSqlite, openToRead } from './file.ts';
import { EMPTY_BLOB, reading, readTable } from './read-table.ts';

/** The table for attachments of a copied store. */
const ATTACHMENTS = 'attachments';

const isTable = (database: Database, name: string) =>
  database.prepare('SELECT 1 FROM sqlite_schema WHERE name = ?', { pluck: true }).get([name]) !== undefined;

export function sqliteView(path: string): StoreView {
  const file = join(path, DATA_FILE);
  examineStore(path, 'read');
  const database = reading(path, () => openToRead(file));
  // The snapshot of a transaction is taken by its first read.
  const begin = () => database.exec('BEGIN; SELECT count(*) FROM sqlite_schema;');
  try {
    reading(path, begin);
  } catch (error) {
    database.close();
    throw error;
  }
  return {
    table: (name) => readTable(database, path, name),
    async copyTo(folder) {
      // VACUUM INTO cannot run inside a transaction.
      database.exec('COMMIT; PRAGMA query_only = OFF;');
      try {
        database.prepare('VACUUM INTO ?').run([join(folder, DATA_FILE)]);
      } catch (cause) {
        const error = asStoreError(path, cause);
        if (error instanceof StoreFileError && error.fault === 'damaged') throw error;
        throw new StoreError('the store cannot be copied: is the disk full?', { cause });
      } finally {
        database.exec('PRAGMA query_only = ON');
      }
      reading(path, begin);
    },
    async readAll() {
      const [fault] = reading(path, () => database.prepare('PRAGMA integrity_check(1)', { pluck: true }).all<string>());
      if (fault === 'ok') return;
      const what = `${file} is damaged: ${String(fault).replaceAll('\n', ' ')}`;
      throw new StoreFileError('damaged', path, what);
    },
    attachments() {
      return reading(path, () => {
        if (!isTable(database, ATTACHMENTS)) return new Map();
        const rows = database
          .prepare(`SELECT k, v FROM ${ATTACHMENTS}`)
          .all<{ k: string; v: Uint8Array<ArrayBuffer> }>();
        return new Map(rows.map(({ k, v }) => [k, v]));
      });
    },
    async close() {
      database.close();
    },
  };
}

/**
 * Stores attachments beside the tables of the store in `path`, which no one else may use meanwhile. They replace former
 * attachments; an empty map removes all. On disk when it resolves.
 */
export async function attach(path: string, attachments: ReadonlyMap<string, Uint8Array>): Promise<void> {
  try {
    const database = openSqlite(join(path, DATA_FILE));
    try {
      database.exec(`BEGIN; DROP TABLE IF EXISTS ${ATTACHMENTS};`);
      if (attachments.size > 0) {
        database.exec(`CREATE TABLE ${ATTACHMENTS} (k TEXT NOT NULL PRIMARY KEY, v BLOB NOT NULL)`);
        const insert = database.prepare(`INSERT INTO ${ATTACHMENTS} (k, v) VALUES (?, ?)`);
        for (const [name, content] of attachments)
          insert.run([name, content.length === 0 ? EMPTY_BLOB : new Uint8Array(content)]);
      }
      database.exec('COMMIT');
    } finally {
      database.close();
    }
  } catch (cause) {
    throw new StoreError('the copy of the store cannot be written: is the disk full?', { cause });
  }
}

/**
 * Moves the log into the data file of the store in `path`, which no one else may use meanwhile.
 * Throws {@link StoreError}.
 */
export function settleStore(path: string): void {
  examineStore(path, 'write');
  try {
    closeData(openData(join(path, DATA_FILE), true));
    if (hasSideFiles(join(path, DATA_FILE)))
      throw new StoreFileError(
        'busy',
        path,
        `the log beside ${join(path, DATA_FILE)} is used by another program, or the disk is full`,
      );
  } catch (cause) {
    throw asStoreError(path, cause);
  }
}
