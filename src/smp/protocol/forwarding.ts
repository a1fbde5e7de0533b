/**
 * Private routing (simplex-messaging.md, "Proxying sender commands"): a client has its proxy, a server it trusts,
 * forward commands to the relay, the recipient's server, which does not learn the client's address. Two layers of
 * encryption:
 *
 * ```
 * PFWD, PRES   batch of one transmission, padded; between client and relay, with a key of each command
 * RFWD, RRES   that with its correlation id, version and key, not padded; between proxy and relay, with their session's keys
 * ```
 *
 * The nonces are the correlation ids; for responses, reversed.
 */
import {
  type BoxKey,
  boxOpen,
  boxOpenPadded,
  boxSeal,
  boxSealPadded,
  CryptoError,
  certificateFingerprint,
  chainIdentity,
  decodePublicKeyDer,
  type KeyPair,
  reverseNonce,
  verifyChain,
  verifySignedKey,
  x25519,
  x25519KeyCodec,
} from '../../crypto/index.ts';
import {
  bytes,
  type Codec,
  DecodeError,
  decode,
  encode,
  encodeWith,
  equalBytes,
  struct,
  tail,
  word16,
} from '../../encoding/index.ts';
import { compatibleVersion, type SmpServer, type VersionRange } from '../../protocol/index.ts';
import { batchCodec, parseBatch, TransportError } from '../../transport/index.ts';
import type { Command } from './command.ts';
import type { Response } from './response.ts';

/** Padded size of a command or its response before encryption between client and relay. */
export const FORWARDED_SIZE = 16_226;

/** The content of PFWD, with its correlation id. */
export interface ForwardedCommand {
  /** 24 bytes. */
  readonly corrId: Uint8Array;
  /** The version of the forwarded command. */
  readonly version: number;
  /** The client's X25519 key for this command only. */
  readonly key: Uint8Array;
  readonly transmission: Uint8Array;
}

export const forwardedCommandCodec: Codec<ForwardedCommand> = struct<ForwardedCommand>({
  corrId: bytes,
  version: word16,
  key: x25519KeyCodec,
  transmission: tail,
});

/** The content of PRES, with the correlation id of its PFWD. */
export interface ForwardedResponse {
  readonly corrId: Uint8Array;
  readonly response: Uint8Array;
}

export const forwardedResponseCodec: Codec<ForwardedResponse> = struct<ForwardedResponse>({
  corrId: bytes,
  response: tail,
});

/** The shared secret of either layer: from an own X25519 private key and the peer's public key. */
export const forwardingSecret = x25519;

/** Client: encrypts a transmission for the relay; throws {@link CryptoError} when it is too large. */
export function sealCommand(secret: Uint8Array, corrId: Uint8Array, transmission: Uint8Array): Uint8Array {
  return encodeWith(batchCodec, [transmission], (batch) => boxSealPadded(secret, corrId, batch, FORWARDED_SIZE));
}

/** Relay: decrypts a command to its transmissions, of which there should be one; undefined when they are unreadable. */
export function openCommand(
  secret: Uint8Array,
  corrId: Uint8Array,
  sealed: Uint8Array,
): readonly Uint8Array[] | undefined {
  const batch = boxOpenPadded(secret, corrId, sealed);
  try {
    return parseBatch(batch);
  } catch (error) {
    if (error instanceof DecodeError) return undefined;
    throw error;
  }
}

/** Relay: encrypts the response for the client. */
export const sealAnswer = (secret: Uint8Array, corrId: Uint8Array, transmission: Uint8Array): Uint8Array =>
  sealCommand(secret, reverseNonce(corrId), transmission);

/** Client: decrypts the relay's response, one transmission; throws {@link CryptoError} or {@link DecodeError}. */
export function openAnswer(secret: Uint8Array, corrId: Uint8Array, sealed: Uint8Array): Uint8Array {
  const [transmission, ...more] = parseBatch(boxOpenPadded(secret, reverseNonce(corrId), sealed));
  if (transmission === undefined || more.length > 0) throw new DecodeError('one answer expected', 0);
  return transmission;
}

/** Proxy: encrypts the content of RFWD. */
export const sealForward = (secret: Uint8Array | BoxKey, corrId: Uint8Array, command: ForwardedCommand): Uint8Array =>
  boxSeal(secret, corrId, encode(forwardedCommandCodec, command));

/** Relay: decrypts it; throws {@link CryptoError}. The content may still be unreadable. */
export const openForward = (secret: Uint8Array | BoxKey, corrId: Uint8Array, sealed: Uint8Array): Uint8Array =>
  boxOpen(secret, corrId, sealed);

/** Relay: encrypts the content of RRES. */
export const sealForwardAnswer = (
  secret: Uint8Array | BoxKey,
  corrId: Uint8Array,
  response: ForwardedResponse,
): Uint8Array => boxSeal(secret, reverseNonce(corrId), encode(forwardedResponseCodec, response));

/** Proxy: decrypts it; throws {@link CryptoError} or {@link DecodeError}. */
export const openForwardAnswer = (
  secret: Uint8Array | BoxKey,
  corrId: Uint8Array,
  sealed: Uint8Array,
): ForwardedResponse => decode(forwardedResponseCodec, boxOpen(secret, reverseNonce(corrId), sealed));

/** A client's session with a relay: the verified content of PKEY. */
export interface RelaySession {
  /** The session id between proxy and relay: the entity id of PFWD, and what commands to the relay are bound to. */
  readonly sessionId: Uint8Array;
  /** The SMP version of commands to the relay. */
  readonly version: number;
  /** The relay's X25519 public key in that session. */
  readonly relayKey: Uint8Array;
}

/**
 * Client: verifies that the key in PKEY is the relay's, and not the proxy's. Throws {@link TransportError} of kind
 * `identity` or `version`.
 */
export function relaySession(
  answer: Extract<Response, { readonly kind: 'PKEY' }>,
  relay: SmpServer,
  versions: VersionRange,
  nowMs: number,
): RelaySession {
  const version = compatibleVersion(versions, answer.versions);
  if (version === undefined) {
    throw new TransportError('version', 'the proxy and the server behind it have no version in common with us');
  }
  const { certificates, signedKey } = answer.key;
  try {
    if (!equalBytes(certificateFingerprint(chainIdentity(certificates)), relay.keyHash)) {
      throw new CryptoError('the certificate is that of another server');
    }
    verifyChain(certificates, nowMs);
    const key = decodePublicKeyDer(verifySignedKey(signedKey, certificates[0]!));
    if (key.algorithm !== 'x25519') throw new CryptoError(`session key is ${key.algorithm}, not x25519`);
    return { sessionId: answer.sessionId, version, relayKey: key.raw };
  } catch (cause) {
    if (!(cause instanceof CryptoError)) throw cause;
    throw new TransportError('identity', `the proxy presented invalid certificates of that server: ${cause.message}`, {
      cause,
    });
  }
}

/**
 * Client: makes PFWD of a transmission, to be sent with `corrId` and the relay's session id; `keys` are for this
 * command only.
 */
export function forwardCommand(
  relay: RelaySession,
  keys: KeyPair,
  corrId: Uint8Array,
  transmission: Uint8Array,
): Extract<Command, { readonly kind: 'PFWD' }> {
  const secret = forwardingSecret(keys.privateKey, relay.relayKey);
  return {
    kind: 'PFWD',
    version: relay.version,
    key: keys.publicKey,
    transmission: sealCommand(secret, corrId, transmission),
  };
}
