/**
 * Room in an LMDB file, taken before it is needed. LMDB must not be the one to find the disk full: when it cannot write
 * a page, lmdb 3.5.6 writes the error text over the end of its buffer (mdb.c, mdb_page_flush), which can take the
 * process down. So the file is always longer than what is on its way to it; what does not fit is refused here.
 */
import { closeSync, fstatSync, openSync, writeSync } from 'node:fs';
import { StoreError } from './errors.ts';

/** The file grows by this much at once. */
const CHUNK = 1024 * 1024;

/** What only changes that free room may use: with a full disk messages can still be acknowledged. */
const KEPT_FOR_REMOVALS = 1024 * 1024;

const PAGE = 4096;

/** More than LMDB writes before a value. */
const NODE_HEADER = 64;

/** Pages a change may copy or split on its way through the trees, besides those of its values. */
const TREE_PAGES = 6;

const zeros = Buffer.alloc(CHUNK);

/** Bytes of the file that a change with a value of `bytes` may take. */
export function changeSize(bytes: number): number {
  return (TREE_PAGES + Math.ceil((bytes + NODE_HEADER) / PAGE)) * PAGE;
}

export class DiskSpace {
  /** For appending: what LMDB writes meanwhile is never written over. */
  readonly #file: number;
  readonly #used: () => number;
  #size = 0;
  #claimed = 0;
  /** No less than what is used and claimed: exact when it was looked at, and more with each claim since. */
  #mostUsed = Number.POSITIVE_INFINITY;

  /** `used` tells how many bytes of the file hold what is committed; asking is not cheap. */
  constructor(path: string, used: () => number) {
    this.#file = openSync(path, 'a');
    this.#used = used;
  }

  /** Takes room for a change until {@link release}; throws {@link StoreError} when there is none. */
  claim(bytes: number, kind: 'grows' | 'frees'): void {
    this.#mostUsed += bytes;
    if (this.#mostUsed + KEPT_FOR_REMOVALS > this.#size) {
      this.#mostUsed = this.#used() + this.#claimed + bytes;
      this.#grow(this.#mostUsed + KEPT_FOR_REMOVALS, this.#mostUsed + (kind === 'grows' ? KEPT_FOR_REMOVALS : 0));
    }
    this.#claimed += bytes;
  }

  release(bytes: number): void {
    this.#claimed -= bytes;
  }

  close(): void {
    closeSync(this.#file);
  }

  /** Makes the file `wanted` bytes long, and throws when it is shorter than `needed` then. */
  #grow(wanted: number, needed: number): void {
    if (this.#size >= wanted) return;
    this.#size = fstatSync(this.#file).size;
    try {
      while (this.#size < wanted) this.#size += writeSync(this.#file, zeros);
    } catch (cause) {
      if (this.#size < needed) throw new StoreError('the disk is full', { cause });
    }
  }
}
