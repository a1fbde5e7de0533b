/** The list of free pages of real LMDB files: whole after every kind of change, and damage in each of its pages is found. */
import { randomBytes } from 'node:crypto';
import { closeSync, copyFileSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { open } from 'lmdb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePagesOf } from '../../../src/smp/server/store/lmdb/examine.ts';
import { damagedFreePage } from '../../../src/smp/server/store/lmdb/free-pages.ts';

const PAGE = 4_096;
const root = mkdtempSync(join(tmpdir(), 'free-pages-'));
const file = join(root, 'store', 'data.mdb');
/** What the walk said after each change. */
const walks: unknown[] = [];

function walk(path: string): unknown {
  const opened = openSync(path, 'r');
  try {
    const list = freePagesOf(opened);
    return list === undefined ? 'none' : (damagedFreePage(list) ?? 'whole');
  } finally {
    closeSync(opened);
  }
}

beforeAll(async () => {
  const store = open<Buffer, Buffer>({
    path: join(root, 'store'),
    noSubdir: false,
    keyEncoding: 'binary',
    encoding: 'binary',
    maxDbs: 16,
  });
  const table = (name: string) => store.openDB<Buffer, Buffer>({ name, keyEncoding: 'binary', encoding: 'binary' });
  const [queues, messages] = [table('queues'), table('messages')];
  const keys = Array.from({ length: 300 }, () => randomBytes(24));
  const body = Buffer.alloc(16_000, 7);
  const changes: (() => Promise<unknown>)[] = [
    () => Promise.all(keys.map((key) => queues.put(key, Buffer.alloc(300, 1)))),
    () => Promise.all(keys.map((key) => messages.put(key, body))),
    // A list that takes pages of its own.
    () => Promise.all(keys.map((key) => messages.remove(key))),
    // One at a time: an entry for each.
    async () => {
      for (const key of keys.slice(0, 150)) await queues.remove(key);
    },
    () => store.close(),
  ];
  for (const change of changes) {
    await change();
    walks.push(walk(file));
    copyFileSync(file, join(root, `${walks.length}.mdb`));
  }
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

function damaged(change: (at: (page: number) => number, write: (at: number, bytes: Buffer) => void) => void): unknown {
  const copy = join(root, 'copy.mdb');
  copyFileSync(file, copy);
  const opened = openSync(copy, 'r+');
  change(
    (page) => page * PAGE,
    (at, bytes) => void writeSync(opened, bytes, 0, bytes.length, at),
  );
  closeSync(opened);
  return walk(copy);
}

/** The pages of a file that the walk misses when they are overwritten. */
function pagesOfList(path: string): number[] {
  const opened = openSync(path, 'r+');
  const page = Buffer.alloc(PAGE);
  const found: number[] = [];
  for (let at = 2 * PAGE; readSync(opened, page, 0, PAGE, at) === PAGE; at += PAGE) {
    writeSync(opened, Buffer.alloc(PAGE, 0xff), 0, PAGE, at);
    const list = freePagesOf(opened);
    if (list !== undefined && damagedFreePage(list) !== undefined) found.push(at / PAGE);
    writeSync(opened, page, 0, PAGE, at);
  }
  closeSync(opened);
  return found;
}

describe('the list of free pages', () => {
  it('is whole whatever was stored and removed', () => {
    expect(walks).toHaveLength(5);
    for (const found of walks) expect(['whole', 'none']).toContain(found);
    expect(walks.at(-1)).toBe('whole');
  });

  it('is damaged when a page of it is overwritten, cut off, or another', () => {
    const opened = openSync(file, 'r');
    const { root: top } = freePagesOf(opened)!;
    closeSync(opened);
    const page = Number(top);
    const number = Buffer.alloc(8);
    number.writeBigUInt64LE(top + 1n);
    expect(damaged((at, write) => write(at(page), Buffer.alloc(PAGE, 0xff)))).toBe(top);
    expect(damaged((at, write) => write(at(page), Buffer.alloc(PAGE)))).toBe(top);
    // Says that it is another page; no kind of page; nodes beyond its end.
    expect(damaged((at, write) => write(at(page), number))).toBe(top);
    expect(damaged((at, write) => write(at(page) + 18, Buffer.from([0, 0])))).toBe(top);
    expect(damaged((at, write) => write(at(page) + 24, Buffer.from([0xff, 0xff])))).toBe(top);
  });

  it('is damaged when it names pages that cannot be free', () => {
    const opened = openSync(file, 'r');
    const { root: top, pages } = freePagesOf(opened)!;
    const leaf = Buffer.alloc(PAGE);
    readSync(opened, leaf, 0, PAGE, Number(top) * PAGE);
    closeSync(opened);
    // The last entry is one of single pages: behind its key are the count and the numbers.
    const nodes = leaf.readUInt16LE(20) / 2;
    const entries = Array.from({ length: nodes }, (_, i) => {
      const node = 24 + leaf.readUInt16LE(24 + 2 * i);
      return { node, at: node + 8 + leaf.readUInt16LE(node + 6), isHere: (leaf.readUInt16LE(node + 4) & 1) === 0 };
    }).filter(({ at, isHere }) => isHere && leaf.readBigInt64LE(at) >= 2n);
    const { node, at: count } = entries.at(-1)!;
    const bytes = (at: number, content: readonly number[]) =>
      damaged((page, write) => write(page(Number(top)) + at, Buffer.from(content)));
    // An entry that ends behind its page; half a node.
    expect(bytes(node, [0, 0x10, 0, 0])).toBe(top);
    const lower = leaf.readUInt16LE(20);
    expect(bytes(20, [lower - 1, lower >> 8])).toBe(top);
    const set = (at: number, value: bigint) => {
      const number = Buffer.alloc(8);
      number.writeBigInt64LE(value);
      return damaged((page, write) => write(page(Number(top)) + at, number));
    };
    expect(set(count, leaf.readBigInt64LE(count))).toBe('whole');
    expect(set(count, 1_000_000n)).toBe(top);
    expect(set(count, -1n)).toBe(top);
    for (const impossible of [1n, pages, -pages, -1_000_000n]) expect(set(count + 8, impossible)).toBe(top);
    // Used by the list itself.
    expect(set(count + 8, top)).toBe(top);
    // Listed twice.
    const last = count + 8 * Number(leaf.readBigInt64LE(count));
    if (leaf.readBigInt64LE(last - 8) > 0n) expect(set(last - 8, leaf.readBigInt64LE(last))).not.toBe('whole');
  });

  it('may lie on several pages, and damage in each of them is found', () => {
    // After all messages were removed at once: their pages are one entry, which is too large for a leaf.
    expect(pagesOfList(join(root, '3.mdb')).length).toBeGreaterThan(1);
  });
});
