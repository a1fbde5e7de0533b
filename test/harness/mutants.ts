/** Almost valid inputs: recorded values with small changes, and random bytes. Deterministic for a seed. */
import { concatBytes, emptyBytes, utf8 } from '../../src/encoding/index.ts';

/** Integers below a bound (xorshift32). */
export function numbers(seed: number): (bound: number) => number {
  let x = seed | 1;
  return (bound) => {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    return (x >>> 0) % bound;
  };
}

type Next = ReturnType<typeof numbers>;

/** Bytes with a meaning for one of the decoders. */
const telling = [0, 1, 2, 3, 4, 0x20, 0x7f, 0xff, ...utf8('01MCTFHQVEDIRSX%&=#;:/,@?[]{}"*_~`!+-')];

/** One of this many inputs is completely random. */
const RANDOM_EVERY = 8;
const LONGEST_RANDOM = 300;

export function randomBytes(length: number, next: Next): Uint8Array {
  return Uint8Array.from({ length }, () => next(256));
}

/** One to three changes: a byte replaced, inserted or removed, a bit flipped, a part removed or repeated. */
function mutate(input: Uint8Array, next: Next): Uint8Array {
  let bytes = input;
  for (let n = 1 + next(3); n > 0; n--) {
    const at = next(bytes.length + 1);
    const value = next(2) === 0 ? telling[next(telling.length)]! : next(256);
    const [before, after] = [bytes.subarray(0, at), bytes.subarray(at)];
    switch (next(6)) {
      case 0:
        bytes = bytes.slice();
        if (at < bytes.length) bytes[at] = value;
        break;
      case 1:
        bytes = concatBytes(before, Uint8Array.of(value), after);
        break;
      case 2:
        bytes = concatBytes(before, after.subarray(1));
        break;
      case 3:
        bytes = bytes.slice();
        if (at < bytes.length) bytes[at] = bytes[at]! ^ (1 << next(8));
        break;
      case 4:
        bytes = next(4) === 0 ? before : concatBytes(before, after.subarray(next(8)));
        break;
      default:
        bytes = concatBytes(before, after.subarray(0, next(40)), after);
    }
  }
  return bytes;
}

/** An input made from one of `samples`, or at random. */
export function mutant(samples: readonly Uint8Array[], next: Next): Uint8Array {
  if (samples.length === 0 || next(RANDOM_EVERY) === 0) return randomBytes(next(LONGEST_RANDOM), next);
  return mutate(samples[next(samples.length)] ?? emptyBytes, next);
}
