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
 * Trailing bytes of a hello are reserved for later versions and ignored.
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
  /** The server's X25519 session key, signed with the leaf certificate's key. */
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
  /** The identity of the server that the client expects. */
  readonly keyHash: Uint8Array;
  /** The client's X25519 session key; without it blocks are not encrypted inside TLS. */
  readonly sessionKey: Uint8Array | undefined;
  /** Whether the client is a proxy: its transmissions are already encrypted, so its blocks are not. */
  readonly proxy: boolean;
  readonly service: ClientServiceHello | undefined;
}

/** The first byte of a session key is the length of its DER encoding; no other field begins with it here. */
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
