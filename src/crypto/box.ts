/**
 * NaCl crypto_box and the constructions based on it: boxes of messages and blocks, and the command authenticator. The
 * 32-byte secret, a DH result or a key, always goes through HSalsa20 first: `secret_box` differs from `crypto_box` only
 * in the origin of the secret. Output is the 16-byte tag, then the ciphertext.
 */
import { hsalsa } from '@noble/ciphers/salsa.js';
import { sha512 } from './digest.ts';
import { CryptoError } from './errors.ts';
import { constantTimeEqual, wipe } from './memory.ts';
import { padInto, unPad } from './padding.ts';
import { sodium } from './sodium.ts';
import { x25519 } from './x25519.ts';

export const BOX_TAG_SIZE = 16;
export const BOX_NONCE_SIZE = 24;
/** SHA-512 digest and tag. */
export const AUTHENTICATOR_SIZE = 80;

/** "expand 32-byte k" as little-endian words. */
const SIGMA = Uint32Array.of(0x61707865, 0x3320646e, 0x79622d32, 0x6b206574);
const ZERO_NONCE = new Uint32Array(4);

/** A secret after HSalsa20, to be reused for many boxes. */
export type BoxKey = { readonly boxKey: Uint8Array };

/** Scratch buffers for derived and one-time keys; wiped after use. */
const secretWords = new Uint32Array(8);
const secretBytes = new Uint8Array(secretWords.buffer);
const derivedWords = new Uint32Array(8);
const derivedKey = new Uint8Array(derivedWords.buffer);

function deriveKey(secret: Uint8Array): void {
  if (secret.length !== 32) throw new CryptoError('a box key has 32 bytes');
  secretBytes.set(secret);
  hsalsa(SIGMA, secretWords, ZERO_NONCE, derivedWords);
  wipe(secretBytes);
}

/** Derives the key of a 32-byte secret for repeated use. */
export function boxKey(secret: Uint8Array): BoxKey {
  deriveKey(secret);
  const key = derivedKey.slice();
  wipe(derivedKey);
  return { boxKey: key };
}

/** The box key. For a raw secret it is the shared scratch buffer {@link derivedKey}, which the caller must wipe. */
function keyOf(secret: Uint8Array | BoxKey): Uint8Array {
  if (!(secret instanceof Uint8Array)) return secret.boxKey;
  deriveKey(secret);
  return derivedKey;
}

function sealInto(sealed: Uint8Array, secret: Uint8Array | BoxKey, nonce: Uint8Array, message: Uint8Array): void {
  checkNonce(nonce);
  sodium.crypto_secretbox_easy(sealed, message, nonce, keyOf(secret));
  wipe(derivedKey);
}

/** Nonces may come from the peer: message ids of servers are used as nonces. */
function checkNonce(nonce: Uint8Array): void {
  if (nonce.length !== BOX_NONCE_SIZE) throw new CryptoError(`a box nonce has ${BOX_NONCE_SIZE} bytes`);
}

/** Seals without padding: `message.length + 16` bytes. */
export function boxSeal(secret: Uint8Array | BoxKey, nonce: Uint8Array, message: Uint8Array): Uint8Array {
  const sealed = new Uint8Array(message.length + BOX_TAG_SIZE);
  sealInto(sealed, secret, nonce, message);
  return sealed;
}

/** Opens the result of {@link boxSeal}; throws {@link CryptoError} when it is forged, damaged or for another key. */
export function boxOpen(secret: Uint8Array | BoxKey, nonce: Uint8Array, sealed: Uint8Array): Uint8Array {
  if (sealed.length < BOX_TAG_SIZE) throw new CryptoError('box is too short');
  return openInto(new Uint8Array(sealed.length - BOX_TAG_SIZE), secret, nonce, sealed);
}

function openInto(message: Uint8Array, secret: Uint8Array | BoxKey, nonce: Uint8Array, sealed: Uint8Array): Uint8Array {
  checkNonce(nonce);
  if (sealed.length < BOX_TAG_SIZE) throw new CryptoError('box is too short');
  const opened = sodium.crypto_secretbox_open_easy(message, sealed, nonce, keyOf(secret));
  wipe(derivedKey);
  if (!opened) throw new CryptoError('box does not open with this key');
  return message;
}

/** Seals `message` padded to `size`: `size + 16` bytes. */
export function boxSealPadded(
  secret: Uint8Array | BoxKey,
  nonce: Uint8Array,
  message: Uint8Array,
  size: number,
): Uint8Array {
  const sealed = new Uint8Array(size + BOX_TAG_SIZE);
  boxSealPaddedInto(sealed, secret, nonce, message);
  return sealed;
}

/** {@link boxSealPadded} into `sealed`. */
export function boxSealPaddedInto(
  sealed: Uint8Array,
  secret: Uint8Array | BoxKey,
  nonce: Uint8Array,
  message: Uint8Array,
): void {
  const padded = sealed.subarray(BOX_TAG_SIZE);
  padInto(padded, message);
  sealInto(sealed, secret, nonce, padded);
}

export function boxOpenPadded(secret: Uint8Array | BoxKey, nonce: Uint8Array, sealed: Uint8Array): Uint8Array {
  return unPad(boxOpen(secret, nonce, sealed));
}

/** {@link boxOpenPadded} in place: overwrites `sealed`, and the message is a view of it. */
export function boxOpenPaddedInPlace(secret: Uint8Array, nonce: Uint8Array, sealed: Uint8Array): Uint8Array {
  return unPad(openInto(sealed.subarray(BOX_TAG_SIZE), secret, nonce, sealed));
}

/** The 80-byte authenticator of a message, given in parts: a box of its SHA-512 digest between two X25519 keys. */
export function authenticate(
  peerPublicKey: Uint8Array,
  privateKey: Uint8Array,
  nonce: Uint8Array,
  ...message: readonly Uint8Array[]
): Uint8Array {
  return boxSeal(x25519(privateKey, peerPublicKey), nonce, sha512(...message));
}

/** The key of authenticators between two X25519 keys; throws {@link CryptoError} for an invalid public key. */
export const authenticatorKey = (peerPublicKey: Uint8Array, privateKey: Uint8Array): BoxKey =>
  boxKey(x25519(privateKey, peerPublicKey));

/** Verifies an authenticator of a message; `key` is that of {@link authenticatorKey}. */
export function verifyAuthenticator(
  key: BoxKey,
  nonce: Uint8Array,
  authenticator: Uint8Array,
  ...message: readonly Uint8Array[]
): boolean {
  if (authenticator.length !== AUTHENTICATOR_SIZE) return false;
  try {
    return constantTimeEqual(boxOpen(key, nonce, authenticator), sha512(...message));
  } catch {
    return false;
  }
}

/** A reversed nonce, for the response when request and response share a secret. */
export function reverseNonce(nonce: Uint8Array): Uint8Array {
  return Uint8Array.from(nonce).reverse();
}
