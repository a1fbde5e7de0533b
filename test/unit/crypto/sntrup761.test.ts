/** sntrup761: the encoding of polynomials, sizes, and ciphertexts that were changed. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as c from '../../../src/crypto/index.ts';
import { decodeRadix, encodeRadix, radixPlan } from '../../../src/crypto/sntrup761-encoding.ts';
import { concatBytes, toHex } from '../../../src/encoding/index.ts';
import { exactBytes } from '../../harness/codec.ts';

const refused = (run: () => unknown) => expect(run).toThrow(c.CryptoError);

describe('radix encoding', () => {
  it('round trip, for any count and radix', () => {
    const shape = fc.record({ count: fc.integer({ min: 1, max: 40 }), radix: fc.integer({ min: 2, max: 16_383 }) });
    fc.assert(
      fc.property(shape, fc.array(fc.nat(), { minLength: 40, maxLength: 40 }), ({ count, radix }, seeds) => {
        const plan = radixPlan(count, radix);
        const digits = seeds.slice(0, count).map((n) => n % radix);
        const encoded = encodeRadix(plan, digits);
        expect(encoded).toHaveLength(plan.size);
        expect(decodeRadix(plan, encoded)).toEqual(digits);
      }),
      { numRuns: 300 },
    );
  });

  it.each([
    [4591, c.SNTRUP761_PUBLIC_KEY_SIZE],
    [1531, c.SNTRUP761_CIPHERTEXT_SIZE - 32],
  ])('761 digits of radix %i take %i bytes', (radix, size) => {
    const plan = radixPlan(761, radix);
    expect(plan.size).toBe(size);
    for (const fill of [0, 1, radix - 1]) {
      const digits = new Array<number>(761).fill(fill);
      expect(decodeRadix(plan, encodeRadix(plan, digits))).toEqual(digits);
    }
    const digits = Array.from({ length: 761 }, (_, i) => (i * 7919) % radix);
    expect(decodeRadix(plan, encodeRadix(plan, digits))).toEqual(digits);
  });

  it('takes any bytes and gives digits below the radix', () => {
    const plan = radixPlan(761, 4591);
    for (const fill of [0, 0x7f, 0xff]) {
      const digits = decodeRadix(plan, new Uint8Array(plan.size).fill(fill));
      expect(digits).toHaveLength(761);
      expect(digits.every((digit) => Number.isInteger(digit) && digit >= 0 && digit < 4591)).toBe(true);
    }
    const small = radixPlan(5, 1531);
    fc.assert(
      fc.property(exactBytes(small.size), (bytes) => {
        expect(decodeRadix(small, bytes).every((digit) => digit >= 0 && digit < 1531)).toBe(true);
      }),
    );
  });
});

describe('KEM', () => {
  const { publicKey, secretKey } = c.generateSntrup761(c.systemRandom);

  it('has keys of its sizes, the public one inside the secret one', () => {
    expect([publicKey.length, secretKey.length]).toEqual([c.SNTRUP761_PUBLIC_KEY_SIZE, c.SNTRUP761_SECRET_KEY_SIZE]);
    expect(toHex(secretKey)).toContain(toHex(publicKey));
  });

  it('agrees, each time on another key', () => {
    const seen = new Set<string>();
    for (let i = 0; i < 20; i++) {
      const { ciphertext, sharedKey } = c.encapsulateSntrup761(publicKey, c.systemRandom);
      expect([ciphertext.length, sharedKey.length]).toEqual([c.SNTRUP761_CIPHERTEXT_SIZE, c.SNTRUP761_SHARED_KEY_SIZE]);
      expect(c.decapsulateSntrup761(secretKey, ciphertext)).toEqual(sharedKey);
      seen.add(toHex(sharedKey));
    }
    expect(seen.size).toBe(20);
  });

  it('depends on nothing but its randomness', () => {
    let n = 0;
    const counting = { bytes: (length: number) => Uint8Array.from({ length }, () => (n++ * 167 + (n >> 3)) & 0xff) };
    const once = c.encapsulateSntrup761(publicKey, counting);
    n = 0;
    expect(c.encapsulateSntrup761(publicKey, counting)).toEqual(once);
  });

  it('gives another key, and no error, for any changed ciphertext', () => {
    const { ciphertext, sharedKey } = c.encapsulateSntrup761(publicKey, c.systemRandom);
    fc.assert(
      fc.property(fc.nat(c.SNTRUP761_CIPHERTEXT_SIZE - 1), fc.integer({ min: 1, max: 255 }), (at, mask) => {
        const changed = ciphertext.slice();
        changed[at] = changed[at]! ^ mask;
        expect(c.decapsulateSntrup761(secretKey, changed)).not.toEqual(sharedKey);
      }),
      { numRuns: 40 },
    );
    for (const fill of [0, 0xff]) {
      expect(
        c.decapsulateSntrup761(
          secretKey,
          ciphertext.map(() => fill),
        ),
      ).toHaveLength(32);
    }
  });

  it('takes any bytes of the right size for a public key', () => {
    for (const fill of [0, 0xff]) {
      const { sharedKey } = c.encapsulateSntrup761(
        publicKey.map(() => fill),
        c.systemRandom,
      );
      expect(sharedKey).toHaveLength(32);
    }
  });

  it('refuses other sizes', () => {
    const { ciphertext } = c.encapsulateSntrup761(publicKey, c.systemRandom);
    const longer = (bytes: Uint8Array) => concatBytes(bytes, Uint8Array.of(0));
    for (const change of [longer, (bytes: Uint8Array) => bytes.subarray(1), () => new Uint8Array(0)]) {
      refused(() => c.encapsulateSntrup761(change(publicKey), c.systemRandom));
      refused(() => c.decapsulateSntrup761(change(secretKey), ciphertext));
      refused(() => c.decapsulateSntrup761(secretKey, change(ciphertext)));
    }
  });
});
