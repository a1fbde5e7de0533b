/** The SMP handshake (simplex-messaging.md, "Appendix A. SMP transport protocol"), as pure steps without I/O. */
import {
  boxChains,
  type CertifiedKey,
  CryptoError,
  certificateFingerprint,
  chainIdentity,
  decodePublicKeyDer,
  encodePublicKeyDer,
  type KeyPair,
  signPublicKey,
  verifyChain,
  verifySignedKey,
  x25519,
} from '../crypto/index.ts';
import { type Codec, encode, equalBytes, Reader } from '../encoding/index.ts';
import { type BlockSealer, plainBlocks, sealedBlocks } from './block.ts';
import type { ClientServiceHello, PeerService } from './client-service.ts';
import {
  ENCRYPTED_BLOCK_VERSION,
  PROXY_HELLO_VERSION,
  SERVICE_HELLO_VERSION,
  UNANNOUNCED_PROXY_VERSION,
} from './constants.ts';
import { TransportError } from './errors.ts';
import { clientHelloCodec, type ServerHello, serverHelloCodec } from './hello.ts';
import { commonVersions, formatVersionRange, type VersionRange } from './version.ts';

/** The result of the handshake at either end. */
export interface TransportSession {
  readonly version: number;
  readonly sessionId: Uint8Array;
  /** Our X25519 key pair of this session. */
  readonly keys: KeyPair;
  /** The peer's X25519 public key; undefined when the client sent none. */
  readonly peerKey: Uint8Array | undefined;
  /** Whether authorized transmissions have a field for a service's signature. */
  readonly hasServiceSignature: boolean;
  readonly blocks: BlockSealer;
}

/** The session at the server. */
export interface ServerSession extends TransportSession {
  /** The client's verified service identity, if it is a service. */
  readonly service: PeerService | undefined;
}

/** The session at the client, with what the server's hello contained. */
export interface ClientSession extends TransportSession {
  /** The versions both support; the negotiated one is the highest. */
  readonly versions: VersionRange;
  /** As in {@link ServerHello}. */
  readonly certificates: readonly Uint8Array[];
  readonly signedKey: Uint8Array;
}

function decodeHello<T>(codec: Codec<T>, hello: Uint8Array): T {
  try {
    return codec.read(new Reader(hello));
  } catch (cause) {
    throw new TransportError('protocol', 'the other end does not speak this protocol', { cause });
  }
}

function blocksOf(side: 'client' | 'server', session: Omit<TransportSession, 'blocks'>, proxy: boolean): BlockSealer {
  // A proxy's transmissions are already encrypted inside the block.
  if (proxy || session.version < ENCRYPTED_BLOCK_VERSION || session.peerKey === undefined) return plainBlocks;
  const { serverToClient, clientToServer } = boxChains(
    session.sessionId,
    x25519(session.keys.privateKey, session.peerKey),
  );
  return side === 'server'
    ? sealedBlocks(serverToClient, clientToServer)
    : sealedBlocks(clientToServer, serverToClient);
}

export interface ServerHandshake {
  readonly versions: VersionRange;
  readonly sessionId: Uint8Array;
  /** DER, leaf first: as presented in TLS. */
  readonly chain: readonly Uint8Array[];
  readonly signer: CertifiedKey;
  /** New X25519 key pair of this session. */
  readonly keys: KeyPair;
}

/** Server, step 1: makes the server's hello. */
export function makeServerHello(own: ServerHandshake): Uint8Array {
  return encode(serverHelloCodec, {
    versions: own.versions,
    sessionId: own.sessionId,
    certificates: own.chain,
    signedKey: signPublicKey(encodePublicKeyDer('x25519', own.keys.publicKey), own.signer),
  });
}

/** The session from a client's hello, and the service it claims to be, not yet verified. */
export interface AcceptedHello {
  readonly session: TransportSession;
  readonly service: ClientServiceHello | undefined;
}

