/**
 * Row counts of the tables. Counting rows in SQLite scans the table, so the counts are maintained in memory and saved
 * in the data file on close. Opening removes the saved counts; after a crash there are none, and all rows are counted.
 */
import type { Database } from '@signalapp/sqlcipher';
import { TABLE_NAMES, type TableName } from '../key-value.ts';

/** Tables with a maintained count. */
export const COUNTED: readonly TableName[] = ['queues', 'messages', 'notifiers', 'notifications', 'services'];

export const CREATE_COUNTS =
  'CREATE TABLE counts (name TEXT NOT NULL PRIMARY KEY, keys INTEGER NOT NULL) WITHOUT ROWID;';

const countRows = (database: Database, name: TableName): number =>
  database.prepare(`SELECT count(*) FROM ${name}`, { pluck: true }).get<number>() ?? 0;

/** Rows in each of {@link TABLE_NAMES}, in that order; 0 for tables without a count. Scans the tables. */
export const countKeys = (database: Database): number[] =>
  TABLE_NAMES.map((name) => (COUNTED.includes(name) ? countRows(database, name) : 0));

/** Removes and returns the saved counts; counts the rows when there are none. */
export function takeCounts(database: Database): number[] {
  const rows = database.prepare('SELECT name, keys FROM counts').all<{ name: string; keys: number }>();
  const kept = new Map(rows.map(({ name, keys }) => [name, keys]));
  if (kept.size > 0) database.exec('DELETE FROM counts');
  return kept.size === COUNTED.length ? TABLE_NAMES.map((name) => kept.get(name) ?? 0) : countKeys(database);
}

/** Saves the counts for the next open; the tables must not change in between. */
export function saveCounts(database: Database, counts: readonly number[]): void {
  const insert = database.prepare('INSERT INTO counts (name, keys) VALUES (?, ?)');
  database.transaction(() => {
    for (const name of COUNTED) insert.run([name, counts[TABLE_NAMES.indexOf(name)]!]);
  })();
}
