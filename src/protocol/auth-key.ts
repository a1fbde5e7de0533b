/** Keys that authorize commands: Ed25519 and Ed448 keys sign them, X25519 keys authenticate them to one server. */
import {
  CryptoError,
  constantTimeEqual,
  decodePublicKeyDer,
  encodePublicKeyDer,
  type KeyPair,
} from '../crypto/index.ts';
import { bytes, type Codec, DecodeError, map } from '../encoding/index.ts';

export type AuthAlgorithm = 'ed25519' | 'x25519' | 'ed448';

export interface AuthKey {
  readonly algorithm: AuthAlgorithm;
  readonly keys: KeyPair;
}

export interface AuthPublicKey {
  readonly algorithm: AuthAlgorithm;
  /** Raw: 32 bytes, 57 for Ed448. */
  readonly key: Uint8Array;
}

export function authPublicKey(key: AuthKey): AuthPublicKey {
  return { algorithm: key.algorithm, key: key.keys.publicKey };
}

export function sameAuthKey(a: AuthPublicKey, b: AuthPublicKey): boolean {
  return a.algorithm === b.algorithm && constantTimeEqual(a.key, b.key);
}

function fromDer(der: Uint8Array): AuthPublicKey {
  try {
    const { algorithm, raw } = decodePublicKeyDer(der);
    if (algorithm === 'x448') throw new DecodeError('X448 keys authorise nothing', 0);
    return { algorithm, key: raw };
  } catch (cause) {
    if (cause instanceof CryptoError) throw new DecodeError('invalid key', 0, { cause });
    throw cause;
  }
}

/** A key as a short string with its DER. */
export const authPublicKeyCodec: Codec<AuthPublicKey> = map(bytes, fromDer, (key) =>
  encodePublicKeyDer(key.algorithm, key.key),
);
