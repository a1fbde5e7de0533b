/**
 * The encrypted database on the device: one SQLCipher 4 file shared by agent and chat. One program at a time writes it,
 * holding a lock file beside it; others may read it meanwhile (backups). Commits are synced to disk, because servers
 * delete what was acknowledged.
 */
import { closeSync, existsSync, openSync, realpathSync, rmSync, statSync } from 'node:fs';
import { Database as Sqlcipher, setLogger } from '@signalapp/sqlcipher';
import { AgentError } from '../errors.ts';
import { type Migration, migrate } from './migrations.ts';
import type { Sql, SqlValue } from './sql.ts';

/** A passphrase (through PBKDF2, about 100 ms by design) or a random 32-byte key. */
export type DatabaseKey =
  | { readonly kind: 'passphrase'; readonly passphrase: string }
  | { readonly kind: 'raw'; readonly key: Uint8Array };

type Params = Parameters<ReturnType<Sqlcipher['prepare']>['run']>[0];

export interface Database extends Sql {
  close(): void;
}

/** How to begin, commit and roll back. */
const OUTERMOST = ['BEGIN IMMEDIATE', 'COMMIT', 'ROLLBACK'] as const;
const NESTED = ['SAVEPOINT nested', 'RELEASE nested', 'ROLLBACK TO nested; RELEASE nested'] as const;

/** An empty view of non-empty memory: the binding stores views of empty memory as NULL. */
const EMPTY_BLOB = new Uint8Array(1).subarray(0, 0);

function keyPragma(key: DatabaseKey): string {
  if (key.kind === 'raw') return `key = "x'${Buffer.from(key.key).toString('hex')}'"`;
  return `key = '${key.passphrase.replaceAll("'", "''")}'`;
}

/** Whether the database itself failed: nothing was stored, and a retry may succeed. */
export function isDatabaseError(error: unknown): boolean {
  if (error instanceof AgentError) return error.kind === 'disk' || error.kind.startsWith('database-');
  const { code } = (error ?? {}) as { readonly code?: unknown };
  return typeof code === 'string' && code.startsWith('SQLITE_');
}

/** `keyFits`: this key has decrypted the database before, so a page that cannot be decrypted is damaged. */
function explain(cause: unknown, path: string, keyFits: boolean): unknown {
  if (cause instanceof AgentError) return cause;
  const code = (cause as { code?: unknown }).code;
  switch (typeof code === 'string' ? code : '') {
    case 'SQLITE_BUSY':
      return new AgentError('database-locked', { path }, { cause });
    case 'SQLITE_NOTADB':
      if (!keyFits) {
        return new AgentError('passphrase', { path }, { cause });
      }
      return damaged(path, cause);
    case 'SQLITE_CORRUPT':
    case 'SQLITE_CORRUPT_INDEX':
    case 'SQLITE_CORRUPT_SEQUENCE':
    case 'SQLITE_CORRUPT_VTAB':
    case 'SQLITE_IOERR_SHORT_READ':
      return damaged(path, cause);
    case 'SQLITE_FULL':
    // The same error from systems and quotas with other codes.
    case 'SQLITE_IOERR_WRITE':
    case 'SQLITE_IOERR_FSYNC':
    case 'SQLITE_IOERR_TRUNCATE':
    case 'SQLITE_IOERR_SHMSIZE':
      return new AgentError('disk.full', {}, { cause, retryable: true });
    case 'SQLITE_CANTOPEN':
    case 'SQLITE_READONLY':
    case 'SQLITE_READONLY_DIRECTORY':
    case 'SQLITE_READONLY_CANTINIT':
    case 'SQLITE_READONLY_CANTLOCK':
    case 'SQLITE_READONLY_DBMOVED':
    case 'SQLITE_READONLY_ROLLBACK':
    case 'SQLITE_READONLY_RECOVERY':
    case 'SQLITE_IOERR_LOCK':
    case 'SQLITE_PERM':
      return new AgentError('disk.not-writable', { path }, { cause });
    default:
      return cause;
  }
}

const damaged = (path: string, cause: unknown) => new AgentError('database-damaged', { path }, { cause });

/** Turns the error of an after-commit action without a handler into an unhandled rejection. */
const rejectLater = (error: unknown): void => void Promise.reject(error);

/**
 * Opens or creates the database and runs its migrations. Throws {@link AgentError}.
 * `onActionError` gets the errors of after-commit actions.
 */
export function openDatabase(
  path: string,
  key: DatabaseKey,
  migrations: readonly Migration[],
  onActionError: (error: unknown) => void = rejectLater,
): Database {
  // SQLCipher would print a wrong key to standard error; the exception is clearer.
  setLogger(() => {});
  const isFile = path !== ':memory:';
  let db: Sqlcipher | undefined;
  let lock: Sqlcipher | undefined;
  let keyFits = false;
  let isMade = false;
  try {
    // Created before SQLite opens it, because SQLite's own files take its mode.
    if (isFile) {
      // The lock is beside the file itself, whatever links lead to it.
      lock = holdLock(`${existsSync(path) ? realpathSync(path) : path}-lock`);
      isMade = !existsSync(path);
      if (isMade) createPrivate(path);
      else refuseEmpty(path);
    }
    db = open(path);
    db.pragma('cipher_log_level = NONE');
    db.pragma(keyPragma(key));
    // The first statement that reads: it fails if the key is wrong.
    db.prepare('SELECT count(*) FROM sqlite_master').get();
    keyFits = true;
    db.pragma('journal_mode = WAL');
    db.pragma('synchronous = FULL');
    db.pragma('foreign_keys = ON');
    db.pragma('secure_delete = ON');
    const database = wrap(db, lock, path, onActionError);
    migrate(database, migrations);
    return database;
  } catch (cause) {
    db?.close();
    // What this call has begun is no database that a later one could find damaged. The lock is still held.
    if (isMade) for (const end of ['', '-wal', '-shm']) rmSync(`${path}${end}`, { force: true });
    lock?.close();
    throw explain(cause, path, keyFits);
  }
}

