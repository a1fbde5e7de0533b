/**
 * Batches (simplex-messaging.md, "Transport connection"): `count *(length transmission)`, a one-byte count and
 * two-byte lengths, as many transmissions in one block as fit.
 */
import { type Codec, EncodeError, encode, large, nonEmpty, Reader } from '../encoding/index.ts';
import { BATCH_SIZE, MAX_BATCH_COUNT } from './constants.ts';

export const batchCodec: Codec<readonly Uint8Array[]> = nonEmpty(large);

/** Bytes of the length before each transmission. */
const LENGTH_SIZE = 2;

/** Whether a transmission fits into a block at all. */
export function fitsInBlock(transmission: Uint8Array): boolean {
  return transmission.length + LENGTH_SIZE <= BATCH_SIZE;
}

/** Takes from the front of `queue` what fits into one block and encodes it; `queue` must not be empty. */
export function takeBatch(queue: Uint8Array[]): Uint8Array {
  let count = 0;
  let size = 0;
  while (count < queue.length && count < MAX_BATCH_COUNT) {
    const next = size + LENGTH_SIZE + queue[count]!.length;
    if (next > BATCH_SIZE) break;
    size = next;
    count++;
  }
  if (count === 0) throw new EncodeError('transmission does not fit in a block');
  return encode(batchCodec, queue.splice(0, count));
}

/** The transmissions of a batch; throws `DecodeError`. */
export function parseBatch(batch: Uint8Array): readonly Uint8Array[] {
  const reader = new Reader(batch);
  const transmissions = batchCodec.read(reader);
  reader.end();
  return transmissions;
}
