/**
 * Private routing (simplex-messaging.md, "Proxying sender commands"): a client has its proxy, a server it trusts,
 * forward commands to the relay, the server of somebody else's choice, which learns nothing of the client. Two layers:
 *
 * ```
 * PFWD, PRES   batch of one transmission, padded; between client and relay, with a key of each command
 * RFWD, RRES   that with its correlation id, version and key, not padded; between proxy and relay, with their session's keys
 * ```
 *
 * Nonces are correlation ids, for answers back to front.
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

/** What a command, and its answer, is padded to before it is encrypted between client and relay. */
export const FORWARDED_SIZE = 16_226;

/** What the proxy forwards: PFWD with its correlation id. */
export interface ForwardedCommand {
  /** 24 bytes. */
  readonly corrId: Uint8Array;
  /** The version of the command inside. */
  readonly version: number;
  /** The client's X25519 key for this one command. */
  readonly key: Uint8Array;
  readonly transmission: Uint8Array;
}

export const forwardedCommandCodec: Codec<ForwardedCommand> = struct<ForwardedCommand>({
  corrId: bytes,
  version: word16,
  key: x25519KeyCodec,
  transmission: tail,
});

/** What the proxy gives back: PRES with the correlation id of its PFWD. */
export interface ForwardedResponse {
  readonly corrId: Uint8Array;
  readonly response: Uint8Array;
}

export const forwardedResponseCodec: Codec<ForwardedResponse> = struct<ForwardedResponse>({
  corrId: bytes,
  response: tail,
});

/** The secret of either layer: of one's own X25519 key and the other end's. */
export const forwardingSecret = x25519;

/** Client: a transmission for the relay; {@link CryptoError} when it is too large. */
export function sealCommand(secret: Uint8Array, corrId: Uint8Array, transmission: Uint8Array): Uint8Array {
  return encodeWith(batchCodec, [transmission], (batch) => boxSealPadded(secret, corrId, batch, FORWARDED_SIZE));
}

/** Relay: the transmissions of a command, of which there should be one; undefined when they cannot be read. */
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

/** Relay: the answer for the client. */
export const sealAnswer = (secret: Uint8Array, corrId: Uint8Array, transmission: Uint8Array): Uint8Array =>
  sealCommand(secret, reverseNonce(corrId), transmission);

/** Client: the one transmission that the relay answered; throws {@link CryptoError} or {@link DecodeError}. */
export function openAnswer(secret: Uint8Array, corrId: Uint8Array, sealed: Uint8Array): Uint8Array {
  const [transmission, ...more] = parseBatch(boxOpenPadded(secret, reverseNonce(corrId), sealed));
  if (transmission === undefined || more.length > 0) throw new DecodeError('one answer expected', 0);
  return transmission;
}

/** Proxy: the content of RFWD. */
export const sealForward = (secret: Uint8Array | BoxKey, corrId: Uint8Array, command: ForwardedCommand): Uint8Array =>
  boxSeal(secret, corrId, encode(forwardedCommandCodec, command));

/** Relay: {@link CryptoError} when it does not open. What is inside may still be unreadable. */
export const openForward = (secret: Uint8Array | BoxKey, corrId: Uint8Array, sealed: Uint8Array): Uint8Array =>
  boxOpen(secret, corrId, sealed);

/** Relay: the content of RRES. */
export const sealForwardAnswer = (
  secret: Uint8Array | BoxKey,
  corrId: Uint8Array,
  response: ForwardedResponse,
): Uint8Array => boxSeal(secret, reverseNonce(corrId), encode(forwardedResponseCodec, response));

/** Proxy: throws {@link CryptoError} or {@link DecodeError}. */
export const openForwardAnswer = (
  secret: Uint8Array | BoxKey,
  corrId: Uint8Array,
  sealed: Uint8Array,
): ForwardedResponse => decode(forwardedResponseCodec, boxOpen(secret, reverseNonce(corrId), sealed));

/** A client's way to a relay: what PKEY said, checked. */
export interface RelaySession {
  /** Of the connection between proxy and relay: the entity of PFWD, and what commands to the relay are bound to. */
  readonly sessionId: Uint8Array;
  /** To speak with the relay. */
  readonly version: number;
  /** The relay's X25519 key of that connection. */
  readonly relayKey: Uint8Array;
}

/**
 * Client: checks that it is the relay, and not the proxy, whose key PKEY has. Throws {@link TransportError} of kind
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
    throw new TransportError('identity', `what the proxy presents is not that server: ${cause.message}`, { cause });
  }
}

/** Client: PFWD of a transmission, to be sent with `corrId` about the relay's session; `keys` are for it alone. */
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
