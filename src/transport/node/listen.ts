/** Accepts TLS connections of the protocol, and hands those of browsers over. */
import type { Socket } from 'node:net';
import { createServer, type Server, type TLSSocket } from 'node:tls';
import type { Transport } from '../index.ts';
import { helloKind, MAX_HELLO_BYTES } from './client-hello.ts';
import { peerChain } from './peer-chain.ts';
import { type TcpListener, type TcpListenOptions, tcpListen } from './tcp-listen.ts';
import { tlsOptions } from './tls-options.ts';
import { tlsTransport } from './tls-transport.ts';

/** The certificates to present in TLS, and the handler of the connections that saw them. */
export interface TlsIdentity {
  /** PEM: certificates, leaf first, and the leaf's private key (PKCS#8). */
  readonly certificates: string;
  readonly key: string;
  onConnection(transport: Transport): void;
}

export interface TlsAcceptOptions extends TlsIdentity {
  /**
   * Accepted ALPN protocol names. A client that offers none of them is refused in TLS, one that offers no ALPN after
   * it.
   */
  readonly alpn: readonly string[];
  /**
   * Receives clients that name a host in TLS (SNI), before TLS begins; returns false to refuse them. Without it they
   * are served like the others.
   */
  onNamed?(socket: Socket, agreed: () => void): boolean;
}

/** Performs TLS handshakes on accepted sockets. */
export interface TlsAcceptor {
  /** Takes a paused socket; calls `agreed` once TLS is established or the socket is closed. */
  accept(socket: Socket, agreed: () => void): void;
  /** Presents another identity in further handshakes; throws, and changes nothing, if it is invalid. */
  renew(identity: TlsIdentity): void;
}

export interface ListenOptions extends TlsAcceptOptions, Omit<TcpListenOptions, 'onSocket'> {}

export interface Listener extends TcpListener, Pick<TlsAcceptor, 'renew'> {}

/** Pairs a TLS socket with its TCP socket; includes the local address because a peer port may reach two listeners. */
const nameOf = (socket: Socket) =>
  [socket.remoteAddress, socket.remotePort, socket.localAddress, socket.localPort].join(' ');

function accept(socket: TLSSocket): Transport | undefined {
  const finished = socket.getPeerFinished();
  const alpn = socket.alpnProtocol;
  if (finished === undefined || typeof alpn !== 'string') {
    socket.destroy();
    return undefined;
  }
  return tlsTransport(socket, {
    sessionId: new Uint8Array(finished),
    alpn,
    peerChain: peerChain(socket),
  });
}

/** A TLS server for given sockets; it does not listen. */
function tlsServer(identity: TlsIdentity, alpn: readonly string[], onAgreed: (socket: TLSSocket) => void): Server {
  const tls = createServer({
    ...tlsOptions,
    cert: identity.certificates,
    key: identity.key,
    ALPNProtocols: [...alpn],
    // Services present a certificate, which the SMP handshake verifies; other clients have none.
    requestCert: true,
    rejectUnauthorized: false,
  });
  // A failed handshake ends only its own socket.
  tls.on('tlsClientError', () => {});
  tls.on('secureConnection', (socket) => {
    onAgreed(socket);
    socket.on('error', () => {});
    const transport = accept(socket);
    if (transport !== undefined) identity.onConnection(transport);
  });
  return tls;
}

/** Calls `onKnown` once the ClientHello shows whether the client names a host; the bytes read are put back first. */
function lookAtHello(socket: Socket, onKnown: (named: boolean) => void): void {
  let seen: Buffer = Buffer.alloc(0);
  const onReadable = () => {
    for (let chunk: Buffer | null = socket.read(); chunk !== null; chunk = socket.read()) {
      seen = Buffer.concat([seen, chunk]);
    }
    const kind = seen.length > MAX_HELLO_BYTES ? helloKind(seen.subarray(0, MAX_HELLO_BYTES)) : helloKind(seen);
    if (kind === 'unknown') return;
    socket.off('readable', onReadable);
    socket.pause();
    socket.unshift(seen);
    onKnown(kind === 'named');
  };
  socket.on('readable', onReadable);
}

export function tlsAcceptor(options: TlsAcceptOptions): TlsAcceptor {
  const { onNamed } = options;
  /** Sockets whose TLS handshake is in progress. */
  const waiting = new Map<string, () => void>();
  const serve = (identity: TlsIdentity) =>
    tlsServer(identity, options.alpn, (socket) => {
      waiting.get(nameOf(socket))?.();
    });
  let tls = serve(options);
  const begin = (socket: Socket, agreed: () => void) => {
    const name = nameOf(socket);
    const done = () => {
      if (waiting.get(name) === done) waiting.delete(name);
      agreed();
    };
    waiting.set(name, done);
    socket.once('close', done);
    tls.emit('connection', socket);
  };
  return {
    accept(socket, agreed) {
      if (onNamed === undefined) return begin(socket, agreed);
      lookAtHello(socket, (named) => {
        if (!named || !onNamed(socket, agreed)) begin(socket, agreed);
      });
    },
    renew(identity) {
      // Handshakes in progress continue with the former server and its identity.
      tls = serve(identity);
    },
  };
}

/** Starts listening; rejects with `TransportError` when the port cannot be opened. */
export async function tlsListen(options: ListenOptions): Promise<Listener> {
  const acceptor = tlsAcceptor(options);
  const listener = await tcpListen({ ...options, onSocket: (socket, agreed) => acceptor.accept(socket, agreed) });
  return { ...listener, renew: acceptor.renew };
}
