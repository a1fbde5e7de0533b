import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LOCK_FILE, lmdbEngine, storeView } from '../../../src/smp/server/store/index.ts';

describe('the embedded engine', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'sotto-engine-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('gives values of their own length, whatever was read before', async () => {
    const engine = lmdbEngine(folder);
    const table = engine.table('values');
    const sizes = [16_000, 1, 3_000, 300_000, 0, 24];
    const value = (size: number) => Buffer.alloc(size, size % 251);
    await engine.commit(sizes.map((size) => () => table.put(Buffer.from(`${size}`), value(size))));
    for (const size of [...sizes, ...sizes.reverse()]) {
      const read = table.get(Buffer.from(`${size}`));
      expect(read?.length).toBe(size);
      expect(Buffer.compare(read!, value(size))).toBe(0);
    }
    expect(table.get(Buffer.from('none'))).toBeUndefined();
    await engine.close();
  });

  it('lets a view know that something was written since', async () => {
    const engine = lmdbEngine(folder);
    const table = engine.table('values');
    await engine.commit([() => table.put(Buffer.from('key'), Buffer.from('value'))]);
    const view = storeView(folder);
    expect(view.isOld()).toBe(false);
    await engine.commit([() => table.put(Buffer.from('key'), Buffer.from('other'))]);
    expect(view.isOld()).toBe(true);
    await view.close();
    await engine.close();
  });

  it('opens no store where there is none to read, or where its lock is no file', async () => {
    expect(() => storeView(join(folder, 'nothing'))).toThrow(`there is no store in ${join(folder, 'nothing')}`);
    expect(() => storeView(folder)).toThrow(`there is no store in ${folder}`);
    await lmdbEngine(folder).close();
    await storeView(folder).close();
    rmSync(join(folder, LOCK_FILE));
    mkdirSync(join(folder, LOCK_FILE));
    for (const open of [lmdbEngine, storeView]) {
      expect(() => open(folder)).toThrow(expect.objectContaining({ name: 'StoreFileError', fault: 'misplaced' }));
    }
  });
});
