/**
 * Batches (simplex-messaging.md, "Transport connection"): `count *(length transmission)`, a one-byte count and
 * two-byte lengths, as many transmissions in one block as fit.
 */
import {
  borrowBytes,
  type Codec,
  EncodeError,
  encode,
  encodeWith,
  large,
  nonEmpty,
  Reader,
  releaseBuffer,
} from '../encoding/index.ts';
import type { BlockSealer } from './block.ts';
import { BATCH_SIZE, BLOCK_SIZE, MAX_BATCH_COUNT } from './constants.ts';
import type { Transport } from './transport.ts';

export const batchCodec: Codec<readonly Uint8Array[]> = nonEmpty(large);

/** Size of the length before each transmission. */
const LENGTH_SIZE = 2;

/** Whether a transmission fits in a block. */
export function fitsInBlock(transmission: Uint8Array): boolean {
  return transmission.length + LENGTH_SIZE <= BATCH_SIZE;
}

/** Removes from the front of `queue` as many transmissions as fit in one block; `queue` must not be empty. */
function takeFitting(queue: Uint8Array[]): readonly Uint8Array[] {
  let count = 0;
  let size = 0;
  while (count < queue.length && count < MAX_BATCH_COUNT) {
    const next = size + LENGTH_SIZE + queue[count]!.length;
    if (next > BATCH_SIZE) break;
    size = next;
    count++;
  }
  if (count === 0) throw new EncodeError('transmission does not fit in a block');
  return queue.splice(0, count);
}

/**
 * Removes from the front of `queue` as many transmissions as fit in one block, and encodes them; `queue` must not be
 * empty.
 */
export function takeBatch(queue: Uint8Array[]): Uint8Array {
  return encode(batchCodec, takeFitting(queue));
}

/** Blocks per write: each write is a system call and wakes the peer. */
const BLOCKS_AT_ONCE = 4;

/**
 * Removes from the front of `queue` what fits in a few blocks, seals and writes it. The transmissions are removed at
 * once and released if they were borrowed; `bytes` is their total size.
 */
export function writeBatches(
  transport: Transport,
  sealer: BlockSealer,
  queue: Uint8Array[],
): { readonly bytes: number; readonly written: Promise<void> } {
  const batches: (readonly Uint8Array[])[] = [];
  while (queue.length > 0 && batches.length < BLOCKS_AT_ONCE) batches.push(takeFitting(queue));
  const blocks = borrowBytes(batches.length * BLOCK_SIZE);
  let bytes = 0;
  for (const [i, batch] of batches.entries()) {
    const block = blocks.subarray(i * BLOCK_SIZE, (i + 1) * BLOCK_SIZE);
    encodeWith(batchCodec, batch, (encoded) => sealer.sealInto(block, encoded));
    for (const transmission of batch) {
      bytes += transmission.length;
      releaseBuffer(transmission);
    }
  }
  return { bytes, written: transport.write(blocks, () => releaseBuffer(blocks)) };
}

/** Parses a batch to its transmissions; throws `DecodeError`. */
export function parseBatch(batch: Uint8Array): readonly Uint8Array[] {
  const reader = new Reader(batch);
  const transmissions = batchCodec.read(reader);
  reader.end();
  return transmissions;
}
