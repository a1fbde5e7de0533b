/**
 * Room on the disk that is kept for removals: SQLite needs some to remove, too, and with a full disk messages must still
 * be acknowledged. It is a file of zeros, which is cut to nothing when the disk is full; from then on nothing is stored
 * until it has its size again. It is as large as the log gets, unless somebody copies the file meanwhile, so that all of the log can be moved into the data file, after
 * which removals use the room of the log.
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

  /** Takes the room, as far as there is any; throws what the file system throws when the file cannot be opened. */
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

  /** Gives the room to whoever writes next. */
  release(): void {
    ftruncateSync(this.#file, 0);
    this.#length = 0;
  }

  /** Takes the room again; throws {@link StoreError} when there is not enough. */
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

  /** What kept it from its size. */
  #fill(): unknown {
    try {
      while (!this.isWhole) this.#length += writeSync(this.#file, zeros, 0, Math.min(STEP, this.#size - this.#length));
      return undefined;
    } catch (error) {
      return error;
    }
  }
}
