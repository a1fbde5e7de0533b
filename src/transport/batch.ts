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

/** Bytes of the length before each transmission. */
const LENGTH_SIZE = 2;

/** Whether a transmission fits into a block at all. */
export function fitsInBlock(transmission: Uint8Array): boolean {
  return transmission.length + LENGTH_SIZE <= BATCH_SIZE;
}

/** Takes from the front of `queue` what fits into one block; `queue` must not be empty. */
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

/** Takes from the front of `queue` what fits into one block, encoded; `queue` must not be empty. */
export function takeBatch(queue: Uint8Array[]): Uint8Array {
  return encode(batchCodec, takeFitting(queue));
}

/** Blocks that are written at once: each write is a call to the system, and wakes the other end. */
const BLOCKS_AT_ONCE = 4;

/**
 * Takes from the front of `queue` what fits into a few blocks, seals and writes it. What is taken is taken at once, and
 * given back if it was borrowed: `bytes` is how much.
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

/** The transmissions of a batch; throws `DecodeError`. */
export function parseBatch(batch: Uint8Array): readonly Uint8Array[] {
  const reader = new Reader(batch);
  const transmissions = batchCodec.read(reader);
  reader.end();
  return transmissions;
}
