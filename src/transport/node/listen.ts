/** Accepting TLS connections: what may not come in is closed before TLS begins. */
import { type AddressInfo, createServer as createTcpServer, type Socket } from 'node:net';
import { createServer, type Server, type TLSSocket } from 'node:tls';
import type { Clock } from '../../base/index.ts';
import { type Transport, TransportError } from '../index.ts';
import type { Admission } from './admission.ts';
import { peerChain } from './peer-chain.ts';
import { tlsOptions } from './tls-options.ts';
import { tlsTransport } from './tls-transport.ts';

/** For the whole TLS handshake; the reference gives as much. */
const TLS_HANDSHAKE_TIMEOUT_MS = 60_000;

/** Connections waiting to be accepted. */
const BACKLOG = 1_024;

/** A silent connection is asked for a sign of life after this long, so that peers that vanished are not kept. */
const KEEP_ALIVE_DELAY_MS = 600_000;

/** What is presented in TLS, and what becomes of the connections to which it was. */
export interface TlsIdentity {
  /** Certificates, leaf first, and the leaf's key (PKCS#8): PEM. */
  readonly certificates: string;
  readonly key: string;
  onConnection(transport: Transport): void;
}

export interface ListenOptions extends TlsIdentity {
  /** Address to bind; undefined for all. */
  readonly host: string | undefined;
  /** 0 for any free port. */
  readonly port: number;
  /** Protocol names accepted; a client that offers none of them is refused in TLS, one that offers nothing after it. */
  readonly alpn: readonly string[];
  /** Who may connect; shared by the listeners of one server. */
  readonly admission: Admission;
  readonly clock: Clock;
}

export interface Listener {
  readonly port: number;
  /** Presents another identity to those who connect from now on; throws, and changes nothing, if it cannot be used. */
  renew(identity: TlsIdentity): void;
  /** Stops accepting and drops connections that are still in the TLS handshake; the others stay. */
  close(): void;
}

/** What a TLS socket and the socket under it have in common, and no other: a peer may use one port towards two of ours. */
const nameOf = (socket: Socket) =>
  [socket.remoteAddress, socket.remotePort, socket.localAddress, socket.localPort].join(' ');

function accept(socket: TLSSocket): Transport | undefined {
  const finished = socket.getPeerFinished();
  const alpn = socket.alpnProtocol;
  if (finished === undefined || typeof alpn !== 'string') {
    socket.destroy();
    return undefined;
  }
  const { servername } = socket as TLSSocket & { readonly servername?: string | false };
  return tlsTransport(socket, {
    sessionId: new Uint8Array(finished),
    alpn,
    sni: typeof servername === 'string' && servername !== '',
    peerChain: peerChain(socket),
  });
}

/** Sockets on which TLS is not agreed yet, each with the end of its waiting. */
class Handshakes {
  readonly #clock: Clock;
  readonly #sockets = new Map<string, { readonly socket: Socket; done(): void }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  add(socket: Socket, onDone: () => void): void {
    const name = nameOf(socket);
    const timer = this.#clock.schedule(TLS_HANDSHAKE_TIMEOUT_MS, () => socket.destroy(), { background: true });
    const done = () => {
      timer.cancel();
      if (this.#sockets.get(name)?.socket === socket) this.#sockets.delete(name);
      onDone();
    };
    this.#sockets.set(name, { socket, done });
    socket.once('close', done);
  }

  done(socket: TLSSocket): void {
    this.#sockets.get(nameOf(socket))?.done();
  }

  destroy(): void {
    for (const { socket } of this.#sockets.values()) socket.destroy();
  }
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

/** Starts listening; rejects with {@link TransportError} when the port cannot be had. */
export function tlsListen(options: ListenOptions): Promise<Listener> {
  const handshakes = new Handshakes(options.clock);
  const serve = (identity: TlsIdentity) => tlsServer(identity, options.alpn, (socket) => handshakes.done(socket));
  let tls = serve(options);
  const server = createTcpServer(
    { noDelay: true, keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE_DELAY_MS, pauseOnConnect: true },
    (socket) => {
      // Without an address it is gone already.
      const admitted = socket.remoteAddress === undefined ? undefined : options.admission.admit(socket.remoteAddress);
      if (admitted === undefined) {
        socket.destroy();
        return;
      }
      socket.on('error', () => {});
      socket.once('close', () => admitted.closed());
      handshakes.add(socket, () => admitted.handshakeDone());
      tls.emit('connection', socket);
    },
  );
  return new Promise((resolve, reject) => {
    server.once('error', (cause: Error & { readonly code?: string }) => {
      const why: Record<string, string> = {
        EADDRINUSE: `port ${options.port} is in use by another program`,
        EACCES: `port ${options.port} needs more rights than this user has`,
        EADDRNOTAVAIL: `this machine has no address ${options.host}`,
      };
      reject(new TransportError('network', why[cause.code ?? ''] ?? `cannot listen: ${cause.message}`, { cause }));
    });
    server.listen(
      { port: options.port, backlog: BACKLOG, ...(options.host === undefined ? {} : { host: options.host }) },
      () => {
        const { port } = server.address() as AddressInfo;
        resolve({
          port,
          renew(identity) {
            // Handshakes under way go on with what they began with: the server before has them.
            tls = serve(identity);
          },
          close() {
            server.close();
            handshakes.destroy();
          },
        });
      },
    );
  });
}
