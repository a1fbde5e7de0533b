/**
 * The SQLite engine. Reads use a connection of this thread and see committed data; each group of changes is one
 * transaction on a writer thread, on disk when it resolves.
 */
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Database } from '@signalapp/sqlcipher';
import { StoreError } from '../errors.ts';
import { asStoreError, isOutOfRoom, isSqliteError } from '../faults.ts';
import { type KeyValueEngine, type KeyValueTable, TABLE_NAMES, type TableName } from '../key-value.ts';
import { removeLmdb } from '../lmdb/examine.ts';
import { Changes } from './changes.ts';
import { countKeys, saveCounts, takeCounts } from './counts.ts';
import { examineStore } from './examine.ts';
import { closeData, createData, DATA_FILE, LOG_SIZE, NEW_FILE, openData, placeData, RESERVE_FILE } from './file.ts';
import { readTable } from './read-table.ts';
import { Reserve } from './reserve.ts';
import { type AsyncWriter, directWriter, threadWriter } from './writers.ts';

export interface SqliteOptions {
  /** Whether commits are synced; false for a store that is synced once, when it is complete. */
  readonly synced?: boolean;
}

/** The writer thread runs compiled code only. */
const isBuilt = import.meta.url.endsWith('.js');

const NOTHING_TO_RELEASE = { release: () => {} };

class SqliteEngine implements KeyValueEngine {
  readonly #path: string;
  readonly #database: Database;
  readonly #writer: AsyncWriter;
  readonly #reserve: Reserve | undefined;
  #counts: number[];
  #changes: Changes | undefined;

  constructor(path: string, synced: boolean) {
    this.#path = path;
    const file = join(path, DATA_FILE);
    const reserve = synced ? new Reserve(join(path, RESERVE_FILE), LOG_SIZE) : undefined;
    this.#reserve = reserve;
    try {
      const { database, counts } = withRoom(reserve, () => openFile(path, synced));
      this.#database = database;
      this.#counts = counts;
      const data = { path: file, synced };
      this.#writer = isBuilt && synced ? threadWriter(data) : directWriter(data);
    } catch (error) {
      reserve?.close();
      throw error;
    }
  }

  table(name: TableName): KeyValueTable {
    const number = TABLE_NAMES.indexOf(name);
    return {
      ...readTable(this.#database, this.#path, name),
      put: (key, value) => this.#change(number, key, value),
      remove: (key) => this.#change(number, key, undefined),
      count: () => this.#counts[number]!,
    };
  }

  claim(_bytes: number, kind: 'grows' | 'frees'): { release(): void } {
    if (kind === 'grows') this.#reserve?.restore();
    return NOTHING_TO_RELEASE;
  }

  async commit(operations: readonly (() => void)[]): Promise<void> {
    try {
      await this.#writeWithReserve(operations);
    } catch (cause) {
      throw asStoreError(this.#path, cause);
    }
  }

  async close(): Promise<void> {
    try {
      await this.#writer.close();
      saveCounts(this.#database, this.#counts);
    } catch {
      // Everything acknowledged is on disk; without saved counts the next open counts all rows.
    } finally {
      closeData(this.#database);
      this.#reserve?.close();
    }
  }

  async #writeWithReserve(operations: readonly (() => void)[]): Promise<void> {
    try {
      await this.#write(operations);
    } catch (error) {
      if (!isOutOfRoom(error)) throw error;
      // Retries with the reserved room.
      this.#reserve?.release();
      await this.#writer.checkpoint().catch(() => {});
      await this.#write(operations);
    }
  }

  async #write(operations: readonly (() => void)[]): Promise<void> {
    this.#changes = new Changes();
    for (const operation of operations) operation();
    const bytes = this.#changes.toBytes();
    this.#changes = undefined;
    try {
      const growth = await this.#writer.write(bytes);
      for (const [number, count] of growth.entries()) this.#counts[number]! += count;
    } catch (error) {
      // If the thread ended without an answer, the change may or may not be on disk.
      if (!isSqliteError(error)) this.#counts = countKeys(this.#database);
      throw error;
    }
  }

  #change(table: number, key: Buffer, value: Buffer | undefined): void {
    if (this.#changes === undefined) throw new Error(`a change of ${TABLE_NAMES[table]} outside a commit`);
    this.#changes.add(table, key, value);
  }
}

interface OpenFile {
  readonly database: Database;
  /** See {@link takeCounts}. */
  readonly counts: number[];
}

/** Opens or creates the data file in `path`. */
function openFile(path: string, synced: boolean): OpenFile {
  const file = join(path, DATA_FILE);
  if (!existsSync(file)) {
    const made = join(path, NEW_FILE);
    createData(made);
    placeData(made, file);
  }
  const database = openData(file, synced);
  try {
    return { database, counts: takeCounts(database) };
  } catch (error) {
    database.close();
    throw error;
  }
}

/** Runs `action`; on a full disk, again with the reserved room. */
function withRoom<T>(reserve: Reserve | undefined, action: () => T): T {
  try {
    return action();
  } catch (error) {
    if (!isOutOfRoom(error) || reserve === undefined) throw error;
    reserve.release();
    return action();
  }
}

/** Opens or creates the store in the folder `path`; throws {@link StoreError} when it cannot be used. */
export function sqliteEngine(path: string, { synced = true }: SqliteOptions = {}): KeyValueEngine {
  try {
    examineStore(path, 'write');
    mkdirSync(path, { recursive: true, mode: 0o700 });
    // The data file is renamed into place only when it is complete, so the store it was converted from is no longer
    // needed.
    if (existsSync(join(path, DATA_FILE))) removeLmdb(path);
    return new SqliteEngine(path, synced);
  } catch (cause) {
    throw asStoreError(path, cause);
  }
}
