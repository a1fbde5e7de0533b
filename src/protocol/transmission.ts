/**
 * Transmissions and their authorisation (simplex-messaging.md, "SMP Transmission and transport block structure"):
 *
 * ```
 * transmission = authorization [serviceSignature] authorized
 * serviceSignature = maybe signature     ; SMP 16 and later, where there is an authorization
 * authorized = correlationId entityId command      ; preceded by the session id where it is signed, not where it is sent
 * authorization = empty / signature / authenticator   ; short string of 0, 64 (Ed25519), 114 (Ed448) or 80 bytes
 * ```
 */
import {
  AUTHENTICATOR_SIZE,
  authenticate,
  authenticatorKey,
  type BoxKey,
  CryptoError,
  ED448_SIGNATURE_SIZE,
  ED25519_SIGNATURE_SIZE,
  sign,
  verify,
  verifyAuthenticator,
} from '../crypto/index.ts';
import { bytes, type Codec, concatBytes, emptyBytes, encode, literal, maybe, struct, tail } from '../encoding/index.ts';
import type { AuthKey, AuthPublicKey } from './auth-key.ts';

/** Size of a correlation id, which is random and the nonce of authenticators. */
export const CORRELATION_ID_SIZE = 24;
/** Size of the ids that servers assign to queues and messages. */
export const ENTITY_ID_SIZE = 24;

/** A command or response with its correlation and entity ids, which may be empty. */
export interface Transmission {
  readonly corrId: Uint8Array;
  readonly entityId: Uint8Array;
  readonly command: Uint8Array;
}

const authorizedCodec: Codec<Transmission> = struct<Transmission>({ corrId: bytes, entityId: bytes, command: tail });

export interface RawTransmission {
  readonly authorization: Uint8Array;
  /** An Ed25519 signature over the signed part, by a client that is a service. */
  readonly serviceSignature: Uint8Array | undefined;
  readonly authorized: Uint8Array;
}

const serviceSignatureCodec = maybe(bytes);

function makeCodec(hasServiceSignature: boolean): Codec<RawTransmission> {
  return {
    write(writer, { authorization, serviceSignature, authorized }) {
      bytes.write(writer, authorization);
      if (hasServiceSignature && authorization.length > 0) serviceSignatureCodec.write(writer, serviceSignature);
      tail.write(writer, authorized);
    },
    read(reader) {
      const authorization = bytes.read(reader);
      const serviceSignature =
        hasServiceSignature && authorization.length > 0 ? serviceSignatureCodec.read(reader) : undefined;
      return { authorization, serviceSignature, authorized: tail.read(reader) };
    },
  };
}

const withServiceSignature = makeCodec(true);
const withoutServiceSignature = makeCodec(false);

/** The codec of transmissions with or without a field for a service's signature. */
export const transmissionCodec = (hasServiceSignature: boolean): Codec<RawTransmission> =>
  hasServiceSignature ? withServiceSignature : withoutServiceSignature;

/** Parses the part after the authorization. */
export { authorizedCodec };

/** What is signed, in two parts: the session id, and the part that is sent. */
export function signedParts(sessionId: Uint8Array, authorized: Uint8Array): readonly [Uint8Array, Uint8Array] {
  return [encode(bytes, sessionId), authorized];
}

/** The connection that a command is authorized for. */
export interface AuthorizationContext {
  readonly sessionId: Uint8Array;
  /** The server's X25519 public key of this session, for authenticators. */
  readonly serverKey: Uint8Array;
  /** Whether transmissions have a field for a service's signature; this client never signs as one. */
  readonly hasServiceSignature: boolean;
}

/** The signature or authenticator over `authorized`. */
export function authorize(
  context: AuthorizationContext,
  key: AuthKey,
  corrId: Uint8Array,
  authorized: Uint8Array,
): Uint8Array {
  const signed = signedParts(context.sessionId, authorized);
  return key.algorithm === 'x25519'
    ? authenticate(context.serverKey, key.keys.privateKey, corrId, ...signed)
    : sign(key.algorithm, key.keys, concatBytes(...signed));
}

