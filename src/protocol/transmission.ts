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

/** Bytes of a correlation id: random, and the nonce of an authenticator. */
export const CORRELATION_ID_SIZE = 24;
/** Bytes of the ids servers give to queues and messages. */
export const ENTITY_ID_SIZE = 24;

/** A command or response with what it belongs to; both ids may be empty. */
export interface Transmission {
  readonly corrId: Uint8Array;
  readonly entityId: Uint8Array;
  readonly command: Uint8Array;
}

const authorizedCodec: Codec<Transmission> = struct<Transmission>({ corrId: bytes, entityId: bytes, command: tail });

export interface RawTransmission {
  readonly authorization: Uint8Array;
  /** Ed25519, by a client that is a service, of the part that is signed. */
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

/** The codec of transmissions that have a place for a service's signature, or have none. */
export const transmissionCodec = (hasServiceSignature: boolean): Codec<RawTransmission> =>
  hasServiceSignature ? withServiceSignature : withoutServiceSignature;

/** Reads the part after the authorization. */
export { authorizedCodec };

/** What is signed, in two parts: the part that is sent, bound to the connection. */
export function signedParts(sessionId: Uint8Array, authorized: Uint8Array): readonly [Uint8Array, Uint8Array] {
  return [encode(bytes, sessionId), authorized];
}

/** The connection a command is authorised for. */
export interface AuthorizationContext {
  readonly sessionId: Uint8Array;
  /** The server's X25519 key of this session, for authenticators: its public key at the client. */
  readonly serverKey: Uint8Array;
  /** Whether transmissions have a place for the signature of a service, which we are not. */
  readonly hasServiceSignature: boolean;
}

/** The signature or authenticator of `authorized`. */
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

/** A whole transmission; unauthorised when `key` is undefined. */
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

/** Transmissions without authorization, whose command is written by its own codec. */
export function unauthorizedCodec<T>(command: Codec<T>): Codec<UnauthorizedTransmission<T>> {
  return struct<UnauthorizedTransmission<T>>({ authorization: literal('\0'), corrId: bytes, entityId: bytes, command });
}

/** What an authorization must be, from its size; undefined for a size that none has. */
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

/** What a server checks an authorization against. */
export interface AuthorizedCommand {
  readonly authorization: Uint8Array;
  /** With the session id: see {@link signedParts}. */
  readonly signed: readonly Uint8Array[];
  readonly corrId: Uint8Array;
  /** Private half of the server's X25519 key of this session. */
  readonly serverPrivateKey: Uint8Array;
  /** Secrets of keys that made valid authenticators in this session before, where that is remembered. */
  readonly known?: KnownSecrets | undefined;
}

/** Computing a secret takes longer than all else about an authenticator, and senders send again and again. */
export interface KnownSecrets {
  get(publicKey: Uint8Array): BoxKey | undefined;
  /** Only of a key that made a valid authenticator: others must take the same time each time. */
  add(publicKey: Uint8Array, secret: BoxKey): void;
}

/** The nonce of an authenticator: the correlation id, whose size is what the client made it. */
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

/** Whether `key` made the authorization; the algorithm must be the key's own. */
export function verifyAuthorization(key: AuthPublicKey, command: AuthorizedCommand): boolean {
  if (key.algorithm === 'x25519') return verifyX25519(key.key, command);
  return verify(key.algorithm, key.key, command.authorization, concatBytes(...command.signed));
}
