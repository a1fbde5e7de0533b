import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { Database } from '@signalapp/sqlcipher';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sqliteEngine, storeView } from '../../../src/smp/server/store/index.ts';
import { Changes, readChanges } from '../../../src/smp/server/store/sqlite/changes.ts';
import { closeData, createData, LOG_SIZE, openData } from '../../../src/smp/server/store/sqlite/file.ts';
import { Reserve } from '../../../src/smp/server/store/sqlite/reserve.ts';

const bytes = (text: string) => Buffer.from(text);

describe('the embedded engine', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'sotto-engine-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('gives values of their own length, whatever was read before', async () => {
    const engine = sqliteEngine(folder);
    const table = engine.table('messages');
    const sizes = [16_000, 1, 3_000, 300_000, 0, 24];
    const value = (size: number) => Buffer.alloc(size, size % 251);
    await engine.commit(sizes.map((size) => () => table.put(bytes(`${size}`), value(size))));
    for (const size of [...sizes, ...sizes.reverse()]) {
      const read = table.get(bytes(`${size}`));
      expect(read?.length).toBe(size);
      expect(Buffer.compare(read!, value(size))).toBe(0);
    }
    expect(table.get(bytes('none'))).toBeUndefined();
    await engine.close();
  });

  it('counts keys, not changes, also after it is opened again', async () => {
    let engine = sqliteEngine(folder);
    let table = engine.table('queues');
    const put = (key: string, value: string) => () => table.put(bytes(key), bytes(value));
    await engine.commit([put('a', '1'), put('b', '1'), put('a', '2'), () => table.remove(bytes('none'))]);
    expect(table.count()).toBe(2);
    expect(Buffer.from(table.get(bytes('a'))!).toString()).toBe('2');
    await engine.commit([put('b', '3'), put('c', '1'), () => table.remove(bytes('a'))]);
    expect(table.count()).toBe(2);
    await engine.close();
    engine = sqliteEngine(folder);
    table = engine.table('queues');
    expect(table.count()).toBe(2);
    expect(table.keys(undefined, 10).map((key) => Buffer.from(key).toString())).toEqual(['b', 'c']);
    expect(table.keys(bytes('b\0'), 10)).toHaveLength(1);
    // Not closed, as after a kill: nothing is remembered of what was counted before.
    await engine.commit([put('d', '1')]);
    cpSync(folder, join(folder, '..', `${basename(folder)}-copy`), { recursive: true });
    const copy = sqliteEngine(join(folder, '..', `${basename(folder)}-copy`));
    expect(copy.table('queues').count()).toBe(3);
    await copy.close();
    rmSync(join(folder, '..', `${basename(folder)}-copy`), { recursive: true });
    expect(table.keys(undefined, 1)).toHaveLength(1);
    await engine.close();
  });

  it('makes all changes of a commit or none', async () => {
    const engine = sqliteEngine(folder);
    const table = engine.table('queues');
    await expect(
      engine.commit([
        () => table.put(bytes('a'), bytes('1')),
        () => {
          throw new Error('not this one');
        },
        () => table.put(bytes('b'), bytes('1')),
      ]),
    ).rejects.toThrow('not this one');
    expect(table.get(bytes('a'))).toBeUndefined();
    expect(table.count()).toBe(0);
    await engine.commit([() => table.put(bytes('a'), bytes('1'))]);
    expect(table.count()).toBe(1);
    await engine.close();
  });

  it('keeps its room when something else than the disk fails', async () => {
    const engine = sqliteEngine(folder);
    const links = engine.table('links');
    const other = new Database(join(folder, 'store.db'));
    other.exec('DROP TABLE links');
    other.close();
    await expect(engine.commit([() => links.put(bytes('a'), bytes('1'))])).rejects.toThrow(/no such table/);
    expect(statSync(join(folder, 'reserve')).size).toBe(LOG_SIZE);
    const table = engine.table('queues');
    await engine.commit([() => table.put(bytes('a'), bytes('1'))]);
    expect(table.count()).toBe(1);
    await engine.close();
  });

  it('leaves one file for its user alone, and the room it keeps', async () => {
    const engine = sqliteEngine(join(folder, 'store'));
    await engine.commit([() => engine.table('queues').put(bytes('a'), bytes('1'))]);
    await engine.close();
    expect(readdirSync(join(folder, 'store')).sort()).toEqual(['reserve', 'store.db']);
    for (const name of ['reserve', 'store.db']) expect(statSync(join(folder, 'store', name)).mode & 0o777).toBe(0o600);
  });

  it('has what is committed on disk, but for a store that counts only when it is whole', () => {
    createData(join(folder, 'store.db'));
    for (const [isSynced, level] of [
      [true, 2],
      [false, 0],
    ] as const) {
      const database = openData(join(folder, 'store.db'), isSynced);
      expect(database.pragma('synchronous', { simple: true })).toBe(level);
      expect(database.pragma('journal_mode', { simple: true })).toBe('wal');
      closeData(database);
    }
  });

  it('shows a view one moment, whatever is written later', async () => {
    const engine = sqliteEngine(folder);
    const table = engine.table('queues');
    await engine.commit([() => table.put(bytes('key'), bytes('value'))]);
    const view = storeView(folder);
    await engine.commit([() => table.put(bytes('key'), bytes('other')), () => table.put(bytes('more'), bytes('1'))]);
    expect(Buffer.from(view.table('queues').get(bytes('key'))!).toString()).toBe('value');
    expect(view.table('queues').keys(undefined, 10)).toHaveLength(1);
    await view.close();
    await engine.close();
  });

  it('opens no store where there is none to read, or where another program has it', async () => {
    expect(() => storeView(join(folder, 'nothing'))).toThrow(`there is no store in ${join(folder, 'nothing')}`);
    expect(() => storeView(folder)).toThrow(`there is no store in ${folder}`);
    await sqliteEngine(folder).close();
    await storeView(folder).close();
    mkdirSync(join(folder, 'store.db-wal'));
    for (const open of [sqliteEngine, storeView]) {
      expect(() => open(folder)).toThrow(expect.objectContaining({ name: 'StoreFileError', fault: 'misplaced' }));
    }
  });

  it('takes no database of another program for a store', async () => {
    const other = new Database(join(folder, 'store.db'));
    other.exec('CREATE TABLE queues (k, v)');
    other.close();
    expect(() => sqliteEngine(folder)).toThrow(expect.objectContaining({ fault: 'foreign' }));
  });

  it('reports damage that it meets while it reads', async () => {
    const engine = sqliteEngine(folder);
    const table = engine.table('messages');
    const keys = Array.from({ length: 200 }, (_, i) => bytes(`${i}`.padStart(24, '0')));
    await engine.commit(keys.map((key) => () => table.put(key, Buffer.alloc(16_000, 7))));
    await engine.close();
    const file = join(folder, 'store.db');
    const content = readFileSync(file);
    // Pages of large values, which counting keys does not touch.
    for (let at = 0; at < content.length; at += 4_096)
      if (content.subarray(at + 4, at + 4_096).every((byte) => byte === 7)) content.fill(0xff, at, at + 4_096);
    writeFileSync(file, content);
    const again = sqliteEngine(folder);
    const read = () => keys.map((key) => again.table('messages').get(key));
    expect(read).toThrow(expect.objectContaining({ name: 'StoreFileError', fault: 'damaged' }));
    await again.close();
    const view = storeView(folder);
    await expect(view.readAll()).rejects.toMatchObject({ fault: 'damaged' });
    await view.close();
  });
});

