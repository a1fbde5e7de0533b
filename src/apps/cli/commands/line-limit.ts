/** A limit on the length of lines that are read: input that never ends a line must not fill the memory. */
import { Transform } from 'node:stream';

/** Bytes of one line; the largest message is far smaller. */
export const MAX_LINE = 1 << 20;

const LF = 0x0a;
const CR = 0x0d;

export class LineTooLongError extends Error {
  constructor() {
    super(
      `a line of the input is longer than ${MAX_LINE} bytes, so nothing more was read: split it into shorter lines`,
    );
    this.name = 'LineTooLongError';
  }
}

/** Passes whole lines on, and ends before the first that is too long; no part of that one is passed on. */
export class LineLimit extends Transform {
  #held: Buffer[] = [];
  #heldBytes = 0;
  #tooLong = false;

  get tooLong(): boolean {
    return this.#tooLong;
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    const end = Math.max(chunk.lastIndexOf(LF), chunk.lastIndexOf(CR)) + 1;
    const first = end === 0 ? chunk.length : chunk.findIndex((byte) => byte === LF || byte === CR);
    if (this.#heldBytes + first > MAX_LINE) {
      this.#refuse();
      return;
    }
    if (end > 0) {
      for (const part of this.#held) this.push(part);
      this.push(chunk.subarray(0, end));
      this.#held = [];
      this.#heldBytes = 0;
    }
    const rest = chunk.subarray(end);
    if (rest.length > MAX_LINE) {
      this.#refuse();
      return;
    }
    if (rest.length > 0) this.#held.push(rest);
    this.#heldBytes += rest.length;
    done();
  }

  override _flush(done: () => void): void {
    for (const part of this.#held) this.push(part);
    done();
  }

  /** The chunk stays unanswered, so the source is not read on. */
  #refuse(): void {
    this.#tooLong = true;
    this.#held = [];
    this.push(null);
  }
}
