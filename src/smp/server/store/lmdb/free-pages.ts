/**
 * Validates LMDB's list of free pages without LMDB. Only writers use the list, so reading all records does not detect
 * damage in it, and LMDB would crash the process at the first write. It is a tree of pages like the tables (mdb.c:
 * MDB_page_header, MDB_node, FREE_DBI).
 */
import { readSync } from 'node:fs';

/** Offsets in a page; the page header has 24 bytes. */
const PAGE_FLAGS_AT = 18;
const LOWER_AT = 20;
const UPPER_AT = 22;
const PAGE_COUNT_AT = 20;
const PAGE_HEADER = 24;
const NODE_HEADER = 8;
const NUMBER = 8;

/** Page types, and the flag of values on overflow pages. */
const BRANCH = 1;
const LEAF = 2;
const OVERFLOW = 4;
const BIG_DATA = 1;

/** LMDB's limit (CURSOR_STACK). */
const MAX_DEPTH = 32;

export interface FreePages {
  /** The open data file. */
  readonly file: number;
  readonly pageSize: number;
  readonly root: bigint;
  /** Number of pages in use; all free pages have lower numbers. */
  readonly pages: bigint;
}

/** The number of the first damaged page of the list; undefined when the list is valid. */
export function damagedFreePage(list: FreePages): bigint | undefined {
  const seen = new Set<bigint>();
  const free: FreeRange[] = [];
  const waiting = [{ number: list.root, depth: 1 }];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { number, depth } = next;
    const page = seen.has(number) || depth > MAX_DEPTH ? undefined : readPage(list, number, 1);
    seen.add(number);
    const children = page && childrenOf(list, page, free);
    if (children === undefined) return number;
    for (const child of children) waiting.push({ number: child, depth: depth + 1 });
  }
  // No page is listed twice, and no page of the list itself is free.
  for (const used of seen) free.push({ from: Number(used), to: Number(used) + 1 });
  free.sort((a, b) => a.from - b.from);
  for (const [i, { to }] of free.entries()) {
    const next = free[i + 1];
    if (next !== undefined && next.from < to) return BigInt(next.from);
  }
  return undefined;
}

/** A range of free pages; `to` is exclusive. */
interface FreeRange {
  readonly from: number;
  readonly to: number;
}

/**
 * Reads `count` pages from `number` on; undefined when they are outside the file or the first has another page number.
 */
function readPage({ file, pageSize, pages }: FreePages, number: bigint, count: number): Buffer | undefined {
  if (number < 2n || number + BigInt(count) > pages) return undefined;
  const page = Buffer.alloc(pageSize * count);
  if (readSync(file, page, 0, page.length, Number(number) * pageSize) < page.length) return undefined;
  return page.readBigUInt64LE(0) === number ? page : undefined;
}

/** The child pages of a page, none for a leaf; undefined when the page is damaged. */
function childrenOf(list: FreePages, page: Buffer, free: FreeRange[]): readonly bigint[] | undefined {
  const flags = page.readUInt16LE(PAGE_FLAGS_AT) & (BRANCH | LEAF | OVERFLOW);
  const nodes = nodesOf(list, page);
  if (nodes === undefined) return undefined;
  if (flags === BRANCH) return nodes.map((at) => BigInt(page.readUIntLE(at, 6)));
  if (flags !== LEAF) return undefined;
  for (const at of nodes) {
    const ranges = rangesOf(list, page, at);
    if (ranges === undefined) return undefined;
    free.push(...ranges);
  }
  return [];
}

/** The offsets of the nodes of a page; undefined when they are invalid. */
function nodesOf({ pageSize }: FreePages, page: Buffer): readonly number[] | undefined {
  // Relative to the end of the header.
  const [lower, upper] = [page.readUInt16LE(LOWER_AT), page.readUInt16LE(UPPER_AT)];
  const room = pageSize - PAGE_HEADER;
  if (lower === 0 || lower % 2 !== 0 || lower > upper || upper > room) return undefined;
  const nodes = Array.from({ length: lower / 2 }, (_, i) => PAGE_HEADER + page.readUInt16LE(PAGE_HEADER + 2 * i));
  const fit = nodes.every((at) => {
    if (at < PAGE_HEADER + upper || at + NODE_HEADER > pageSize) return false;
    return at + NODE_HEADER + page.readUInt16LE(at + 6) <= pageSize;
  });
  return fit ? nodes : undefined;
}

/** The free pages of an entry, a count followed by page numbers; undefined when it is damaged. */
function rangesOf(list: FreePages, page: Buffer, at: number): readonly FreeRange[] | undefined {
  const size = page.readUInt32LE(at);
  const start = at + NODE_HEADER + page.readUInt16LE(at + 6);
  if (size % NUMBER !== 0 || size < NUMBER) return undefined;
  const numbers = (page.readUInt16LE(at + 4) & BIG_DATA) === 0 ? page : overflowOf(list, page, start, size);
  if (numbers === undefined) return undefined;
  const first = numbers === page ? start : PAGE_HEADER;
  if (first + size > numbers.length) return undefined;
  const count = numbers.readBigInt64LE(first);
  if (count < 0n || count > BigInt(size / NUMBER - 1)) return undefined;
  const ranges: FreeRange[] = [];
  const end = first + (Number(count) + 1) * NUMBER;
  for (let place = first + NUMBER; place < end; place += NUMBER) {
    let number = numbers.readBigInt64LE(place);
    let length = 1n;
    if (number === 0n) continue;
    if (number < 0n) {
      // A negative number: the length of the run of pages that begins with the next number.
      length = -number;
      place += NUMBER;
      if (place >= end) return undefined;
      number = numbers.readBigInt64LE(place);
    }
    if (number < 2n || number + length > list.pages) return undefined;
    ranges.push({ from: Number(number), to: Number(number + length) });
  }
  return ranges;
}

/** The overflow pages of a value of `size` bytes that does not fit in its leaf. */
function overflowOf(list: FreePages, page: Buffer, at: number, size: number): Buffer | undefined {
  if (at + NUMBER > page.length) return undefined;
  const first = page.readBigUInt64LE(at);
  const head = readPage(list, first, 1);
  if (head === undefined || (head.readUInt16LE(PAGE_FLAGS_AT) & OVERFLOW) === 0) return undefined;
  const count = head.readUInt32LE(PAGE_COUNT_AT);
  if (count * list.pageSize < PAGE_HEADER + size) return undefined;
  return readPage(list, first, count);
}
