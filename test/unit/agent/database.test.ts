import { describe, expect, it } from 'vitest';
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
});
