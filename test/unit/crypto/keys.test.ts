/** Keys in DER, Diffie-Hellman and signatures, on keys and signatures that are not what they should be. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as c from '../../../src/crypto/index.ts';
import { bytes, concatBytes, decode, encode, fromHex } from '../../../src/encoding/index.ts';
import { anyBytes, checkCodec, exactBytes } from '../../harness/codec.ts';

const refused = (run: () => unknown) => expect(run).toThrow(c.CryptoError);
const sizes = { x25519: 32, x448: 56, ed25519: 32, ed448: 57 } as const;
const algorithms = Object.keys(sizes) as c.KeyAlgorithm[];
const flipped = (bytes: Uint8Array, bit: number) => {
  const changed = bytes.slice();
  const at = (bit >> 3) % bytes.length;
  changed[at] = changed[at]! ^ (1 << (bit & 7));
  return changed;
};

describe.each(algorithms)('DER of %s', (algorithm) => {
  const forms = [
    [c.encodePublicKeyDer, c.decodePublicKeyDer],
    [c.encodePrivateKeyDer, c.decodePrivateKeyDer],
  ] as const;

  it('round trip, truncation, a byte too many, other prefixes', () => {
    for (const [encode, decode] of forms) {
      fc.assert(
        fc.property(exactBytes(sizes[algorithm]), (raw) => {
          const der = encode(algorithm, raw);
          expect(decode(der)).toEqual({ algorithm, raw });
          for (let length = 0; length < der.length; length++) refused(() => decode(der.subarray(0, length)));
          refused(() => decode(concatBytes(der, Uint8Array.of(0))));
          for (let bit = 0; bit < (der.length - raw.length) * 8; bit++) {
            // Bits of the algorithm's number may say another one, whose keys have the same size.
            try {
              expect(decode(flipped(der, bit)).algorithm).not.toBe(algorithm);
            } catch (error) {
              expect(error).toBeInstanceOf(c.CryptoError);
            }
          }
        }),
        { numRuns: 10 },
      );
      refused(() => encode(algorithm, new Uint8Array(sizes[algorithm] - 1)));
      refused(() => encode(algorithm, new Uint8Array(sizes[algorithm] + 1)));
    }
  });

  it('codec, for its own kind only', () => {
    const codec = c.publicKeyCodec(algorithm);
    checkCodec(codec, { arbitrary: exactBytes(sizes[algorithm]) });
    for (const other of algorithms.filter((a) => a !== algorithm)) {
      const der = c.encodePublicKeyDer(other, new Uint8Array(sizes[other]));
      refused(() => decode(codec, encode(bytes, der)));
    }
  });
});

it('no key of another kind is taken', () => {
  const rsa = '300d06092a864886f70d0101010500';
  const p256 = '3059301306072a8648ce3d020106082a8648ce3d03010703420004';
  for (const der of ['', '30', '3000', rsa, `${p256}${'01'.repeat(64)}`]) {
    refused(() => c.decodePublicKeyDer(fromHex(der)));
    refused(() => c.decodePrivateKeyDer(fromHex(der)));
  }
  fc.assert(
    fc.property(anyBytes(80), (garbage) => {
      refused(() => c.decodePublicKeyDer(garbage));
      refused(() => c.decodePrivateKeyDer(garbage));
    }),
  );
  // A public key is no private one, and the other way round.
  refused(() => c.decodePrivateKeyDer(c.encodePublicKeyDer('x25519', new Uint8Array(32))));
  refused(() => c.decodePublicKeyDer(c.encodePrivateKeyDer('x25519', new Uint8Array(32))));
});

describe('Diffie-Hellman', () => {
  const littleEndian = (value: bigint, size: number) =>
    Uint8Array.from({ length: size }, (_, i) => Number((value >> BigInt(8 * i)) & 0xffn));

  it('X25519 agrees from both sides', () => {
    fc.assert(
      fc.property(exactBytes(32), exactBytes(32), (a, b) => {
        expect(c.x25519(a, c.x25519PublicKey(b))).toEqual(c.x25519(b, c.x25519PublicKey(a)));
      }),
    );
  });

  it('X448 agrees from both sides', () => {
    fc.assert(
      fc.property(exactBytes(56), exactBytes(56), (a, b) => {
        const pairs = [a, b].map((privateKey) => ({ privateKey, publicKey: c.x448PublicKey(privateKey) }));
        const [x, y] = pairs as [c.KeyPair, c.KeyPair];
        expect(c.x448(x, y.publicKey)).toEqual(c.x448(y, x.publicKey));
      }),
      { numRuns: 30 },
    );
  });

  it('X25519 refuses points of low order, in every form', () => {
    const p = 2n ** 255n - 19n;
    const order8 = [
      325606250916557431795983626356110631294008115727848805560023387167927233504n,
      39382357235489614581723060781553021112529911719440698176882885853963445705823n,
    ];
    const { privateKey } = c.generateX25519(c.systemRandom);
    // The last ones are the same points, not reduced; the top bit is not looked at.
    for (const u of [0n, 1n, p - 1n, ...order8, p, p + 1n]) {
      const point = littleEndian(u, 32);
      refused(() => c.x25519(privateKey, point));
      point[31] = point[31]! | 0x80;
      refused(() => c.x25519(privateKey, point));
    }
    for (const size of [0, 31, 33]) {
      refused(() => c.x25519(privateKey, new Uint8Array(size).fill(9)));
      refused(() => c.x25519(new Uint8Array(size), c.x25519PublicKey(privateKey)));
    }
  });

  it('X448 refuses points of low order, in every form', () => {
    const p = 2n ** 448n - 2n ** 224n - 1n;
    const own = c.generateX448(c.systemRandom);
    for (const u of [0n, 1n, p - 1n, p, p + 1n]) refused(() => c.x448(own, littleEndian(u, 56)));
    for (const size of [0, 55, 57]) {
      refused(() => c.x448(own, new Uint8Array(size).fill(9)));
      refused(() => c.x448PublicKey(new Uint8Array(size)));
    }
  });
});

describe.each([
  ['ed25519', c.generateEd25519, c.ED25519_SIGNATURE_SIZE],
  ['ed448', c.generateEd448, c.ED448_SIGNATURE_SIZE],
] as const)('signatures: %s', (algorithm, generate, size) => {
  const keys = generate(c.systemRandom);
  const other = generate(c.systemRandom);

  it('hold for their message and key; anything else is false and never throws', () => {
    fc.assert(
      fc.property(anyBytes(60), fc.nat(), anyBytes(size + 2), (message, bit, garbage) => {
        const signature = c.sign(algorithm, keys, message);
        expect(signature).toHaveLength(size);
        expect(c.verify(algorithm, keys.publicKey, signature, message)).toBe(true);
        const others: [Uint8Array, Uint8Array, Uint8Array][] = [
          [other.publicKey, signature, message],
          [flipped(keys.publicKey, bit), signature, message],
          [keys.publicKey, flipped(signature, bit), message],
          [keys.publicKey, signature, concatBytes(message, Uint8Array.of(0))],
          [keys.publicKey, signature.subarray(1), message],
          [keys.publicKey, concatBytes(signature, Uint8Array.of(0)), message],
          [keys.publicKey, garbage, message],
          [garbage, signature, message],
          [keys.publicKey.subarray(1), signature, message],
          [new Uint8Array(keys.publicKey.length), signature, message],
          [new Uint8Array(keys.publicKey.length).fill(0xff), signature, message],
        ];
        if (message.length > 0) others.push([keys.publicKey, signature, flipped(message, bit)]);
        expect(others.map((args) => c.verify(algorithm, ...args))).toEqual(others.map(() => false));
      }),
      { numRuns: 40 },
    );
  });

  it('fail with each bit of the signature', () => {
    const message = Uint8Array.of(1, 2, 3);
    const signature = c.sign(algorithm, keys, message);
    for (let bit = 0; bit < 8 * size; bit++) {
      expect(c.verify(algorithm, keys.publicKey, flipped(signature, bit), message), `bit ${bit}`).toBe(false);
    }
  });

  it('are none of the other algorithm', () => {
    const wrong = algorithm === 'ed25519' ? 'ed448' : 'ed25519';
    const signature = c.sign(algorithm, keys, keys.publicKey);
    expect(c.verify(wrong, keys.publicKey, signature, keys.publicKey)).toBe(false);
  });
});
