/** Padding (simplex-messaging.md, "encrypted body"): a two-byte length, the message, then `#` up to the fixed size. */
import { CryptoError } from './errors.ts';

/** Size of the length word, subtracted from the padded size. */
export const PAD_OVERHEAD = 2;

const PAD_BYTE = 0x23;
/** Limit of the length word; the reference does not use the two largest values. */
const MAX_MESSAGE = 0xffff - 2;

/** Pads to exactly `size` bytes; throws {@link CryptoError} when the message does not fit. */
export function pad(message: Uint8Array, size: number): Uint8Array {
  const padded = new Uint8Array(size);
  padInto(padded, message);
  return padded;
}

/** Fills `padded` with the message and its padding. */
export function padInto(padded: Uint8Array, message: Uint8Array): void {
  const size = padded.length;
  if (message.length > MAX_MESSAGE || message.length + PAD_OVERHEAD > size) {
    throw new CryptoError(`message of ${message.length} bytes does not fit in ${size - PAD_OVERHEAD}`);
  }
  padded[0] = message.length >>> 8;
  padded[1] = message.length & 0xff;
  padded.set(message, PAD_OVERHEAD);
  padded.fill(PAD_BYTE, PAD_OVERHEAD + message.length);
}

/** The message in a padded buffer, as a view. The padding bytes are not checked, as in the reference. */
export function unPad(padded: Uint8Array): Uint8Array {
  const length = (padded[0]! << 8) | padded[1]!;
  if (padded.length < PAD_OVERHEAD || length > padded.length - PAD_OVERHEAD) throw new CryptoError('invalid padding');
  return padded.subarray(PAD_OVERHEAD, PAD_OVERHEAD + length);
}
