/**
 * Buffers of one block or a few that are used again: making one costs more than all that is done with it, as it is memory
 * outside the heap that the collector has to find. What is borrowed and never given back is collected like any other.
 */

interface Shelf {
  readonly size: number;
  /** Buffers kept for the next. */
  readonly most: number;
  readonly free: ArrayBuffer[];
}

/** What fits into one block, and into four: 8 MB at most. */
const shelves: readonly Shelf[] = [
  { size: 16_384, most: 256, free: [] },
  { size: 65_536, most: 64, free: [] },
];

/** Less than this is not worth it. */
const LEAST_SIZE = 2_048;

const lent = new WeakMap<ArrayBufferLike, Shelf>();

/** `length` bytes with whatever was in them before: the borrower overwrites them all. */
export function borrowBytes(length: number): Uint8Array {
  const shelf = length < LEAST_SIZE ? undefined : shelves.find(({ size }) => length <= size);
  if (shelf === undefined) return new Uint8Array(length);
  const buffer = shelf.free.pop() ?? new ArrayBuffer(shelf.size);
  lent.set(buffer, shelf);
  return new Uint8Array(buffer, 0, length);
}

/**
 * Ends the use of what was borrowed: neither `bytes` nor any view of them may be looked at afterwards. Harmless for bytes
 * that were not borrowed, or were given back before.
 */
export function releaseBuffer(bytes: Uint8Array): void {
  // The memory of a few bytes lies in the heap until it is asked for.
  if (bytes.length < LEAST_SIZE) return;
  const buffer = bytes.buffer;
  const shelf = lent.get(buffer);
  if (shelf === undefined) return;
  lent.delete(buffer);
  if (shelf.free.length < shelf.most) shelf.free.push(buffer as ArrayBuffer);
}
