/**
 * The data file of a store: a SQLite database with a table of keys `k` and values `v` for each of {@link TABLE_NAMES}.
 * While it is open for writing, its write-ahead log and shared-memory file lie beside it; a clean close leaves one
 * file.
 */
import { closeSync, existsSync, fsyncSync, openSync, renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { Database, setLogger } from '@signalapp/sqlcipher';
import { TABLE_NAMES, type TableName } from '../key-value.ts';
import { CREATE_COUNTS } from './counts.ts';

/** In the store's folder. */
export const DATA_FILE = 'store.db';
const SIDE_ENDS = ['-wal', '-shm', '-journal'] as const;
/** Files that SQLite creates beside the data file. */
export const SIDE_FILES = SIDE_ENDS.map((end) => DATA_FILE + end);
/** The name of a data file until it is complete. */
export const NEW_FILE = `${DATA_FILE}.new`;

/** Disk space reserved for removals. */
export const RESERVE_FILE = 'reserve';

/** `application_id` in the header: "Stto". */
export const APPLICATION_ID = 0x5374746f;
/** `user_version` in the header. */
export const STORE_FORMAT = 1;

export const PAGE_SIZE = 4_096;

/**
 * Checkpoints are rare, because each writes its pages a second time. The log grows beyond this only while another
 * process copies the file.
 */
const CHECKPOINT_PAGES = 8_000;

/** Approximate maximum size of the log, and so of the growth of the data file in a checkpoint. */
export const LOG_SIZE = CHECKPOINT_PAGES * PAGE_SIZE;

/** Waits this long while another process recovers or checkpoints. */
const BUSY_TIMEOUT_MS = 5_000;

/** Large values are found faster by row id than in a table without one. */
const withRowIds: readonly TableName[] = ['messages'];

function createTable(name: TableName): string {
  return `CREATE TABLE ${name} (k BLOB NOT NULL PRIMARY KEY, v BLOB NOT NULL)${withRowIds.includes(name) ? '' : ' WITHOUT ROWID'};`;
}

export function openSqlite(path: string): Database {
  // Errors are reported as exceptions.
  setLogger(() => {});
  const database = new Database(path, { cacheStatements: true });
  database.exec(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}; PRAGMA mmap_size = 0; PRAGMA trusted_schema = OFF;`);
  return database;
}

/** Opens a data file for reading, also without permission to write. */
export function openToRead(path: string): Database {
  const database = openSqlite(path);
  database.exec('PRAGMA query_only = ON');
  return database;
}

/** Opens a data file for writing; `synced`: each commit is on disk when it returns. */
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

/** Closes a data file; removes its side files unless another process reads it. */
export function closeData(database: Database): void {
  try {
    database.exec('PRAGMA journal_mode = DELETE');
  } catch {
    // The log remains, with all its content.
  }
  database.close();
}

/** Creates an empty data file at `path`, readable by this user only. */
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

/** Removes a data file and its side files. */
export function removeData(path: string): void {
  for (const end of ['', ...SIDE_ENDS]) rmSync(path + end, { force: true });
}

/** Whether a closed data file still has side files, which may contain data. */
export const hasSideFiles = (path: string): boolean => SIDE_ENDS.some((end) => existsSync(path + end));

/** Renames a complete data file into place, and syncs both. */
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
