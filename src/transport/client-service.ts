/**
 * Clients that are services (simplex-messaging.md, "Service certificates"): they present a certificate in TLS and the
 * same one in their hello, with a session key signed by it. The server answers with another block:
 *
 * ```
 * serviceHello = role certificates signedKey       ; role = "M" / "N" / "P"
 * serviceAnswer = "R" serviceId / "E" error
 * ```
 */
import {
  CryptoError,
  certificateFingerprint,
  chainIdentity,
  decodePublicKeyDer,
  verifyChain,
  verifySignedKey,
} from '../crypto/index.ts';
import { bytes, type Codec, equalBytes, large, latin1, letters, nonEmpty, struct, utf8 } from '../encoding/index.ts';

/** The role of a service: receives messages (`M`), receives notifications (`N`), or forwards (`P`). */
export type ServiceRole = 'messaging' | 'notifier' | 'proxy';

export interface ClientServiceHello {
  readonly role: ServiceRole;
  /** DER, leaf first. */
  readonly certificates: readonly Uint8Array[];
  /** The service's Ed25519 session key, signed with the leaf certificate's key. */
  readonly signedKey: Uint8Array;
}

export const serviceRoleCodec: Codec<ServiceRole> = letters(
  { messaging: 'M', notifier: 'N', proxy: 'P' },
  'role of a service',
);

export const clientServiceHelloCodec: Codec<ClientServiceHello> = struct<ClientServiceHello>({
  role: serviceRoleCodec,
  certificates: nonEmpty(large),
  signedKey: large,
});

/** A service whose certificate was verified. */
export interface ServiceIdentity {
  readonly role: ServiceRole;
  /** SHA-256 of the identity certificate; identifies the service. */
  readonly certHash: Uint8Array;
  /** Its Ed25519 session key: 32 bytes. */
  readonly key: Uint8Array;
}

/** A service with the id the server assigned. */
export interface PeerService extends ServiceIdentity {
  readonly serviceId: Uint8Array;
}

/** Why a service was refused, as on the wire. */
export type ServiceError = 'BAD_AUTH' | 'BAD_SERVICE';

export type ServiceAnswer =
  | { readonly kind: 'accepted'; readonly serviceId: Uint8Array }
  | { readonly kind: 'refused'; readonly error: ServiceError };

/** The wire prefix of {@link ServiceError}: it is encoded as a transport error. */
const REFUSED = 'HANDSHAKE ';

export const serviceAnswerCodec: Codec<ServiceAnswer> = {
  write(writer, answer) {
    if (answer.kind === 'accepted') {
      writer.byte(0x52);
      bytes.write(writer, answer.serviceId);
    } else {
      writer.bytes(utf8(`E${REFUSED}${answer.error}`));
    }
  },
  read(reader) {
    const letter = reader.byte();
    if (letter === 0x52) return { kind: 'accepted', serviceId: bytes.read(reader) };
    if (letter !== 0x45) reader.fail('not an answer to a service');
    const error = latin1(reader.rest());
    if (error === `${REFUSED}BAD_AUTH`) return { kind: 'refused', error: 'BAD_AUTH' };
    return error === `${REFUSED}BAD_SERVICE` ? { kind: 'refused', error: 'BAD_SERVICE' } : reader.fail('unknown error');
  },
};

const sameChain = (a: readonly Uint8Array[], b: readonly Uint8Array[]) =>
  a.length === b.length && a.every((certificate, i) => equalBytes(certificate, b[i]!));

/**
 * Server: verifies that a client is the service it claims, by the chain it presented in TLS; undefined when it is not.
 */
export function checkService(
  hello: ClientServiceHello,
  peerChain: readonly Uint8Array[],
  nowMs: number,
): ServiceIdentity | undefined {
  if (!sameChain(hello.certificates, peerChain)) return undefined;
  try {
    verifyChain(peerChain, nowMs);
    const key = decodePublicKeyDer(verifySignedKey(hello.signedKey, peerChain[0]!));
    if (key.algorithm !== 'ed25519') return undefined;
    return { role: hello.role, certHash: certificateFingerprint(chainIdentity(peerChain)), key: key.raw };
  } catch (cause) {
    if (cause instanceof CryptoError) return undefined;
    throw cause;
  }
}
