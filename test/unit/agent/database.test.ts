import {
  closeSync,
  fstatSync,
  mkdtempSync,
  openSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Database as Sqlcipher } from '@signalapp/sqlcipher';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { openDatabase } from '../../../src/agent/index.ts';

const open = () => {
  const sql = openDatabase(':memory:', { kind: 'raw', key: new Uint8Array(32) }, []);
  sql.run('CREATE TABLE t (b BLOB NOT NULL) STRICT');
  return sql;
};
const count = (sql: ReturnType<typeof open>) => sql.get<{ n: number }>('SELECT count(*) AS n FROM t')!.n;

describe('database', () => {
  it('keeps empty blobs apart from NULL', () => {
    const sql = open();
    sql.run('INSERT INTO t VALUES (?)', new Uint8Array(0));
    expect(sql.get<{ b: Uint8Array }>('SELECT b FROM t')!.b).toHaveLength(0);
  });

  it('undoes a whole transaction, nested ones with it, and forgets what was to follow it', () => {
    const sql = open();
    const followed: string[] = [];
    const failing = () =>
      sql.transaction(() => {
        sql.run('INSERT INTO t VALUES (?)', Uint8Array.of(1));
        sql.afterCommit(() => followed.push('never'));
        sql.transaction(() => sql.run('INSERT INTO t VALUES (?)', Uint8Array.of(2)));
        throw new Error('no');
      });
    expect(failing).toThrow('no');
    expect(count(sql)).toBe(0);
    sql.transaction(() => {
      sql.run('INSERT INTO t VALUES (?)', Uint8Array.of(3));
      sql.afterCommit(() => followed.push(`after ${count(sql)}`));
      expect(followed).toEqual([]);
    });
    sql.afterCommit(() => followed.push('at once'));
    expect(followed).toEqual(['after 1', 'at once']);
  });

  it('runs each action after the commit on its own: one that throws stops neither the others nor who committed', () => {
    const errors: unknown[] = [];
    const sql = openDatabase(':memory:', { kind: 'raw', key: new Uint8Array(32) }, [], (error) => errors.push(error));
    sql.run('CREATE TABLE t (b BLOB NOT NULL) STRICT');
    const order: string[] = [];
    const done = sql.transaction(() => {
      sql.run('INSERT INTO t VALUES (?)', Uint8Array.of(1));
      sql.afterCommit(() => {
        order.push('first');
        // Commits something itself: what follows that comes after what was there before.
        sql.transaction(() => sql.afterCommit(() => order.push('third')));
        sql.afterCommit(() => order.push('fourth'));
      });
      sql.afterCommit(() => {
        throw new Error('a mistake');
      });
      sql.afterCommit(() => order.push('second'));
      return 'done';
    });
    expect(done).toBe('done');
    expect(count(sql)).toBe(1);
    expect(order).toEqual(['first', 'second', 'third', 'fourth']);
    expect(errors).toEqual([new Error('a mistake')]);
    sql.afterCommit(() => {
      throw new Error('another');
    });
    expect(errors).toHaveLength(2);
  });

  it.each([
    ['secure_delete', 'ON', 1],
    ['foreign_keys', 'ON', 1],
    ['synchronous', 'FULL', 2],
    ['journal_mode', 'WAL', 'wal'],
  ])('is opened with %s = %s, stated and in effect', (pragma, setting, effective) => {
    const folder = mkdtempSync(join(tmpdir(), 'database-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    // The library may be built with the same defaults, and another build may not be.
    const stated = vi.spyOn(Sqlcipher.prototype, 'pragma');
    onTestFinished(() => stated.mockRestore());
    const sql = openDatabase(join(folder, 'a.db'), { kind: 'raw', key: new Uint8Array(32) }, []);
    onTestFinished(() => sql.close());
    expect(stated.mock.calls.map(([statement]) => statement)).toContain(`${pragma} = ${setting}`);
    expect(sql.get(`PRAGMA ${pragma}`)).toEqual({ [pragma]: effective });
  });

  it('leaves nothing of a database that could not be made', () => {
    const folder = mkdtempSync(join(tmpdir(), 'database-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const path = join(folder, 'a.db');
    const broken = [{ name: 'x', statements: ['no SQL'] }];
    expect(() => openDatabase(path, { kind: 'raw', key: new Uint8Array(32) }, broken)).toThrow();
    expect(readdirSync(folder)).toEqual(['a.db-lock']);
    openDatabase(path, { kind: 'raw', key: new Uint8Array(32) }, []).close();
  });

  it('is written by one program, and can be read beside it', () => {
    const folder = mkdtempSync(join(tmpdir(), 'database-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const path = join(folder, 'a.db');
    const key = { kind: 'raw', key: new Uint8Array(32) } as const;
    const sql = openDatabase(path, key, []);
    sql.run('CREATE TABLE t (n INTEGER) STRICT');
    sql.run('INSERT INTO t VALUES (1)');
    expect(() => openDatabase(path, key, [])).toThrow(expect.objectContaining({ kind: 'database-locked' }));
    const reader = new Sqlcipher(path);
    reader.pragma(`key = "x'${'00'.repeat(32)}'"`);
    reader.exec('BEGIN');
    expect(reader.prepare('SELECT n FROM t').all()).toEqual([{ n: 1 }]);
    sql.run('INSERT INTO t VALUES (2)');
    expect(reader.prepare('SELECT n FROM t').all()).toEqual([{ n: 1 }]);
    reader.close();
    symlinkSync(path, join(folder, 'link.db'));
    expect(() => openDatabase(join(folder, 'link.db'), key, [])).toThrow(
      expect.objectContaining({ kind: 'database-locked' }),
    );
    rmSync(join(folder, 'link.db'));
    expect(readdirSync(folder).sort()).toEqual(['a.db', 'a.db-lock', 'a.db-shm', 'a.db-wal']);
    expect(statSync(`${path}-lock`).mode & 0o777).toBe(0o600);
    sql.close();
    const again = openDatabase(path, key, []);
    expect(again.all('SELECT n FROM t')).toHaveLength(2);
    again.close();
  });

  it.each([0xff, 0])('says that a page is damaged once the key has fitted, not that the key is wrong (%i)', (byte) => {
    const folder = mkdtempSync(join(tmpdir(), 'database-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const path = join(folder, 'a.db');
    const openIt = () => openDatabase(path, { kind: 'raw', key: new Uint8Array(32) }, []);
    const first = openIt();
    first.run('CREATE TABLE t (b BLOB NOT NULL) STRICT');
    for (let i = 0; i < 50; i++) first.run('INSERT INTO t VALUES (?)', new Uint8Array(3000));
    first.close();
    const sql = openIt();
    onTestFinished(() => sql.close());
    const file = openSync(path, 'r+');
    const pages = fstatSync(file).size / 4096;
    for (let page = 1; page < pages; page++) writeSync(file, Buffer.alloc(4096, byte), 0, 4096, page * 4096);
    closeSync(file);
    const read = () => sql.all('SELECT b FROM t');
    const damaged = expect.objectContaining({ code: 'database-damaged', values: { path } });
    expect(read).toThrow(damaged);
    expect(() => sql.transaction(() => sql.run('DELETE FROM t'))).toThrow(damaged);
  });

  it.each(['SQLITE_IOERR_LOCK', 'SQLITE_READONLY_DIRECTORY', 'SQLITE_READONLY', 'SQLITE_READONLY_CANTINIT'])(
    'says that it cannot be written to when SQLite says %s',
    (code) => {
      const pragma = vi.spyOn(Sqlcipher.prototype, 'pragma').mockImplementation(() => {
        throw Object.assign(new Error(`sqlite error(${code})`), { code });
      });
      onTestFinished(() => pragma.mockRestore());
      expect(open).toThrow(expect.objectContaining({ code: 'disk.not-writable' }));
    },
  );

  it('is not taken as new when its file is empty', () => {
    const folder = mkdtempSync(join(tmpdir(), 'database-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const path = join(folder, 'a.db');
    const key = { kind: 'raw', key: new Uint8Array(32) } as const;
    writeFileSync(path, '');
    expect(() => openDatabase(path, key, [])).toThrow(
      expect.objectContaining({ code: 'database-damaged.empty', values: { path } }),
    );
    rmSync(path);
    openDatabase(path, key, []).close();
  });
});
