/**
 * How many keys each table has. SQLite would look at all of them, so they are counted along, and kept in the data file while it
 * is closed: opening it takes them away, and after an unclean end there are none, so that all keys are looked at once.
 */
import type { Database } from '@signalapp/sqlcipher';
import { TABLE_NAMES, type TableName } from '../key-value.ts';

/** Tables whose keys are counted. */
export const COUNTED: readonly TableName[] = ['queues', 'messages', 'notifiers', 'notifications', 'services'];

export const CREATE_COUNTS =
  'CREATE TABLE counts (name TEXT NOT NULL PRIMARY KEY, keys INTEGER NOT NULL) WITHOUT ROWID;';

const look = (database: Database, name: TableName): number =>
  database.prepare(`SELECT count(*) FROM ${name}`, { pluck: true }).get<number>() ?? 0;

/** Keys in each of {@link TABLE_NAMES}, in their order; 0 where they are not counted. Looks at all of them. */
export const countKeys = (database: Database): number[] =>
  TABLE_NAMES.map((name) => (COUNTED.includes(name) ? look(database, name) : 0));

/** The same, as it was kept, where it was. */
export function takeCounts(database: Database): number[] {
  const rows = database.prepare('SELECT name, keys FROM counts').all<{ name: string; keys: number }>();
  const kept = new Map(rows.map(({ name, keys }) => [name, keys]));
  if (kept.size > 0) database.exec('DELETE FROM counts');
  return kept.size === COUNTED.length ? TABLE_NAMES.map((name) => kept.get(name) ?? 0) : countKeys(database);
}

/** To be taken by the next who opens the file; nobody changes it until then. */
export function keepCounts(database: Database, counts: readonly number[]): void {
  const insert = database.prepare('INSERT INTO counts (name, keys) VALUES (?, ?)');
  database.transaction(() => {
    for (const name of COUNTED) insert.run([name, counts[TABLE_NAMES.indexOf(name)]!]);
  })();
}
