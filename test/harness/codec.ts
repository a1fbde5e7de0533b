/** The checks for every codec: round trip, truncation at each byte, one trailing byte. */
import fc from 'fast-check';
import { expect } from 'vitest';
import { CryptoError } from '../../src/crypto/index.ts';
import { type Codec, DecodeError, decode, encode } from '../../src/encoding/index.ts';

export interface CodecChecks<T> {
  /** Example values; each is tested whole and truncated. */
  readonly examples?: readonly T[];
  /** Random values. */
  readonly arbitrary?: fc.Arbitrary<T>;
  /** The codec consumes all remaining bytes, so shorter and longer input may be valid too. */
  readonly takesRest?: boolean;
}

const plain = (value: unknown): unknown =>
  value instanceof Uint8Array
    ? [...value]
    : Array.isArray(value)
      ? value.map(plain)
      : typeof value === 'object' && value !== null
        ? Object.fromEntries(Object.entries(value).map(([k, v]) => [k, plain(v)]))
        : value;

/** Expects decoding to fail with the allowed error. */
export function expectRefused<T>(codec: Codec<T>, bytes: Uint8Array): void {
  try {
    decode(codec, bytes);
  } catch (error) {
    if (error instanceof DecodeError || error instanceof CryptoError) return;
    throw error;
  }
  expect.fail(`decoded ${bytes.length} bytes that are not a value`);
}

/** Expects an error, unless the bytes are exactly another value: `NSUB` is a prefix of `NSUBS`. */
function expectOther<T>(codec: Codec<T>, bytes: Uint8Array): void {
  let value: T;
  try {
    value = decode(codec, bytes);
  } catch {
    expectRefused(codec, bytes);
    return;
  }
  expect([...encode(codec, value)]).toEqual([...bytes]);
}

function checkValue<T>(codec: Codec<T>, value: T, takesRest: boolean): void {
  const bytes = encode(codec, value).slice();
  expect(plain(decode(codec, bytes))).toEqual(plain(value));
  if (takesRest) {
    // A shorter input may be another value, but must not throw anything else.
    for (let length = 0; length < Math.min(bytes.length, 512); length++) {
      try {
        decode(codec, bytes.subarray(0, length));
      } catch (error) {
        if (!(error instanceof DecodeError || error instanceof CryptoError)) throw error;
      }
    }
    return;
  }
  for (let length = 0; length < bytes.length; length++) expectOther(codec, bytes.subarray(0, length));
  expectRefused(codec, Uint8Array.of(...bytes, 0));
}

/** Checks a codec with examples, random values, or both. */
export function checkCodec<T>(codec: Codec<T>, checks: CodecChecks<T>): void {
  const takesRest = checks.takesRest ?? false;
  for (const value of checks.examples ?? []) checkValue(codec, value, takesRest);
  if (checks.arbitrary !== undefined) {
    fc.assert(
      fc.property(checks.arbitrary, (value) => checkValue(codec, value, takesRest)),
      { numRuns: 50 },
    );
  }
}

/** Byte arrays of up to `maxLength` (or exactly `length`) bytes. */
export const anyBytes = (maxLength: number): fc.Arbitrary<Uint8Array> => fc.uint8Array({ maxLength });
export const exactBytes = (length: number): fc.Arbitrary<Uint8Array> =>
  fc.uint8Array({ minLength: length, maxLength: length });
