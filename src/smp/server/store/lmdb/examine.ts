/**
 * Checks the files of an LMDB store, the format of earlier versions, before LMDB opens them: LMDB maps them into memory
 * and crashes the process when they are damaged. The first two pages of the data file are two copies of the header; the
 * newer one is valid (mdb.c, MDB_meta).
 */
import { closeSync, fstatSync, openSync, readSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { StoreFileError, type StoreFileFault } from '../errors.ts';
import { asStoreError } from '../faults.ts';
import { examineFile, examineFolder, examineSideFile } from '../folder.ts';
import type { FreePages } from './free-pages.ts';

/** LMDB's file names. */
export const LMDB_FILE = 'data.mdb';
export const LMDB_LOCK_FILE = 'lock.mdb';

const MAGIC = 0xbeefc0de;
const DATA_VERSION = 2;
/** Offsets in a header page. */
const MAGIC_AT = 24;
const VERSION_AT = 28;
const PAGE_SIZE_AT = 48;
const ROOTS_AT = [88, 136] as const;
const LAST_PAGE_AT = 144;
const TRANSACTION_AT = 152;
const HEADER_SIZE = 168;
const MIN_PAGE_SIZE = 512;
const MAX_PAGE_SIZE = 65_536;
/** Marks an absent root. */
const NO_PAGE = 0xffff_ffff_ffff_ffffn;

interface Header {
  readonly pageSize: number;
  /** The root pages of the two trees that lead to all others. */
  readonly roots: readonly bigint[];
}

function readHeader(file: number, at: number): Buffer {
  const header = Buffer.alloc(HEADER_SIZE);
  return header.subarray(0, readSync(file, header, 0, HEADER_SIZE, at));
}

function examineData(folder: string, path: string): void {
  const fail = (fault: StoreFileFault, message: string) => new StoreFileError(fault, folder, message);
  const parse = (header: Buffer): Header | undefined => {
    if (header.length < HEADER_SIZE || header.readUInt32LE(MAGIC_AT) !== MAGIC) return undefined;
    const version = header.readUInt32LE(VERSION_AT);
    if (version !== DATA_VERSION)
      throw fail(
        'newer',
        `${path} has format ${version} of LMDB, and this program reads format ${DATA_VERSION}. Another version of the program wrote it`,
      );
    const pageSize = header.readUInt32LE(PAGE_SIZE_AT);
    const known = pageSize >= MIN_PAGE_SIZE && pageSize <= MAX_PAGE_SIZE && (pageSize & (pageSize - 1)) === 0;
    if (!known) return undefined;
    return {
      pageSize,
      roots: ROOTS_AT.map((at) => header.readBigUInt64LE(at)),
    };
  };
  const file = openSync(path, 'r');
  try {
    const { size } = fstatSync(file);
    if (size === 0)
      throw fail(
        'empty',
        `${path} is empty: it has 0 bytes. A store is never empty, so its content is lost, or it was not made completely`,
      );
    const start = readHeader(file, 0);
    if (start.length < HEADER_SIZE) throw fail('truncated', `${path} is cut short: it has only ${size} bytes`);
    const first = parse(start);
    if (first === undefined) {
      const blank = start.every((byte) => byte === start[0]);
      if (blank) throw fail('damaged', `${path} is damaged: its first page was overwritten`);
      throw fail(
        'foreign',
        `${path} is not a store: it does not begin as one. It is another kind of file, or was overwritten`,
      );
    }
    const rest = readHeader(file, first.pageSize);
    if (rest.length < HEADER_SIZE) throw fail('truncated', `${path} is cut short: it has only ${size} bytes`);
    const second = parse(rest);
    if (second === undefined) throw fail('damaged', `${path} is damaged: its second page was overwritten`);
    const pages = BigInt(Math.floor(size / first.pageSize));
    if ([...first.roots, ...second.roots].some((root) => root !== NO_PAGE && root >= pages))
      throw fail('truncated', `${path} is cut short: it ends before pages that it refers to`);
  } finally {
    closeSync(file);
  }
}

/** Removes the LMDB files after their conversion. */
export function removeLmdb(folder: string): void {
  for (const name of [LMDB_FILE, LMDB_LOCK_FILE]) rmSync(join(folder, name), { force: true });
}

/** Whether the file at `path` has the LMDB header. */
export function isLmdbFile(path: string): boolean {
  const file = openSync(path, 'r');
  try {
    const header = readHeader(file, 0);
    return header.length === HEADER_SIZE && header.readUInt32LE(MAGIC_AT) === MAGIC;
  } finally {
    closeSync(file);
  }
}

/**
 * The list of free pages after the last change, in an open data file with valid headers; undefined when it is empty.
 */
export function freePagesOf(file: number): FreePages | undefined {
  const first = readHeader(file, 0);
  const pageSize = first.readUInt32LE(PAGE_SIZE_AT);
  const second = readHeader(file, pageSize);
  const newer = first.readBigUInt64LE(TRANSACTION_AT) > second.readBigUInt64LE(TRANSACTION_AT) ? first : second;
  const root = newer.readBigUInt64LE(ROOTS_AT[0]);
  return root === NO_PAGE ? undefined : { file, pageSize, root, pages: newer.readBigUInt64LE(LAST_PAGE_AT) + 1n };
}

/** Throws {@link StoreFileError} unless the LMDB store in `folder` can be read. */
export function examineLmdb(folder: string): void {
  try {
    examineFolder(folder, 'read');
    examineFile(folder, { name: LMDB_FILE }, 'read');
    examineSideFile(folder, LMDB_LOCK_FILE, 'read', 'lock forbidden');
    examineData(folder, join(folder, LMDB_FILE));
  } catch (error) {
    throw asStoreError(folder, error);
  }
}
