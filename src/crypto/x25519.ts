/** X25519 (RFC 7748): 32-byte keys. */

import type { Random } from '../base/index.ts';
import { CryptoError } from './errors.ts';
import type { KeyPair } from './key-pair.ts';
import { sodium } from './sodium.ts';

export const X25519_KEY_SIZE = 32;

export function x25519PublicKey(privateKey: Uint8Array): Uint8Array {
  const publicKey = new Uint8Array(X25519_KEY_SIZE);
  sodium.crypto_scalarmult_base(publicKey, privateKey);
  return publicKey;
}

export function generateX25519(random: Random): KeyPair {
  const privateKey = random.bytes(X25519_KEY_SIZE);
  return { publicKey: x25519PublicKey(privateKey), privateKey };
}

/** The 32-byte shared secret; refuses points of low order with {@link CryptoError}. */
export function x25519(privateKey: Uint8Array, publicKey: Uint8Array): Uint8Array {
  const secret = new Uint8Array(X25519_KEY_SIZE);
  try {
    sodium.crypto_scalarmult(secret, privateKey, publicKey);
  } catch (cause) {
    throw new CryptoError('unusable X25519 public key', { cause });
  }
  return secret;
}
