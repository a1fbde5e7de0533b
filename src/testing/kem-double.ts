/**
 * A double of the KEM for simulations and tests: it agrees on keys as sntrup761 does, has its sizes, and protects nothing. What
 * goes wrong in a session that mixes up KEM keys goes wrong with it too.
 */
import {
  type Kem,
  SNTRUP761_CIPHERTEXT_SIZE,
  SNTRUP761_PUBLIC_KEY_SIZE,
  SNTRUP761_SECRET_KEY_SIZE,
  sha256,
} from '../crypto/index.ts';
import { concatBytes } from '../encoding/index.ts';

const SEED_SIZE = 32;

function filled(size: number, start: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(size);
  bytes.set(start);
  return bytes;
}

const shared = (publicKey: Uint8Array, seed: Uint8Array) => sha256(concatBytes(publicKey.subarray(0, SEED_SIZE), seed));

export const unsafeKemDouble: Kem = {
  generate(random) {
    const secret = random.bytes(SEED_SIZE);
    return {
      publicKey: filled(SNTRUP761_PUBLIC_KEY_SIZE, sha256(secret)),
      secretKey: filled(SNTRUP761_SECRET_KEY_SIZE, secret),
    };
  },
  encapsulate(publicKey, random) {
    const seed = random.bytes(SEED_SIZE);
    return { ciphertext: filled(SNTRUP761_CIPHERTEXT_SIZE, seed), sharedKey: shared(publicKey, seed) };
  },
  decapsulate(secretKey, ciphertext) {
    const publicKey = sha256(secretKey.subarray(0, SEED_SIZE));
    return shared(publicKey, ciphertext.subarray(0, SEED_SIZE));
  },
};
