/** Accepting TLS connections of the protocol, and handing those of browsers on. */
import type { Socket } from 'node:net';
import { createServer, type Server, type TLSSocket } from 'node:tls';
import type { Transport } from '../index.ts';
import { helloKind, MAX_HELLO_BYTES } from './client-hello.ts';
import { peerChain } from './peer-chain.ts';
import { type TcpListener, type TcpListenOptions, tcpListen } from './tcp-listen.ts';
import { tlsOptions } from './tls-options.ts';
import { tlsTransport } from './tls-transport.ts';

/** What is presented in TLS, and what becomes of the connections to which it was. */
export interface TlsIdentity {
  /** Certificates, leaf first, and the leaf's key (PKCS#8): PEM. */
  readonly certificates: string;
  readonly key: string;
  onConnection(transport: Transport): void;
}

export interface TlsAcceptOptions extends TlsIdentity {
  /** Protocol names accepted; a client that offers none of them is refused in TLS, one that offers nothing after it. */
  readonly alpn: readonly string[];
  /**
   * Gets the clients that name a host in TLS (SNI), before TLS begins; answers false when it does not want them.
   * Without it they are served like the others.
   */
  onNamed?(socket: Socket, agreed: () => void): boolean;
}

/** Agrees on TLS with clients that are connected. */
export interface TlsAcceptor {
  /** Takes a paused socket; `agreed` is called once TLS is agreed, or the socket is closed. */
  accept(socket: Socket, agreed: () => void): void;
  /** Presents another identity to those who connect from now on; throws, and changes nothing, if it cannot be used. */
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

/** Agrees on TLS, on sockets that are given to it: it listens to nothing. */
function tlsServer(identity: TlsIdentity, alpn: readonly string[], onAgreed: (socket: TLSSocket) => void): Server {
  const tls = createServer({
    ...tlsOptions,
    cert: identity.certificates,
    key: identity.key,
    ALPNProtocols: [...alpn],
    // Services show a certificate, which the handshake of the protocol checks; nobody else has one.
    requestCert: true,
    rejectUnauthorized: false,
  });
  // Failed handshakes are the peer's affair: the socket is gone, the server goes on.
  tls.on('tlsClientError', () => {});
  tls.on('secureConnection', (socket) => {
    onAgreed(socket);
    socket.on('error', () => {});
    const transport = accept(socket);
    if (transport !== undefined) identity.onConnection(transport);
  });
  return tls;
}

/** Calls `onKnown` once it is seen whether the client names a host; what was read is in the socket again then. */
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
  /** Of the sockets on which TLS is not agreed yet. */
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
      // Handshakes under way go on with what they began with: the server before has them.
      tls = serve(identity);
    },
  };
}

/** Starts listening; rejects with `TransportError` when the port cannot be had. */
export async function tlsListen(options: ListenOptions): Promise<Listener> {
  const acceptor = tlsAcceptor(options);
  const listener = await tcpListen({ ...options, onSocket: (socket, agreed) => acceptor.accept(socket, agreed) });
  return { ...listener, renew: acceptor.renew };
}
