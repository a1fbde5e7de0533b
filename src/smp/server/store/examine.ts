/**
 * A look at the files of a store before LMDB opens them: LMDB maps them into memory, and ends the process when they are not
 * what it expects. The first two pages of the data file hold the same header, of which the newer counts (mdb.c, MDB_meta).
 */
import {
  accessSync,
  closeSync,
  constants,
  fstatSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  type Stats,
  statSync,
} from 'node:fs';
import { join } from 'node:path';
import { StoreError, StoreFileError, type StoreFileFault } from './errors.ts';
import type { FreePages } from './free-pages.ts';

/** LMDB's own names in a folder. */
export const DATA_FILE = 'data.mdb';
export const LOCK_FILE = 'lock.mdb';

/** Made by mkfs in the root of a file system. */
const NOT_OURS = ['lost+found'];

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
/** A root that is not there. */
const NO_PAGE = 0xffff_ffff_ffff_ffffn;

const { R_OK, W_OK, X_OK } = constants;

const codeOf = (error: unknown) => (error as { readonly code?: string | number }).code;

/** The user with this id, by name where the system tells. */
function userName(uid: number): string {
  try {
    const entry = readFileSync('/etc/passwd', 'utf8')
      .split('\n')
      .map((line) => line.split(':'))
      .find(([, , id]) => id === String(uid));
    return entry?.[0] ?? String(uid);
  } catch {
    return String(uid);
  }
}