/** Server, step 2: processes the client's hello; throws {@link TransportError}. */
export function acceptClientHello(own: ServerHandshake, answer: Uint8Array): AcceptedHello {
  const hello = decodeHello(clientHelloCodec, answer);
  if (!equalBytes(hello.keyHash, certificateFingerprint(chainIdentity(own.chain)))) {
    throw new TransportError('identity', 'client expects another server');
  }
  if (hello.version < own.versions.min || hello.version > own.versions.max) {
    throw new TransportError('version', `client chose version ${hello.version}`);
  }
  const session = {
    version: hello.version,
    sessionId: own.sessionId,
    keys: own.keys,
    peerKey: hello.sessionKey,
    hasServiceSignature: hello.version >= SERVICE_HELLO_VERSION,
  };
  return { session: { ...session, blocks: blocksOf('server', session, hello.proxy) }, service: hello.service };
}

export interface ClientHandshake {
  readonly versions: VersionRange;
  readonly sessionId: Uint8Array;
  /** DER, leaf first: as presented in TLS. */
  readonly peerChain: readonly Uint8Array[];
  /** SHA-256 of the identity certificate, from the server's address. */
  readonly keyHash: Uint8Array;
  /** New X25519 key pair of this session. */
  readonly keys: KeyPair;
  /** Milliseconds since the epoch, to check the validity of certificates. */
  readonly nowMs: number;
  /** Whether this client is a server that forwards commands. */
  readonly proxy?: boolean;
}

/**
 * The versions a client offers. A server whose hello does not support proxies would encrypt blocks inside TLS, which
 * leaves too little room for forwarded commands: a proxy then offers only older versions.
 */
function offeredVersions(own: ClientHandshake, server: ServerHello): VersionRange {
  if (own.proxy !== true || server.versions.max >= PROXY_HELLO_VERSION) return own.versions;
  return { min: own.versions.min, max: Math.min(own.versions.max, UNANNOUNCED_PROXY_VERSION) };
}

function checkIdentity(chain: readonly Uint8Array[], keyHash: Uint8Array): void {
  if (!equalBytes(certificateFingerprint(chainIdentity(chain)), keyHash)) {
    throw new TransportError('identity', 'is not the server this address names: check the address');
  }
}

/** Verifies the signature on the server's session key and returns the key. */
function verifiedServerKey(own: ClientHandshake, hello: ServerHello): Uint8Array {
  try {
    checkIdentity(own.peerChain, own.keyHash);
    checkIdentity(hello.certificates, own.keyHash);
    verifyChain(own.peerChain, own.nowMs);
    const key = decodePublicKeyDer(verifySignedKey(hello.signedKey, own.peerChain[0]!));
    if (key.algorithm !== 'x25519') throw new CryptoError(`session key is ${key.algorithm}, not x25519`);
    return key.raw;
  } catch (cause) {
    if (!(cause instanceof CryptoError)) throw cause;
    throw new TransportError('identity', `cannot be trusted: ${cause.message}`, { cause });
  }
}

/** Client: processes the server's hello; returns the client's hello and the session. Throws {@link TransportError}. */
export function answerServerHello(
  own: ClientHandshake,
  hello: Uint8Array,
): { readonly answer: Uint8Array; readonly session: ClientSession } {
  const server = decodeHello(serverHelloCodec, hello);
  if (!equalBytes(server.sessionId, own.sessionId)) {
    throw new TransportError('identity', 'signed another connection: this one may be intercepted');
  }
  const versions = commonVersions(offeredVersions(own, server), server.versions);
  if (versions === undefined) {
    const theirs = formatVersionRange(server.versions);
    const ours = formatVersionRange(own.versions);
    const which = server.versions.max < own.versions.min ? 'older' : 'newer';
    throw new TransportError('version', `the server is ${which}: it speaks versions ${theirs}, and we speak ${ours}`);
  }
  const { max: version } = versions;
  const { proxy = false } = own;
  const session = {
    version,
    versions,
    sessionId: own.sessionId,
    keys: own.keys,
    peerKey: verifiedServerKey(own, server),
    certificates: server.certificates,
    signedKey: server.signedKey,
    hasServiceSignature: version >= SERVICE_HELLO_VERSION,
  };
  const { keyHash, keys } = own;
  return {
    answer: encode(clientHelloCodec, { version, keyHash, sessionKey: keys.publicKey, proxy, service: undefined }),
    session: { ...session, blocks: blocksOf('client', session, proxy) },
  };
}