/** A whole transmission; without authorization when `key` is undefined. */
export function encodeTransmission(
  transmission: Transmission,
  context: AuthorizationContext | undefined,
  key: AuthKey | undefined,
): Uint8Array {
  const authorized = encode(authorizedCodec, transmission);
  const authorization =
    key === undefined || context === undefined ? emptyBytes : authorize(context, key, transmission.corrId, authorized);
  const codec = transmissionCodec(context?.hasServiceSignature === true);
  return encode(codec, { authorization, serviceSignature: undefined, authorized });
}

/** A transmission without authorization, as servers send it. */
interface UnauthorizedTransmission<T> {
  /** An empty short string. */
  readonly authorization: undefined;
  readonly corrId: Uint8Array;
  readonly entityId: Uint8Array;
  readonly command: T;
}

/** Codec of transmissions without authorization, for a given codec of commands. */
export function unauthorizedCodec<T>(command: Codec<T>): Codec<UnauthorizedTransmission<T>> {
  return struct<UnauthorizedTransmission<T>>({ authorization: literal('\0'), corrId: bytes, entityId: bytes, command });
}

/** The algorithm of an authorization, from its size; undefined for an invalid size. */
export function authorizationAlgorithm(authorization: Uint8Array): AuthPublicKey['algorithm'] | 'none' | undefined {
  switch (authorization.length) {
    case 0:
      return 'none';
    case ED25519_SIGNATURE_SIZE:
      return 'ed25519';
    case AUTHENTICATOR_SIZE:
      return 'x25519';
    case ED448_SIGNATURE_SIZE:
      return 'ed448';
    default:
      return undefined;
  }
}

/** The input for verifying an authorization. */
export interface AuthorizedCommand {
  readonly authorization: Uint8Array;
  /** With the session id: see {@link signedParts}. */
  readonly signed: readonly Uint8Array[];
  readonly corrId: Uint8Array;
  /** The server's X25519 private key of this session. */
  readonly serverPrivateKey: Uint8Array;
  /** Cached shared secrets of keys that made valid authenticators in this session, if they are cached. */
  readonly known?: KnownSecrets | undefined;
}

/** A cache of shared secrets: computing one is the most expensive part of verifying an authenticator. */
export interface KnownSecrets {
  get(publicKey: Uint8Array): BoxKey | undefined;
  /**
   * Must only be called for keys that made a valid authenticator: verification of others must always take the same
   * time.
   */
  add(publicKey: Uint8Array, secret: BoxKey): void;
}

/** The nonce of an authenticator: the correlation id, whose size the client chose. */
function nonceOf(corrId: Uint8Array): Uint8Array {
  if (corrId.length === CORRELATION_ID_SIZE) return corrId;
  const nonce = new Uint8Array(CORRELATION_ID_SIZE);
  nonce.set(corrId.subarray(0, CORRELATION_ID_SIZE));
  return nonce;
}

function verifyX25519(publicKey: Uint8Array, command: AuthorizedCommand): boolean {
  const { authorization, signed, corrId, serverPrivateKey, known } = command;
  const nonce = nonceOf(corrId);
  const before = known?.get(publicKey);
  let secret: BoxKey;
  try {
    secret = before ?? authenticatorKey(publicKey, serverPrivateKey);
  } catch (error) {
    if (error instanceof CryptoError) return false;
    throw error;
  }
  const valid = verifyAuthenticator(secret, nonce, authorization, ...signed);
  if (valid && before === undefined) known?.add(publicKey, secret);
  return valid;
}

/** Whether `key` made the authorization; the algorithm must be that of the key. */
export function verifyAuthorization(key: AuthPublicKey, command: AuthorizedCommand): boolean {
  if (key.algorithm === 'x25519') return verifyX25519(key.key, command);
  return verify(key.algorithm, key.key, command.authorization, concatBytes(...command.signed));
}