function statOf(path: string): Stats | undefined {
  try {
    return statSync(path);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

function demandAccess(folder: string, path: string, mode: number, forbidden: StoreFileFault): void {
  try {
    accessSync(path, mode);
  } catch (cause) {
    const because = (fault: StoreFileFault, message: string) => new StoreFileError(fault, folder, message, { cause });
    if (codeOf(cause) === 'EROFS') throw because('read-only', `${path} is on a read-only file system`);
    const [owner, self] = [userName(statSync(path).uid), userName(process.geteuid?.() ?? 0)];
    const verb = (mode & W_OK) === 0 ? 'read' : 'write';
    const whose = owner === self ? 'its permissions do not let its owner' : `it belongs to user ${owner}, and user`;
    throw because(
      forbidden,
      `${path} cannot be opened to ${verb}: ${whose} ${self} ${owner === self ? '' : 'may not '}${verb} it. Nothing is damaged`,
    );
  }
}

interface Header {
  readonly pageSize: number;
  /** Of the two trees from which all others are reached. */
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

/** The list of free pages as the last change left it, in an open data file with whole headers; undefined when there is none. */
export function freePagesOf(file: number): FreePages | undefined {
  const first = readHeader(file, 0);
  const pageSize = first.readUInt32LE(PAGE_SIZE_AT);
  const second = readHeader(file, pageSize);
  const newer = first.readBigUInt64LE(TRANSACTION_AT) > second.readBigUInt64LE(TRANSACTION_AT) ? first : second;
  const root = newer.readBigUInt64LE(ROOTS_AT[0]);
  return root === NO_PAGE ? undefined : { file, pageSize, root, pages: newer.readBigUInt64LE(LAST_PAGE_AT) + 1n };
}

/** Names the last change to a store: it stays the same while nobody writes. */
export function lastChange(folder: string): string {
  const file = openSync(join(folder, DATA_FILE), 'r');
  try {
    const first = readHeader(file, 0);
    const second = readHeader(file, first.readUInt32LE(PAGE_SIZE_AT));
    return [first, second].map((header) => header.readBigUInt64LE(TRANSACTION_AT)).join();
  } finally {
    closeSync(file);
  }
}

function examine(folder: string, use: 'read' | 'write'): void {
  const fail = (fault: StoreFileFault, message: string) => new StoreFileError(fault, folder, message);
  const found = statOf(folder);
  if (found === undefined) {
    if (use === 'read') throw fail('absent', `there is no store in ${folder}`);
    return;
  }
  if (!found.isDirectory()) throw fail('misplaced', `${folder} is not a folder, but the store is kept in a folder`);
  demandAccess(folder, folder, use === 'write' ? R_OK | W_OK | X_OK : R_OK | X_OK, 'forbidden');
  const [path, lock] = [join(folder, DATA_FILE), join(folder, LOCK_FILE)];
  const data = statOf(path);
  if (data === undefined) {
    const others = readdirSync(folder).filter((name) => !NOT_OURS.includes(name));
    if (others.length > 0)
      throw fail(
        'incomplete',
        `${path} is missing, but its folder has other files (${others.slice(0, 3).join(', ')}). The data file was moved or deleted, or was never made`,
      );
    if (use === 'read') throw fail('absent', `there is no store in ${folder}`);
    return;
  }
  if (!data.isFile()) {
    const kind = data.isDirectory() ? 'a folder' : 'not a regular file';
    throw fail('misplaced', `${path} is ${kind}, but the data of the store is kept in a file of that name`);
  }
  demandAccess(folder, path, use === 'write' ? R_OK | W_OK : R_OK, 'forbidden');
  const locked = statOf(lock);
  if (locked !== undefined && !locked.isFile())
    throw fail('misplaced', `${lock} is not a regular file, but LMDB keeps its locks in a file of that name`);
  if (locked !== undefined && use === 'write') demandAccess(folder, lock, R_OK | W_OK, 'lock forbidden');
  examineData(folder, path);
}

/** Throws {@link StoreFileError} unless the store in `folder` can be opened, or (to write) may be made there. */
export function examineStore(folder: string, use: 'read' | 'write'): void {
  try {
    examine(folder, use);
  } catch (error) {
    throw asStoreError(folder, error);
  }
}

const byNumber: Readonly<Record<string, StoreFileFault>> = {
  '-30797': 'damaged', // MDB_PAGE_NOTFOUND
  '-30796': 'damaged', // MDB_CORRUPTED
  '-30795': 'damaged', // MDB_PANIC
  '-30794': 'newer', // MDB_VERSION_MISMATCH
  '-30793': 'foreign', // MDB_INVALID
  '-30779': 'damaged', // MDB_PROBLEM
  '1': 'forbidden', // EPERM
  '13': 'forbidden', // EACCES
  '28': 'disk full', // ENOSPC
  '122': 'disk full', // EDQUOT
  '30': 'read-only', // EROFS
  '5': 'disk failed', // EIO
  '12': 'no resources', // ENOMEM
  '23': 'no resources', // ENFILE
  '24': 'no resources', // EMFILE
  '19': 'unsupported', // ENODEV: no mmap
  '22': 'unsupported', // EINVAL
  '37': 'unsupported', // ENOLCK
  '38': 'unsupported', // ENOSYS
  '95': 'unsupported', // EOPNOTSUPP
};

const byName: Readonly<Record<string, StoreFileFault>> = {
  EPERM: 'forbidden',
  EACCES: 'forbidden',
  ENOSPC: 'disk full',
  EDQUOT: 'disk full',
  EROFS: 'read-only',
  EIO: 'disk failed',
  ENOMEM: 'no resources',
  ENFILE: 'no resources',
  EMFILE: 'no resources',
  ENOTDIR: 'misplaced',
  ELOOP: 'misplaced',
};

const meanings: Readonly<Partial<Record<StoreFileFault, string>>> = {
  forbidden: 'this user may not use its files. Nothing is damaged',
  'disk full': 'the disk is full. What is in the store is still there',
  'read-only': 'it is on a read-only file system',
  'disk failed': 'the disk failed to read or write it (EIO). The disk or its connection is broken',
  'no resources': 'the system gave this process no more memory, address space or open files. Nothing is damaged',
  unsupported:
    'its file system cannot map files into memory or lock them, as some network file systems. Nothing is damaged',
  misplaced: 'a part of its path is a file, or a link that leads in a circle',
  damaged: 'a page of it is damaged',
  foreign: 'it is not a store, or its header is damaged',
  newer: 'another version of the program wrote it',
};

/** What an error of LMDB or of the file system means for the store in `folder`; errors that are told already stay. */
export function asStoreError(folder: string, cause: unknown): StoreError {
  if (cause instanceof StoreError) return cause;
  const code = String(codeOf(cause) ?? '');
  const { message } = cause as Error;
  const fault = byNumber[code] ?? byName[code] ?? (/^MDB_/.test(message) ? 'damaged' : 'unknown');
  return new StoreFileError(fault, folder, `the store in ${folder} cannot be used: ${meanings[fault] ?? message}`, {
    cause,
  });
}
