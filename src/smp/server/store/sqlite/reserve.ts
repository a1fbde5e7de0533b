/**
 * Disk space reserved for removals: SQLite needs free space even to remove rows, and messages must be acknowledged on a
 * full disk. It is a file of zeros that is truncated when the disk is full; until it has its full size again, nothing
 * is stored. It is as large as the log gets when no other process copies the file, so the whole log can be checkpointed
 * into the data file, after which removals reuse the log's space.
 */
import { closeSync, fstatSync, ftruncateSync, openSync, writeSync } from 'node:fs';
import { StoreError } from '../errors.ts';

const STEP = 1024 * 1024;
const zeros = Buffer.alloc(STEP);

const FULL = ['ENOSPC', 'EDQUOT', 'EFBIG'];

export class Reserve {
  readonly #file: number;
  readonly #size: number;
  #length: number;

  /** Reserves the space, as far as there is any; throws the file system's error when the file cannot be opened. */
  constructor(path: string, size: number) {
    this.#file = openSync(path, 'a', 0o600);
    this.#size = size;
    this.#length = fstatSync(this.#file).size;
    if (this.#length > size) {
      ftruncateSync(this.#file, size);
      this.#length = size;
    }
    this.#fill();
  }

  get isWhole(): boolean {
    return this.#length >= this.#size;
  }

  /** Frees the space for the next write. */
  release(): void {
    ftruncateSync(this.#file, 0);
    this.#length = 0;
  }

  /** Reserves the space again; throws {@link StoreError} when there is not enough. */
  restore(): void {
    if (this.isWhole) return;
    const cause = this.#fill();
    if (cause === undefined) return;
    const isFull = FULL.includes((cause as NodeJS.ErrnoException).code ?? '');
    throw new StoreError(isFull ? 'the disk is full' : `the disk cannot be written to: ${(cause as Error).message}`, {
      cause,
    });
  }

  close(): void {
    closeSync(this.#file);
  }

  /** Extends the file to its size; returns the error that prevented it. */
  #fill(): unknown {
    try {
      while (!this.isWhole) this.#length += writeSync(this.#file, zeros, 0, Math.min(STEP, this.#size - this.#length));
      return undefined;
    } catch (error) {
      return error;
    }
  }
}
