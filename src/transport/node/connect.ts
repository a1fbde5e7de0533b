/** Connecting over TLS. Who answers is checked in the handshake, from the certificates: not here, and not by name. */
import type { Socket } from 'node:net';
import { connect } from 'node:tls';
import { type Clock, withTimeout } from '../../base/index.ts';
import { systemRandom } from '../../crypto/index.ts';
import { toBase64url } from '../../encoding/index.ts';
import { type ConnectTarget, type Transport, type TransportConnect, TransportError } from '../index.ts';
import { peerChain } from './peer-chain.ts';
import { directRouting, type Route, type Routing, routesTo } from './routes.ts';
import { socksConnect } from './socks.ts';
import { tlsOptions } from './tls-options.ts';
import { tlsTransport } from './tls-transport.ts';

/** Looking up the name, TCP and TLS together; the reference gives 15 to 45 s. */
const CONNECT_TIMEOUT_MS = 25_000;

/** The same through a SOCKS proxy, which may have to find its own way first. */
const SOCKS_TIMEOUT_MS = 45_000;

const UNREACHABLE = 'is the server running, and the network up?';

function tlsFailure(error: Error & { readonly code?: string }): TransportError {
  const code = error.code ?? '';
  if (code.startsWith('ERR_SSL') || code === 'EPROTO') {
    return new TransportError(
      'tls',
      'the other end does not speak TLS as this network does: is this the port of an SMP server?',
      { cause: error },
    );
  }
  const advice = code === 'ENOTFOUND' ? 'is the name right, and the network up?' : UNREACHABLE;
  return new TransportError('network', `no connection (${code || error.message}): ${advice}`, { cause: error });
}

async function connectHost(
  { host, socksProxy }: Route,
  target: ConnectTarget,
  isolation: string,
  signal: AbortSignal,
): Promise<Transport> {
  const { port } = target;
  if (socksProxy === undefined) return agreeOnTls({ host, port }, target, signal);
  const socket = await socksConnect(socksProxy, host, port, `${isolation}${host}:${port}`, signal);
  return agreeOnTls({ socket }, target, signal);
}

/** Over a connection that is made now, or that a proxy has made. */
function agreeOnTls(
  way: { readonly host: string; readonly port: number } | { readonly socket: Socket },
  target: ConnectTarget,
  signal: AbortSignal,
): Promise<Transport> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    const socket = connect({
      ...tlsOptions,
      ...way,
      // No SNI: on a port shared with a web server it would select the web server.
      servername: '',
      ALPNProtocols: [...target.alpn],
      // The chain ends in the server's own identity, which no trust store knows.
      rejectUnauthorized: false,
    });
    socket.setNoDelay(true);
    const settle = () => signal.removeEventListener('abort', onAbort);
    const onAbort = () => {
      socket.destroy();
      reject(signal.reason);
    };
    signal.addEventListener('abort', onAbort, { once: true });
    socket.on('error', (error) => {
      settle();
      reject(tlsFailure(error));
    });
    socket.once('close', () => {
      settle();
      reject(new TransportError('network', 'the other end closed the connection'));
    });
    socket.once('secureConnect', () => {
      settle();
      const finished = socket.getFinished();
      if (finished === undefined || socket.alpnProtocol === false || socket.alpnProtocol === null) {
        socket.destroy();
        return reject(new TransportError('tls', 'the other end does not agree on a protocol'));
      }
      resolve(
        tlsTransport(socket, {
          sessionId: new Uint8Array(finished),
          alpn: socket.alpnProtocol,
          peerChain: peerChain(socket),
        }),
      );
    });
  });
}

/** Bytes of chance in the names by which a SOCKS proxy tells destinations apart. */
const ISOLATION_SIZE = 12;

/** A {@link TransportConnect} over TLS that tries the target's hosts in turn, in the ways that `routing` allows. */
export function tlsConnect(clock: Clock, routing: Routing = directRouting): TransportConnect {
  // Other programs behind the same proxy do not share our ways.
  const isolation = toBase64url(systemRandom.bytes(ISOLATION_SIZE));
  return async (target, signal) => {
    let failure: unknown;
    for (const route of routesTo(target.hosts, routing)) {
      const attempt = new AbortController();
      const both = AbortSignal.any([signal, attempt.signal]);
      try {
        const patience = route.socksProxy === undefined ? CONNECT_TIMEOUT_MS : SOCKS_TIMEOUT_MS;
        return await withTimeout(clock, patience, 'connecting', connectHost(route, target, isolation, both));
      } catch (error) {
        attempt.abort(error);
        if (signal.aborted) throw signal.reason;
        failure =
          error instanceof TransportError
            ? error
            : new TransportError('network', `no connection in time: ${UNREACHABLE}`, { cause: error });
      }
    }
    throw failure;
  };
}
