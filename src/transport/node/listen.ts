/** Accepting TLS connections. */
import type { AddressInfo, Socket } from 'node:net';
import { createServer, type TLSSocket } from 'node:tls';
import { type Transport, TransportError } from '../index.ts';
import { tlsOptions } from './tls-options.ts';
import { tlsTransport } from './tls-transport.ts';

/** For the whole TLS handshake; the reference gives as much. */
const TLS_HANDSHAKE_TIMEOUT_MS = 60_000;

/** Connections waiting to be accepted. */
const BACKLOG = 1_024;

export interface ListenOptions {
  /** Address to bind; undefined for all. */
  readonly host: string | undefined;
  /** 0 for any free port. */
  readonly port: number;
  /** Certificates, leaf first, and the leaf's key (PKCS#8): PEM. */
  readonly certificates: string;
  readonly key: string;
  /** Protocol names accepted; a client that offers none of them is refused in TLS, one that offers nothing after it. */
  readonly alpn: readonly string[];
  /** Connections above this are closed at once. */
  readonly maxConnections: number;
  onConnection(transport: Transport): void;
}

export interface Listener {
  readonly port: number;
  /** Stops accepting and drops connections that are still in the TLS handshake; the others stay. */
  close(): void;
}

/** What a TLS socket and the socket under it have in common. */
const nameOf = (socket: Socket) => `${socket.remoteAddress} ${socket.remotePort}`;

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
    peerChain: [],
  });
}

/** Starts listening; rejects with {@link TransportError} when the port cannot be had. */
export function tlsListen(options: ListenOptions): Promise<Listener> {
  const server = createServer({
    ...tlsOptions,
    cert: options.certificates,
    key: options.key,
    ALPNProtocols: [...options.alpn],
    handshakeTimeout: TLS_HANDSHAKE_TIMEOUT_MS,
    noDelay: true,
  });
  server.maxConnections = options.maxConnections;
  const handshaking = new Map<string, Socket>();
  server.on('connection', (socket: Socket) => {
    const name = nameOf(socket);
    handshaking.set(name, socket);
    socket.once('close', () => handshaking.delete(name));
  });
  // Failed handshakes are the peer's affair: the socket is gone, the server goes on.
  server.on('tlsClientError', () => {});
  server.on('secureConnection', (socket) => {
    handshaking.delete(nameOf(socket));
    socket.setNoDelay(true);
    socket.on('error', () => {});
    const transport = accept(socket);
    if (transport !== undefined) options.onConnection(transport);
  });
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
          close() {
            server.close();
            for (const socket of handshaking.values()) socket.destroy();
          },
        });
      },
    );
  });
}
