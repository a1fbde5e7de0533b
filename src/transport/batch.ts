/**
 * Batches (simplex-messaging.md, "Transport connection"): `count *(length transmission)`, a one-byte count and
 * two-byte lengths, as many transmissions in one block as fit.
 */
import { type Codec, EncodeError, encode, encodeWith, giveBack, large, nonEmpty, Reader } from '../encoding/index.ts';
import type { BlockSealer } from './block.ts';
import { BATCH_SIZE, MAX_BATCH_COUNT } from './constants.ts';
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

/** {@link takeBatch}, sealed and written as one block; what is taken is taken at once, and given back if it was borrowed. */
export async function writeBatch(transport: Transport, sealer: BlockSealer, queue: Uint8Array[]): Promise<void> {
  const taken = takeFitting(queue);
  const block = encodeWith(batchCodec, taken, (batch) => sealer.seal(batch));
  for (const transmission of taken) giveBack(transmission);
  await transport.write(block, () => giveBack(block));
}

/** The transmissions of a batch; throws `DecodeError`. */
export function parseBatch(batch: Uint8Array): readonly Uint8Array[] {
  const reader = new Reader(batch);
  const transmissions = batchCodec.read(reader);
  reader.end();
  return transmissions;
}
