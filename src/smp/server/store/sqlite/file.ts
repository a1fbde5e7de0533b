/**
 * The data file of a store: one SQLite database with a table for each of {@link TABLE_NAMES}, of keys `k` and values `v`.
 * While it is written to, a write-ahead log and its index lie beside it; a server that ends as it should leaves one file.
 */
import { closeSync, existsSync, fsyncSync, openSync, renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { Database, setLogger } from '@signalapp/sqlcipher';
import { TABLE_NAMES, type TableName } from '../key-value.ts';
import { CREATE_COUNTS } from './counts.ts';

/** In the folder of the store. */
export const DATA_FILE = 'store.db';
const SIDE_ENDS = ['-wal', '-shm', '-journal'] as const;
/** What SQLite puts beside the data file. */
export const SIDE_FILES = SIDE_ENDS.map((end) => DATA_FILE + end);
/** Where a data file lies until it is whole. */
export const NEW_FILE = `${DATA_FILE}.new`;

/** Room that is kept for removals. */
export const RESERVE_FILE = 'reserve';

/** `application_id` in the header: "Stto". */
export const APPLICATION_ID = 0x5374746f;
/** `user_version` in the header. */
export const STORE_FORMAT = 1;

export const PAGE_SIZE = 4_096;

/** Checkpoints are rare, as each writes its pages once more. The log grows further only while another process copies the file. */
const CHECKPOINT_PAGES = 8_000;

/** About how long the log gets: what a checkpoint can make the data file grow by. */
export const LOG_SIZE = CHECKPOINT_PAGES * PAGE_SIZE;

/** While another process recovers or checkpoints. */
const BUSY_TIMEOUT_MS = 5_000;

/** Rows of large values are found faster by a number than in a tree of their own. */
const withRowIds: readonly TableName[] = ['messages'];

function createTable(name: TableName): string {
  return `CREATE TABLE ${name} (k BLOB NOT NULL PRIMARY KEY, v BLOB NOT NULL)${withRowIds.includes(name) ? '' : ' WITHOUT ROWID'};`;
}

export function openSqlite(path: string): Database {
  // Errors are reported by exceptions.
  setLogger(() => {});
  const database = new Database(path, { cacheStatements: true });
  database.exec(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}; PRAGMA mmap_size = 0; PRAGMA trusted_schema = OFF;`);
  return database;
}

/** Opens a data file that is only read, also where this user may not write. */
export function openToRead(path: string): Database {
  const database = openSqlite(path);
  database.exec('PRAGMA query_only = ON');
  return database;
}

/** Opens a data file to be written to; `synced`: each commit is on disk when it is done. */
export function openData(path: string, synced: boolean): Database {
  const database = openSqlite(path);
  try {
    database.exec(
      `PRAGMA journal_mode = WAL; PRAGMA synchronous = ${synced ? 'FULL' : 'OFF'}; PRAGMA wal_autocheckpoint = ${CHECKPOINT_PAGES}; PRAGMA journal_size_limit = ${LOG_SIZE};`,
    );
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

/** Closes a data file, after which nothing lies beside it, unless another process reads it. */
export function closeData(database: Database): void {
  try {
    database.exec('PRAGMA journal_mode = DELETE');
  } catch {
    // The log stays, with all that is in it.
  }
  database.close();
}

/** Makes an empty data file at `path`, for nobody but this user. */
export function createData(path: string): void {
  removeData(path);
  closeSync(openSync(path, 'wx', 0o600));
  const database = openSqlite(path);
  try {
    database.exec(
      `PRAGMA page_size = ${PAGE_SIZE}; PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${STORE_FORMAT}; BEGIN; ${TABLE_NAMES.map(createTable).join(' ')} ${CREATE_COUNTS} COMMIT;`,
    );
  } finally {
    database.close();
  }
}

/** Removes a data file and what lies beside it. */
export function removeData(path: string): void {
  for (const end of ['', ...SIDE_ENDS]) rmSync(path + end, { force: true });
}

/** Whether a part of what is in a data file that was closed is still beside it. */
export const hasSideFiles = (path: string): boolean => SIDE_ENDS.some((end) => existsSync(path + end));

/** Gives a whole data file its place; it is on disk then. */
export function placeData(made: string, path: string): void {
  sync(made);
  renameSync(made, path);
  sync(dirname(path));
}

function sync(path: string): void {
  const file = openSync(path, 'r');
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}
