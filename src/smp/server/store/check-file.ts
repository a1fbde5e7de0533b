/**
 * A look at an LMDB file before it is mapped: LMDB takes the process down with it when the file is not one. The first
 * two pages hold the same header, of which the newer counts (mdb.c, MDB_meta).
 */
import { closeSync, existsSync, fstatSync, openSync, readSync } from 'node:fs';
import { StoreError } from './errors.ts';

const MAGIC = 0xbeefc0de;
/** Offsets in a header page. */
const MAGIC_AT = 24;
const PAGE_SIZE_AT = 48;
const ROOTS_AT = [88, 136];
const HEADER_SIZE = 168;
/** A root that is not there. */
const NO_PAGE = 0xffff_ffff_ffff_ffffn;

function checkHeader(header: Buffer, fileSize: number): boolean {
  if (header.length < HEADER_SIZE || header.readUInt32LE(MAGIC_AT) !== MAGIC) return false;
  const pageSize = header.readUInt32LE(PAGE_SIZE_AT);
  const pages = BigInt(Math.floor(fileSize / pageSize));
  return ROOTS_AT.map((at) => header.readBigUInt64LE(at)).every((root) => root === NO_PAGE || root < pages);
}

/** Throws {@link StoreError} unless `path` is absent, empty or begins as an LMDB file does. */
export function checkFile(path: string): void {
  if (!existsSync(path)) return;
  const file = openSync(path, 'r');
  try {
    const { size } = fstatSync(file);
    if (size === 0) return;
    const read = (at: number) => {
      const header = Buffer.alloc(HEADER_SIZE);
      return header.subarray(0, readSync(file, header, 0, HEADER_SIZE, at));
    };
    const first = read(0);
    const valid = checkHeader(first, size) && checkHeader(read(first.readUInt32LE(PAGE_SIZE_AT)), size);
    if (!valid) throw new StoreError(`${path} is not a store`);
  } finally {
    closeSync(file);
  }
}
