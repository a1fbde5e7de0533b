/** What the embedded store keeps in memory of its tables: records in use, and changes on their way to the disk. */
import { expect, it } from 'vitest';
import { bytes } from '../../../src/encoding/index.ts';
import type { Batch } from '../../../src/smp/server/store/group-writer.ts';
import type { KeyValueTable } from '../../../src/smp/server/store/key-value.ts';
import { memoryEngine } from '../../../src/smp/server/store/memory-engine.ts';
import { PendingTable } from '../../../src/smp/server/store/pending-table.ts';

const key = (n: number) => Uint8Array.of(n);
const value = (n: number) => Uint8Array.of(n, n);

/** A table that counts what is read of the disk, and changes that reach the disk when the test says so. */
function tableKeeping(kept: number) {
  const disk = memoryEngine().table('links');
  let reads = 0;
  const counted: KeyValueTable = {
    get(name) {
      reads++;
      return disk.get(name);
    },
    put: (name, stored) => disk.put(name, stored),
    remove: (name) => disk.remove(name),
    keys: (start, limit) => disk.keys(start, limit),
    count: () => disk.count(),
  };
  const table = new PendingTable<Uint8Array>(counted, bytes, kept);
  let [changes, settled]: [(() => void)[], (() => void)[]] = [[], []];
  const batch = {
    add: (change: () => void) => changes.push(change),
    onSettled: (done: () => void) => settled.push(done),
  };
  return {
    table,
    batch: batch as unknown as Batch,
    reads: () => reads,
    sync() {
      for (const change of changes) change();
      for (const done of settled) done();
      [changes, settled] = [[], []];
    },
  };
}

it('records that were read are not read again, but the oldest when there are too many', () => {
  const { table, batch, reads, sync } = tableKeeping(2);
  for (const n of [1, 2, 3]) table.set(batch, key(n), value(n));
  sync();
  for (let i = 0; i < 3; i++) expect([table.get(key(1)), table.get(key(2))]).toEqual([value(1), value(2)]);
  expect(reads()).toBe(2);
  expect([table.has(key(1)), reads()]).toEqual([true, 2]);
  table.get(key(3));
  expect(reads()).toBe(3);
  table.get(key(2));
  expect(reads()).toBe(3);
  table.get(key(1));
  expect(reads()).toBe(4);
});

it('nothing is kept where that was not asked for', () => {
  const { table, batch, reads, sync } = tableKeeping(0);
  table.set(batch, key(1), value(1));
  sync();
  for (let i = 0; i < 3; i++) expect(table.get(key(1))).toEqual(value(1));
  expect(reads()).toBe(3);
});

it('changes are seen at once, before and after they are on disk', () => {
  const { table, batch, reads, sync } = tableKeeping(2);
  expect([table.get(key(1)), table.has(key(1))]).toEqual([undefined, false]);
  table.set(batch, key(1), value(1));
  const before = reads();
  expect([table.get(key(1)), table.has(key(1)), reads()]).toEqual([value(1), true, before]);
  expect(table.stored(key(1))).toBeUndefined();
  sync();
  expect([table.get(key(1)), table.stored(key(1))]).toEqual([value(1), value(1)]);
  table.set(batch, key(1), value(2));
  expect(table.get(key(1))).toEqual(value(2));
  sync();
  expect(table.get(key(1))).toEqual(value(2));
  table.set(batch, key(1), undefined);
  expect([table.get(key(1)), table.has(key(1))]).toEqual([undefined, false]);
  sync();
  expect([table.get(key(1)), table.has(key(1))]).toEqual([undefined, false]);
});

it('what is being removed is there until the removal is on disk', () => {
  const { table, batch, sync } = tableKeeping(0);
  table.set(batch, key(1), value(1));
  sync();
  table.remove(batch, key(1), value(9));
  expect(table.get(key(1))).toEqual(value(9));
  sync();
  expect(table.get(key(1))).toBeUndefined();
});
