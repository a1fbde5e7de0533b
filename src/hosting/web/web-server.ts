/** Serves a site on sockets accepted by others: HTTPS with HTTP/2 or 1.1, or plain HTTP for onion services. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import {
  createSecureServer,
  type Http2SecureServer,
  type Http2ServerRequest,
  type Http2ServerResponse,
  type ServerHttp2Session,
} from 'node:http2';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { HostingError } from '../errors.ts';
import { type Site, siteResponse } from './site.ts';

/** Maximum browser connections, so that they do not displace messaging clients. */
const MAX_CONNECTIONS = 500;
/** For a whole request, and between two requests. */
const REQUEST_TIMEOUT_MS = 10_000;
const IDLE_TIMEOUT_MS = 15_000;
const MAX_HEADER_BYTES = 8_192;
/** Maximum concurrent requests of an HTTP/2 connection. */
const MAX_STREAMS = 16;
/** Maximum memory of an HTTP/2 connection, in megabytes. */
const MAX_SESSION_MEMORY = 1;

export interface WebCertificate {
  /** PEM: the chain, leaf first, and the leaf's key. */
  readonly certificates: string;
  readonly key: string;
}

/** Identifies a TLS socket and its underlying socket. */
const nameOf = (socket: Socket) =>
  [socket.remoteAddress, socket.remotePort, socket.localAddress, socket.localPort].join(' ');

type Request = IncomingMessage | Http2ServerRequest;
type Response = ServerResponse | Http2ServerResponse;

const limits = {
  requestTimeout: REQUEST_TIMEOUT_MS,
  headersTimeout: REQUEST_TIMEOUT_MS,
  keepAliveTimeout: IDLE_TIMEOUT_MS,
  maxHeaderSize: MAX_HEADER_BYTES,
};

function secureServer(
  certificate: WebCertificate,
  onRequest: (request: Request, response: Response) => void,
): Http2SecureServer {
  try {
    return createSecureServer(
      {
        ...limits,
        cert: certificate.certificates,
        key: certificate.key,
        allowHTTP1: true,
        minVersion: 'TLSv1.2',
        maxSessionMemory: MAX_SESSION_MEMORY,
        settings: { maxConcurrentStreams: MAX_STREAMS },
      },
      onRequest,
    );
  } catch (cause) {
    throw new HostingError(
      'The certificate for the web, or its key, cannot be used: they have to be PEM and belong together.',
      {
        cause,
      },
    );
  }
}

export class WebServer {
  #site: Site;
  #secure: Http2SecureServer | undefined;
  readonly #plain: Server;
  readonly #sockets = new Set<Socket>();
  /** Callbacks for completed TLS handshakes, by socket. */
  readonly #agreed = new Map<string, () => void>();

  /** Throws {@link HostingError} when the certificate is invalid. */
  constructor(site: Site, certificate: WebCertificate | undefined) {
    this.#site = site;
    this.#plain = createServer(limits, (request, response) => this.#respond(request, response));
    this.#secure = certificate && this.#secureServer(certificate);
  }

  /**
   * Serves another site and certificate on further connections; throws, and changes nothing, if the certificate is
   * invalid.
   */
  renew(site: Site, certificate: WebCertificate | undefined): void {
    const secure = certificate && this.#secureServer(certificate);
    this.#site = site;
    this.#secure = secure;
  }

  /**
   * Takes a connection at the start of TLS; false when there is no certificate. `agreed` is called after the TLS
   * handshake.
   */
  acceptSecure(socket: Socket, agreed: () => void): boolean {
    const secure = this.#secure;
    if (secure === undefined) return false;
    if (!this.#add(socket)) return true;
    const name = nameOf(socket);
    this.#agreed.set(name, agreed);
    socket.once('close', () => this.#agreed.delete(name));
    secure.emit('connection', socket);
    return true;
  }

  /** Takes a connection without TLS. */
  acceptPlain(socket: Socket, agreed: () => void): void {
    if (!this.#add(socket)) return;
    agreed();
    this.#plain.emit('connection', socket);
    socket.resume();
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  #add(socket: Socket): boolean {
    if (this.#sockets.size >= MAX_CONNECTIONS) {
      socket.destroy();
      return false;
    }
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
    return true;
  }

  #secureServer(certificate: WebCertificate): Http2SecureServer {
    const server = secureServer(certificate, (request, response) => this.#respond(request, response));
    server.on('tlsClientError', () => {});
    server.on('sessionError', () => {});
    server.on('secureConnection', (socket: TLSSocket) => {
      socket.on('error', () => {});
      socket.setTimeout(IDLE_TIMEOUT_MS, () => socket.destroy());
      this.#agreed.get(nameOf(socket))?.();
    });
    server.on('session', (session: ServerHttp2Session) => {
      session.setTimeout(IDLE_TIMEOUT_MS, () => session.close());
    });
    return server;
  }

  #respond(request: Request, response: Response): void {
    const { status, headers, body } = siteResponse(this.#site, request.method, request.url);
    // Discards the request body.
    request.resume();
    response.on('error', () => {});
    (response as ServerResponse).writeHead(status, headers);
    response.end(body);
  }
}