describe('changes on their way to the writer', () => {
  it('come out as they went in', () => {
    const changes = new Changes();
    const all = [
      [0, bytes('key'), bytes('value')],
      [9, Buffer.alloc(0), Buffer.alloc(70_000, 3)],
      [5, Buffer.alloc(300, 1), undefined],
      [1, bytes('k'), Buffer.alloc(0)],
    ] as const;
    for (const [table, key, value] of all) changes.add(table, key, value);
    const read = [...readChanges(changes.toBytes())];
    expect(read.map(({ table, key, value }) => [table, Buffer.from(key), value && Buffer.from(value)])).toEqual(all);
  });
});

describe('room that is kept', () => {
  it('is taken again after it was given up', () => {
    const folder = mkdtempSync(join(tmpdir(), 'sotto-reserve-'));
    const path = join(folder, 'reserve');
    let reserve = new Reserve(path, 3_000_000);
    expect(reserve.isWhole).toBe(true);
    expect(statSync(path).size).toBe(3_000_000);
    reserve.release();
    expect(reserve.isWhole).toBe(false);
    expect(statSync(path).size).toBe(0);
    reserve.restore();
    expect(statSync(path).size).toBe(3_000_000);
    reserve.close();
    reserve = new Reserve(path, 1_000);
    expect(statSync(path).size).toBe(1_000);
    reserve.close();
    rmSync(folder, { recursive: true });
  });
});
