/**
 * The two hellos of the SMP handshake (simplex-messaging.md, "Appendix A. SMP transport protocol"):
 *
 * ```
 * serverHello = minVersion maxVersion sessionId certificates signedKey ignored   ; words, short string, list of large
 * clientHello = version keyHash [sessionKey] [proxy] [service] ignored           ; word, short strings
 * proxy = "T" / "F"                     ; from version 14 on: the client is a server that forwards
 * service = maybe (role certificates signedKey)     ; from version 16 on
 * ```
 *
 * The rest of a hello is for later versions and is not looked at.
 */
import { x25519KeyCodec } from '../crypto/index.ts';
import { bool, bytes, type Codec, large, maybe, nonEmpty, sizedBytes, struct, word16 } from '../encoding/index.ts';
import { type ClientServiceHello, clientServiceHelloCodec } from './client-service.ts';
import { PROXY_HELLO_VERSION, SERVICE_HELLO_VERSION } from './constants.ts';
import { type VersionRange, versionRangeCodec } from './version.ts';

/** SHA-256 of an identity certificate. */
const KEY_HASH_SIZE = 32;

export interface ServerHello {
  readonly versions: VersionRange;
  readonly sessionId: Uint8Array;
  /** DER, leaf first. */
  readonly certificates: readonly Uint8Array[];
  /** The server's X25519 key of this session, signed with the leaf certificate's key. */
  readonly signedKey: Uint8Array;
}

export const serverHelloCodec: Codec<ServerHello> = struct<ServerHello>({
  versions: versionRangeCodec,
  sessionId: bytes,
  certificates: nonEmpty(large),
  signedKey: large,
});

export interface ClientHello {
  readonly version: number;
  /** Whom the client believes to talk to. */
  readonly keyHash: Uint8Array;
  /** The client's X25519 key of this session; without it blocks are not encrypted inside TLS. */
  readonly sessionKey: Uint8Array | undefined;
  /** The client is a server that forwards for others: what it sends is encrypted already, and blocks are not. */
  readonly proxy: boolean;
  readonly service: ClientServiceHello | undefined;
}

/** A session key begins with the length of its DER; nothing else at its place does. */
const KEY_LENGTH = 44;

const serviceCodec = maybe(clientServiceHelloCodec);

const clientHelloStart = struct<{ readonly version: number; readonly keyHash: Uint8Array }>({
  version: word16,
  keyHash: sizedBytes(KEY_HASH_SIZE),
});

export const clientHelloCodec: Codec<ClientHello> = {
  write(writer, hello) {
    clientHelloStart.write(writer, hello);
    if (hello.sessionKey !== undefined) x25519KeyCodec.write(writer, hello.sessionKey);
    if (hello.version >= PROXY_HELLO_VERSION) bool.write(writer, hello.proxy);
    if (hello.version >= SERVICE_HELLO_VERSION) serviceCodec.write(writer, hello.service);
  },
  read(reader) {
    const start = clientHelloStart.read(reader);
    const sessionKey = reader.peek() === KEY_LENGTH ? x25519KeyCodec.read(reader) : undefined;
    const proxy = start.version >= PROXY_HELLO_VERSION ? bool.read(reader) : false;
    const service = start.version >= SERVICE_HELLO_VERSION ? serviceCodec.read(reader) : undefined;
    return { ...start, sessionKey, proxy, service };
  },
};
