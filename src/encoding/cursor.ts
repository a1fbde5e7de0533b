/** Byte cursors: a bounds-checked reader and a growing writer. */
import { DecodeError } from './errors.ts';

/** Reads forward through `bytes`. All methods throw {@link DecodeError} at the end of input. */
export class Reader {
  readonly bytes: Uint8Array;
  #offset = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  get offset(): number {
    return this.#offset;
  }

  get remaining(): number {
    return this.bytes.length - this.#offset;
  }

  fail(message: string): never {
    throw new DecodeError(message, this.#offset);
  }

  byte(): number {
    if (this.#offset >= this.bytes.length) this.fail('input ends too early');
    return this.bytes[this.#offset++]!;
  }

  /** The next byte without consuming it; undefined at the end. */
  peek(): number | undefined {
    return this.bytes[this.#offset];
  }

  /** The next `length` bytes: a view of the input, not a copy. */
  take(length: number): Uint8Array {
    this.#require(length);
    const taken = this.bytes.subarray(this.#offset, this.#offset + length);
    this.#offset += length;
    return taken;
  }

  word16(): number {
    this.#require(2);
    return (this.byte() << 8) | this.byte();
  }

  word32(): number {
    this.#require(4);
    return ((this.word16() << 16) | this.word16()) >>> 0;
  }

  #require(length: number): void {
    if (length > this.remaining) this.fail(`input ends too early: ${length} bytes needed, ${this.remaining} left`);
  }

  rest(): Uint8Array {
    return this.take(this.remaining);
  }

  /** Returns to an earlier offset, for types that need look-ahead. */
  rewind(offset: number): void {
    this.#offset = Math.min(offset, this.#offset);
  }

  end(): void {
    if (this.remaining > 0) this.fail(`${this.remaining} bytes too many`);
  }
}

const INITIAL_CAPACITY = 256;

/** Appends bytes to a buffer that doubles as needed and can be reused. */
export class Writer {
  #buffer = new Uint8Array(INITIAL_CAPACITY);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  #reserve(extra: number): void {
    const needed = this.#length + extra;
    if (needed <= this.#buffer.length) return;
    const grown = new Uint8Array(Math.max(needed, this.#buffer.length * 2));
    grown.set(this.#buffer.subarray(0, this.#length));
    this.#buffer.fill(0, 0, this.#length);
    this.#buffer = grown;
  }

  byte(value: number): void {
    this.#reserve(1);
    this.#buffer[this.#length++] = value;
  }

  bytes(value: Uint8Array): void {
    this.#reserve(value.length);
    this.#buffer.set(value, this.#length);
    this.#length += value.length;
  }

  word16(value: number): void {
    this.byte(value >>> 8);
    this.byte(value & 0xff);
  }

  word32(value: number): void {
    this.word16(value >>> 16);
    this.word16(value & 0xffff);
  }

  get capacity(): number {
    return this.#buffer.length;
  }

  /** The bytes written so far: a view, valid until the next write. */
  get written(): Uint8Array {
    return this.#buffer.subarray(0, this.#length);
  }

  /** Empties the writer and overwrites its content. */
  clear(): void {
    this.#buffer.fill(0, 0, this.#length);
    this.#length = 0;
  }
}
