/** X448 (RFC 7748): 56-byte keys. */
import { createPrivateKey, createPublicKey, diffieHellman } from 'node:crypto';
import type { Random } from '../base/index.ts';
import { CryptoError } from './errors.ts';
import { encodePrivateKeyDer, rawPublicKey } from './key-der.ts';
import type { KeyPair } from './key-pair.ts';

export const X448_KEY_SIZE = 56;

export function x448PublicKey(privateKey: Uint8Array): Uint8Array {
  const key = createPrivateKey({
    key: Buffer.from(encodePrivateKeyDer('x448', privateKey)),
    format: 'der',
    type: 'pkcs8',
  });
  return rawPublicKey(createPublicKey(key));
}

export function generateX448(random: Random): KeyPair {
  const privateKey = random.bytes(X448_KEY_SIZE);
  return { publicKey: x448PublicKey(privateKey), privateKey };
}

const base64url = (raw: Uint8Array) => Buffer.from(raw).toString('base64url');

/** The 56-byte shared secret of our key pair and the peer's public key; refuses points of low order. */
export function x448(own: KeyPair, publicKey: Uint8Array): Uint8Array {
  try {
    const jwk = { kty: 'OKP', crv: 'X448' };
    return new Uint8Array(
      diffieHellman({
        privateKey: createPrivateKey({
          key: { ...jwk, x: base64url(own.publicKey), d: base64url(own.privateKey) },
          format: 'jwk',
        }),
        publicKey: createPublicKey({ key: { ...jwk, x: base64url(publicKey) }, format: 'jwk' }),
      }),
    );
  } catch (cause) {
    throw new CryptoError('unusable X448 public key', { cause });
  }
}
