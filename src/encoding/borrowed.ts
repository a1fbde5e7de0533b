/**
 * Reusable buffers of one or a few blocks: allocating external memory costs more than processing it. Borrowed buffers
 * that are never released are garbage-collected like any other.
 */

interface Shelf {
  readonly size: number;
  /** Maximum buffers kept for reuse. */
  readonly most: number;
  readonly free: ArrayBuffer[];
}

/** For one block and for four: at most 8 MB. */
const shelves: readonly Shelf[] = [
  { size: 16_384, most: 256, free: [] },
  { size: 65_536, most: 64, free: [] },
];

/** Smaller buffers are not worth reusing. */
const LEAST_SIZE = 2_048;

const lent = new WeakMap<ArrayBufferLike, Shelf>();

/** `length` bytes with arbitrary previous content: the borrower must overwrite all of them. */
export function borrowBytes(length: number): Uint8Array {
  const shelf = length < LEAST_SIZE ? undefined : shelves.find(({ size }) => length <= size);
  if (shelf === undefined) return new Uint8Array(length);
  const buffer = shelf.free.pop() ?? new ArrayBuffer(shelf.size);
  lent.set(buffer, shelf);
  return new Uint8Array(buffer, 0, length);
}

/**
 * Releases a borrowed buffer: neither `bytes` nor any view of it may be used afterwards. Harmless for bytes that were
 * not borrowed, or were already released.
 */
export function releaseBuffer(bytes: Uint8Array): void {
  // Small buffers are in the heap; accessing their memory would move it out.
  if (bytes.length < LEAST_SIZE) return;
  const buffer = bytes.buffer;
  const shelf = lent.get(buffer);
  if (shelf === undefined) return;
  lent.delete(buffer);
  if (shelf.free.length < shelf.most) shelf.free.push(buffer as ArrayBuffer);
}
