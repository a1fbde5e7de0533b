/** The only connection that writes to a data file. */
import type { Database, Statement } from '@signalapp/sqlcipher';
import { TABLE_NAMES, type TableName } from '../key-value.ts';
import { readChanges } from './changes.ts';
import { COUNTED } from './counts.ts';
import { closeData, openData } from './file.ts';

/** The growth of the row count of each of {@link TABLE_NAMES} with a count, in that order. */
export type Growth = readonly number[];

interface TableStatements {
  /** Whether a put must find out if the key is new. */
  readonly isCounted: boolean;
  readonly insert: Statement;
  readonly update: Statement;
  readonly remove: Statement;
}

function statementsOf(database: Database, name: TableName): TableStatements {
  const isCounted = COUNTED.includes(name);
  const insert = `INSERT INTO ${name} (k, v) VALUES (?, ?) ON CONFLICT (k)`;
  return {
    isCounted,
    insert: database.prepare(`${insert} DO ${isCounted ? 'NOTHING' : 'UPDATE SET v = excluded.v'}`),
    update: database.prepare(`UPDATE ${name} SET v = ? WHERE k = ?`),
    remove: database.prepare(`DELETE FROM ${name} WHERE k = ?`),
  };
}

export class DataFileWriter {
  readonly #database: Database;
  readonly #tables: readonly TableStatements[];

  /** Opens the data file at `path`; throws what SQLite throws. */
  constructor(path: string, synced: boolean) {
    this.#database = openData(path, synced);
    this.#tables = TABLE_NAMES.map((name) => statementsOf(this.#database, name));
  }

  /** Applies all changes in `bytes` in one transaction; when it throws, none is applied. */
  write(bytes: Uint8Array<ArrayBuffer>): Growth {
    const growth = TABLE_NAMES.map(() => 0);
    this.#database.exec('BEGIN IMMEDIATE');
    try {
      for (const { table, key, value } of readChanges(bytes)) {
        const { isCounted, insert, update, remove } = this.#tables[table]!;
        if (value === undefined) {
          growth[table]! -= remove.run([key]).changes;
        } else {
          const { changes } = insert.run([key, value]);
          if (!isCounted) continue;
          if (changes === 0) update.run([value, key]);
          else growth[table]! += 1;
        }
      }
      this.#database.exec('COMMIT');
      return growth;
    } catch (error) {
      this.#rollBack();
      throw error;
    }
  }

  /** Moves the log into the data file. */
  checkpoint(): void {
    this.#database.exec('PRAGMA wal_checkpoint(PASSIVE)');
  }

  close(): void {
    closeData(this.#database);
  }

  #rollBack(): void {
    try {
      this.#database.exec('ROLLBACK');
    } catch {
      // SQLite already rolled back, as it does when a write fails.
    }
  }
}
