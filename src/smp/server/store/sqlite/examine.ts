/**
 * Checks the files of a store before SQLite opens them, for faults that SQLite reports unclearly or not at all: it
 * takes an empty file for a new database. Offsets are in the 100-byte database header
 * (https://sqlite.org/fileformat2.html).
 */
import { closeSync, existsSync, fstatSync, openSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { StoreFileError, type StoreFileFault } from '../errors.ts';
import { asStoreError } from '../faults.ts';
import { examineFile, examineFolder, examineSideFile } from '../folder.ts';
import { LMDB_FILE } from '../lmdb/examine.ts';
import { APPLICATION_ID, DATA_FILE, NEW_FILE, RESERVE_FILE, SIDE_FILES, STORE_FORMAT } from './file.ts';

const HEADER_SIZE = 100;
const MAGIC = Buffer.from('SQLite format 3\0', 'latin1');
const PAGE_SIZE_AT = 16;
const CHANGES_AT = 24;
const PAGES_AT = 28;
const FORMAT_AT = 60;
const APPLICATION_AT = 68;
/** The change counter for which the page count is valid. */
const VALID_FOR_AT = 92;

/** Stored as 1, because 65,536 does not fit in two bytes. */
const MAX_PAGE_SIZE = 65_536;

function readHeader(path: string): { readonly header: Buffer; readonly size: number } {
  const file = openSync(path, 'r');
  try {
    const { size } = fstatSync(file);
    const header = Buffer.alloc(HEADER_SIZE);
    return { header: header.subarray(0, readSync(file, header, 0, HEADER_SIZE, 0)), size };
  } finally {
    closeSync(file);
  }
}

const isThere = (path: string) => existsSync(path) && statSync(path).size > 0;

function examineData(folder: string): void {
  const path = join(folder, DATA_FILE);
  const fail = (fault: StoreFileFault, message: string) => new StoreFileError(fault, folder, `${path} ${message}`);
  const { header, size } = readHeader(path);
  if (size === 0)
    throw fail(
      'empty',
      'is empty: it has 0 bytes. A store is never empty, so its content is lost, or it was not made completely',
    );
  if (header.length < HEADER_SIZE) throw fail('truncated', `is cut short: it has only ${size} bytes`);
  if (header.every((byte) => byte === header[0])) throw fail('damaged', 'is damaged: its first page was overwritten');
  if (!header.subarray(0, MAGIC.length).equals(MAGIC))
    throw fail('foreign', 'is not a store: it does not begin as one. It is another kind of file, or was overwritten');
  if (header.readUInt32BE(APPLICATION_AT) !== APPLICATION_ID)
    throw fail('foreign', 'is not a store: it is a database of another program');
  const format = header.readUInt32BE(FORMAT_AT);
  if (format !== STORE_FORMAT)
    throw fail(
      'newer',
      `has format ${format}, and this program reads format ${STORE_FORMAT}. Another version of the program wrote it`,
    );
  // With a write-ahead log, the missing pages may be in the log.
  if (SIDE_FILES.some((name) => isThere(join(folder, name)))) return;
  const pageSize = header.readUInt16BE(PAGE_SIZE_AT) === 1 ? MAX_PAGE_SIZE : header.readUInt16BE(PAGE_SIZE_AT);
  const isCounted = header.readUInt32BE(CHANGES_AT) === header.readUInt32BE(VALID_FOR_AT);
  if (isCounted && size < header.readUInt32BE(PAGES_AT) * pageSize)
    throw fail('truncated', 'is cut short: it ends before pages that it refers to');
}

/** Whether `folder` has an LMDB store of an earlier version and no data file. */
export const isLmdbStore = (folder: string): boolean =>
  existsSync(join(folder, LMDB_FILE)) && !existsSync(join(folder, DATA_FILE));

/** Throws {@link StoreFileError} unless the store in `folder` can be opened or, for writing, created. */
export function examineStore(folder: string, use: 'read' | 'write'): void {
  try {
    if (!examineFolder(folder, use)) return;
    if (isLmdbStore(folder))
      throw new StoreFileError('older', folder, `the store in ${folder} is that of an earlier version of the program`);
    // Files left by a start that was interrupted before the data file was complete.
    const before = [RESERVE_FILE, NEW_FILE, `${NEW_FILE}-journal`];
    if (!examineFile(folder, { name: DATA_FILE, before }, use)) return;
    for (const name of SIDE_FILES) examineSideFile(folder, name, use, 'forbidden');
    examineData(folder);
  } catch (error) {
    throw asStoreError(folder, error);
  }
}