/** An existing empty file, as after a failed copy, is not a new database. */
function refuseEmpty(path: string): void {
  const isEmpty = (file: string) => (statSync(file, { throwIfNoEntry: false })?.size ?? 0) === 0;
  // The content may still be in the side files only.
  if (![path, `${path}-wal`, `${path}-journal`].every(isEmpty)) return;
  throw new AgentError('database-damaged.empty', { path });
}

/** SQLite treats an empty file as a new database. */
function createPrivate(path: string): void {
  try {
    closeSync(openSync(path, 'ax', 0o600));
  } catch (cause) {
    const { code } = cause as { readonly code?: unknown };
    if (code === 'ENOSPC' || code === 'EDQUOT')
      throw Object.assign(new Error('disk full', { cause }), { code: 'SQLITE_FULL' });
    throw cannotOpen(cause);
  }
}

const cannotOpen = (cause: unknown) => Object.assign(new Error('cannot open', { cause }), { code: 'SQLITE_CANTOPEN' });

/** The binding gives no code when the file itself cannot be opened. */
function open(path: string): Sqlcipher {
  try {
    return new Sqlcipher(path, { cacheStatements: true });
  } catch (cause) {
    throw cannotOpen(cause);
  }
}

/**
 * Holds the lock of a database until closed: an empty SQLite file in an exclusive transaction. The system releases it
 * when the process ends in any way; the file itself stays.
 */
function holdLock(path: string): Sqlcipher {
  if (!existsSync(path)) createPrivate(path);
  const lock = open(path);
  try {
    // Without a journal file beside it.
    lock.pragma('journal_mode = MEMORY');
    lock.exec('BEGIN EXCLUSIVE');
    return lock;
  } catch (cause) {
    lock.close();
    throw cause;
  }
}

function wrap(
  db: Sqlcipher,
  lock: Sqlcipher | undefined,
  path: string,
  onActionError: (error: unknown) => void,
): Database {
  let depth = 0;
  /** Actions of the open transaction. */
  const committed: (() => void)[] = [];
  /** Actions of committed transactions; `running` while they run. */
  const due: (() => void)[] = [];
  let running = false;
  const runDue = () => {
    // An action that commits something appends its actions to those already due.
    if (running) return;
    running = true;
    try {
      for (let action = due.shift(); action !== undefined; action = due.shift()) {
        try {
          action();
        } catch (error) {
          onActionError(error);
        }
      }
    } finally {
      running = false;
    }
  };
  const guarded = <T>(action: () => T): T => {
    try {
      return action();
    } catch (cause) {
      throw explain(cause, path, true);
    }
  };
  // The binding's types require plain ArrayBuffer views; ours never use shared memory.
  const bind = (params: readonly SqlValue[]) =>
    params.map((value) =>
      value instanceof Uint8Array && value.length === 0 ? EMPTY_BLOB : value,
    ) as unknown as Params;
  return {
    run: (sql, ...params) =>
      guarded(() => {
        const { changes, lastInsertRowid } = db.prepare(sql).run(bind(params));
        return { changes, lastId: lastInsertRowid };
      }),
    get: <T extends object>(sql: string, ...params: readonly SqlValue[]) =>
      guarded(() => db.prepare(sql).get(bind(params)) as T | undefined),
    all: <T extends object>(sql: string, ...params: readonly SqlValue[]) =>
      guarded(() => db.prepare(sql).all(bind(params)) as unknown as readonly T[]),
    transaction<T>(section: () => T): T {
      const [begin, commit, undo] = depth === 0 ? OUTERMOST : NESTED;
      const before = committed.length;
      guarded(() => db.exec(begin));
      depth++;
      let result: T;
      try {
        result = section();
        guarded(() => db.exec(commit));
      } catch (cause) {
        committed.length = before;
        rollback(db, undo);
        throw cause;
      } finally {
        depth--;
      }
      if (depth === 0) {
        due.push(...committed.splice(0));
        runDue();
      }
      return result;
    },
    afterCommit(action) {
      if (depth > 0) {
        committed.push(action);
        return;
      }
      due.push(action);
      runDue();
    },
    close: () => {
      db.close();
      lock?.close();
    },
  };
}

/** After some errors (a full disk) SQLite has already rolled back and reports that there is nothing to roll back. */
function rollback(db: Sqlcipher, undo: string): void {
  try {
    db.exec(undo);
  } catch {
    // No transaction was open.
  }
}
