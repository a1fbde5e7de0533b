/** Ed25519 and Ed448 signatures (RFC 8032): 64 and 114 bytes. */
import { createPrivateKey, createPublicKey, sign as nodeSign, verify as nodeVerify } from 'node:crypto';
import type { Random } from '../base/index.ts';
import { concatBytes } from '../encoding/index.ts';
import { encodePrivateKeyDer, encodePublicKeyDer, rawPublicKey } from './key-der.ts';
import type { KeyPair } from './key-pair.ts';
import { wipe } from './memory.ts';
import { sodium } from './sodium.ts';

export type SignatureAlgorithm = 'ed25519' | 'ed448';

export const ED25519_SIGNATURE_SIZE = 64;
export const ED448_SIGNATURE_SIZE = 114;

const ED448_KEY_SIZE = 57;

export function generateEd25519(random: Random): KeyPair {
  const privateKey = random.bytes(32);
  const publicKey = new Uint8Array(32);
  const secretKey = new Uint8Array(64);
  sodium.crypto_sign_seed_keypair(publicKey, secretKey, privateKey);
  wipe(secretKey);
  return { publicKey, privateKey };
}

export function signEd25519(keys: KeyPair, message: Uint8Array): Uint8Array {
  const signature = new Uint8Array(ED25519_SIGNATURE_SIZE);
  const secretKey = concatBytes(keys.privateKey, keys.publicKey);
  sodium.crypto_sign_detached(signature, message, secretKey);
  wipe(secretKey);
  return signature;
}

export function verifyEd25519(publicKey: Uint8Array, signature: Uint8Array, message: Uint8Array): boolean {
  if (publicKey.length !== 32 || signature.length !== ED25519_SIGNATURE_SIZE) return false;
  return sodium.crypto_sign_verify_detached(signature, message, publicKey);
}

const privateObject = (algorithm: SignatureAlgorithm, raw: Uint8Array) =>
  createPrivateKey({ key: Buffer.from(encodePrivateKeyDer(algorithm, raw)), format: 'der', type: 'pkcs8' });

const publicObject = (algorithm: SignatureAlgorithm, raw: Uint8Array) =>
  createPublicKey({ key: Buffer.from(encodePublicKeyDer(algorithm, raw)), format: 'der', type: 'spki' });

export function generateEd448(random: Random): KeyPair {
  const privateKey = random.bytes(ED448_KEY_SIZE);
  return { publicKey: rawPublicKey(createPublicKey(privateObject('ed448', privateKey))), privateKey };
}

export function signEd448(keys: KeyPair, message: Uint8Array): Uint8Array {
  return new Uint8Array(nodeSign(null, message, privateObject('ed448', keys.privateKey)));
}

export function verifyEd448(publicKey: Uint8Array, signature: Uint8Array, message: Uint8Array): boolean {
  if (signature.length !== ED448_SIGNATURE_SIZE) return false;
  try {
    return nodeVerify(null, message, publicObject('ed448', publicKey), signature);
  } catch {
    return false;
  }
}

/** Signs with either algorithm. */
export function sign(algorithm: SignatureAlgorithm, keys: KeyPair, message: Uint8Array): Uint8Array {
  return algorithm === 'ed25519' ? signEd25519(keys, message) : signEd448(keys, message);
}

export function verify(
  algorithm: SignatureAlgorithm,
  publicKey: Uint8Array,
  signature: Uint8Array,
  message: Uint8Array,
): boolean {
  return algorithm === 'ed25519'
    ? verifyEd25519(publicKey, signature, message)
    : verifyEd448(publicKey, signature, message);
}
