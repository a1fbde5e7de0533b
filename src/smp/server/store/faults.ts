/** Maps errors of SQLite, LMDB and the file system to faults of a store. */
import { StoreError, StoreFileError, type StoreFileFault } from './errors.ts';
import { codeOf } from './folder.ts';

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

/** SQLite result codes; extended codes begin with the primary code. The first match counts. */
const bySqlite: readonly (readonly [string, StoreFileFault])[] = [
  ['SQLITE_CORRUPT', 'damaged'],
  ['SQLITE_IOERR_SHORT_READ', 'damaged'],
  ['SQLITE_IOERR_CORRUPTFS', 'damaged'],
  ['SQLITE_NOTADB', 'foreign'],
  ['SQLITE_FULL', 'disk full'],
  ['SQLITE_IOERR_SHMSIZE', 'disk full'],
  ['SQLITE_IOERR_LOCK', 'unsupported'],
  ['SQLITE_IOERR_RDLOCK', 'unsupported'],
  ['SQLITE_IOERR_SHM', 'unsupported'],
  ['SQLITE_PROTOCOL', 'unsupported'],
  ['SQLITE_IOERR_NOMEM', 'no resources'],
  ['SQLITE_NOMEM', 'no resources'],
  ['SQLITE_IOERR', 'disk failed'],
  ['SQLITE_READONLY', 'read-only'],
  ['SQLITE_PERM', 'forbidden'],
  ['SQLITE_CANTOPEN', 'forbidden'],
  ['SQLITE_BUSY', 'busy'],
];

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
  busy: 'another program is using it',
};

const sqliteFault = (code: string) => bySqlite.find(([begin]) => code.startsWith(begin))?.[1];

/** Whether SQLite reported the error: then nothing was changed. */
export const isSqliteError = (error: unknown): boolean => String(codeOf(error)).startsWith('SQLITE_');

/** SQLite result codes of writes without room: exceeding a quota or a file size limit is reported as a failed write. */
const OUT_OF_ROOM = ['SQLITE_FULL', 'SQLITE_IOERR_WRITE', 'SQLITE_IOERR_FSYNC', 'SQLITE_IOERR_SHMSIZE'];

/** Whether the change may succeed once there is more room. */
export const isOutOfRoom = (error: unknown): boolean => OUT_OF_ROOM.includes(String(codeOf(error)));

/**
 * Wraps an error of SQLite, LMDB or the file system for the store in `folder`; a {@link StoreError} is returned
 * unchanged.
 */
export function asStoreError(folder: string, cause: unknown): StoreError {
  if (cause instanceof StoreError) return cause;
  const code = String(codeOf(cause) ?? '');
  const { message } = cause as Error;
  const fault = byNumber[code] ?? byName[code] ?? sqliteFault(code) ?? (/^MDB_/.test(message) ? 'damaged' : 'unknown');
  return new StoreFileError(fault, folder, `the store in ${folder} cannot be used: ${meanings[fault] ?? message}`, {
    cause,
  });
}
