/**
 * X3DH parameters of the two parties (agent-protocol.md, "X3DH"; pqdr.md): two X448 keys each and, with the KEM, a
 * proposal or a response. Version 3 only; older ratchets, which have no KEM, are not supported.
 */
import { generateX448, type KeyPair, type Sntrup761KeyPair, x448KeyCodec } from '../crypto/index.ts';
import { type Codec, maybe, refine, struct, word16 } from '../encoding/index.ts';
import { type KemAccepted, type KemParams, kemParamsCodec, type RatchetEnvironment } from './kem.ts';

/** The supported ratchet version: the first with the post-quantum KEM. */
export const RATCHET_VERSION = 3;

export interface E2EParams {
  readonly version: number;
  readonly key1: Uint8Array;
  readonly key2: Uint8Array;
  readonly kem: KemParams | undefined;
}

/** Version, both keys, optional KEM parameters, as encoded in a confirmation. */
export const e2eParamsCodec: Codec<E2EParams> = struct<E2EParams>({
  version: refine(word16, (v) => v >= RATCHET_VERSION, `ratchet version ${RATCHET_VERSION} or newer expected`),
  key1: x448KeyCodec,
  key2: x448KeyCodec,
  kem: maybe(kemParamsCodec),
});

/** Stored by the initiator until the joiner replies. */
export interface InitiatorSecrets {
  readonly key1: KeyPair;
  readonly key2: KeyPair;
  readonly kem: Sntrup761KeyPair | undefined;
}

/** Stored by the joiner: at most one of an own proposal and a response to the initiator's. */
export interface JoinerSecrets {
  readonly key1: KeyPair;
  readonly key2: KeyPair;
  readonly kem: { readonly keys: Sntrup761KeyPair; readonly accepted: KemAccepted | undefined } | undefined;
}

/** New parameters for an invitation; `proposeKem` adds a KEM key (1.2 KB). */
export function initiatorParams(
  env: RatchetEnvironment,
  proposeKem: boolean,
): { readonly secrets: InitiatorSecrets; readonly params: E2EParams } {
  const key1 = generateX448(env.random);
  const key2 = generateX448(env.random);
  const kem = proposeKem ? env.kemKeyPair() : undefined;
  return { secrets: { key1, key2, kem }, params: initiatorPublicParams({ key1, key2, kem }) };
}

/** The public part of an initiator's secrets. */
export function initiatorPublicParams(secrets: InitiatorSecrets): E2EParams {
  return {
    version: RATCHET_VERSION,
    key1: secrets.key1.publicKey,
    key2: secrets.key2.publicKey,
    kem: secrets.kem && { kind: 'proposed', publicKey: secrets.kem.publicKey },
  };
}

/** Parameters in reply to `peer`'s: with the KEM on, accepts its proposal, or makes one if it has none. */
export function joinerParams(
  env: RatchetEnvironment,
  peer: E2EParams,
  useKem: boolean,
): { readonly secrets: JoinerSecrets; readonly params: E2EParams } {
  const key1 = generateX448(env.random);
  const key2 = generateX448(env.random);
  const params = { version: RATCHET_VERSION, key1: key1.publicKey, key2: key2.publicKey };
  if (!useKem) return { secrets: { key1, key2, kem: undefined }, params: { ...params, kem: undefined } };
  const keys = env.kemKeyPair();
  if (peer.kem === undefined) {
    return {
      secrets: { key1, key2, kem: { keys, accepted: undefined } },
      params: { ...params, kem: { kind: 'proposed', publicKey: keys.publicKey } },
    };
  }
  const peerPublicKey = peer.kem.publicKey;
  const { ciphertext, sharedKey } = env.kem.encapsulate(peerPublicKey, env.random);
  return {
    secrets: { key1, key2, kem: { keys, accepted: { peerPublicKey, sharedKey, ciphertext } } },
    params: { ...params, kem: { kind: 'accepted', ciphertext, publicKey: keys.publicKey } },
  };
}
