/** Key derivation of X3DH and the double ratchet (pqdr.md, "Double ratchet with header encryption"). */
import { hkdfSha512, type KeyPair, wipe, x448 } from '../crypto/index.ts';
import { concatBytes, emptyBytes } from '../encoding/index.ts';

/** Three 32-byte keys from one input. */
export function hkdf3(salt: Uint8Array, ikm: Uint8Array, info: string): readonly [Uint8Array, Uint8Array, Uint8Array] {
  const out = hkdfSha512(salt, ikm, info, 96);
  const keys = [out.slice(0, 32), out.slice(32, 64), out.slice(64)] as const;
  wipe(out);
  return keys;
}

export interface RootStep {
  readonly rootKey: Uint8Array;
  readonly chainKey: Uint8Array;
  readonly nextHeaderKey: Uint8Array;
}

/** KDF_RK_HE: the root key advances with a DH result and, with KEM, a shared secret after it. */
export function rootKdf(
  rootKey: Uint8Array,
  own: KeyPair,
  peerPublicKey: Uint8Array,
  kemShared: Uint8Array | undefined,
): RootStep {
  const secret = concatBytes(x448(own, peerPublicKey), kemShared ?? emptyBytes);
  const [nextRoot, chainKey, nextHeaderKey] = hkdf3(rootKey, secret, 'SimpleXRootRatchet');
  wipe(secret);
  return { rootKey: nextRoot, chainKey, nextHeaderKey };
}

/** Key and IV (32 and 16 bytes) that encrypt the body of one message. */
export interface MessageKey {
  readonly key: Uint8Array;
  readonly iv: Uint8Array;
}

export interface ChainStep {
  readonly chainKey: Uint8Array;
  readonly messageKey: MessageKey;
  readonly headerIv: Uint8Array;
}

/** KDF_CK: one step of a sending or receiving chain. */
export function chainKdf(chainKey: Uint8Array): ChainStep {
  const [next, key, ivs] = hkdf3(emptyBytes, chainKey, 'SimpleXChainRatchet');
  return { chainKey: next, messageKey: { key, iv: ivs.slice(0, 16) }, headerIv: ivs.slice(16) };
}
