/**
 * Buffers of about a block that are used again: making one costs more than all that is done with it, as it is memory
 * outside the heap that the collector has to find. What is borrowed and never given back is collected like any other.
 */

/** What fits into a block fits into one of these. */
const BUFFER_SIZE = 16_384;

/** Less than this is not worth it. */
const LEAST_SIZE = 2_048;

/** Buffers kept for the next: 4 MB. */
const MOST_FREE = 256;

const free: ArrayBuffer[] = [];
const lent = new WeakSet<ArrayBufferLike>();

/** `length` bytes with whatever was in them before: the borrower overwrites them all. */
export function borrowBytes(length: number): Uint8Array {
  if (length < LEAST_SIZE || length > BUFFER_SIZE) return new Uint8Array(length);
  const buffer = free.pop() ?? new ArrayBuffer(BUFFER_SIZE);
  lent.add(buffer);
  return new Uint8Array(buffer, 0, length);
}

/**
 * Ends the use of what was borrowed: neither `bytes` nor any view of them may be looked at afterwards. Harmless for bytes
 * that were not borrowed, or were given back before.
 */
export function giveBack({ buffer }: Uint8Array): void {
  if (!lent.delete(buffer) || free.length >= MOST_FREE) return;
  free.push(buffer as ArrayBuffer);
}
