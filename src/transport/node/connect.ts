/**
 * Connects over TLS. The server's identity is verified in the SMP handshake from its certificates, not here and not by
 * name.
 */
import type { LookupAddress } from 'node:dns';
import { lookup } from 'node:dns/promises';
import { isIP, type LookupFunction, type Socket } from 'node:net';
import { connect } from 'node:tls';
import { abortable, type Clock, withTimeout } from '../../base/index.ts';
import { systemRandom } from '../../crypto/index.ts';
import { toBase64url } from '../../encoding/index.ts';
import { type ConnectTarget, type Transport, type TransportConnect, TransportError } from '../index.ts';
import { peerChain } from './peer-chain.ts';
import { isPublicAddress, isPublicHost } from './public-address.ts';
import { directRouting, type Route, type Routing, routesTo } from './routes.ts';
import { socksConnect } from './socks.ts';
import { tlsOptions } from './tls-options.ts';
import { tlsTransport } from './tls-transport.ts';

/** For DNS, TCP and TLS together; the reference allows 15 to 45 s. */
const CONNECT_TIMEOUT_MS = 25_000;

/** The same through a SOCKS proxy, which may have to build a circuit first. */
const SOCKS_TIMEOUT_MS = 45_000;

/** Maximum addresses tried per host name: the owner of the name controls how many there are. */
const MAX_ADDRESSES = 8;

/** Restricts the hosts to connect to, for a program that connects to hosts named by strangers. */
export interface ConnectPolicy {
  /** Whether to connect only to public internet addresses. */
  readonly publicOnly: boolean;
  /**
   * Counts a connection to an address once TLS is established, and returns what to call when it closes; undefined when
   * there are too many. Not called through a SOCKS proxy, where addresses are unknown.
   */
  readonly hold?: (address: string) => (() => void) | undefined;
}

const anyHost: ConnectPolicy = { publicOnly: false };

const notPublic = () => new TransportError('host', 'the server has no address of the public internet');

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

/** Resolves a host to its public addresses, once; rejects when there are none. */
async function publicAddresses(host: string): Promise<readonly LookupAddress[]> {
  const addresses = await lookup(host, { all: true }).catch((error: Error) => {
    throw tlsFailure(error);
  });
  const allowed = addresses.filter(({ address }) => isPublicAddress(address)).slice(0, MAX_ADDRESSES);
  if (allowed.length === 0) throw notPublic();
  return allowed;
}

/** A lookup function for sockets that returns already checked addresses. */
function lookupAmong(addresses: readonly LookupAddress[]): LookupFunction {
  return (_host, { all }, done) => {
    if (all === true) done(null, [...addresses]);
    else done(null, addresses[0]!.address, addresses[0]!.family);
  };
}

/** What a socket connects to: a host to resolve, or one with resolved and checked addresses. */
interface Way {
  readonly host: string;
  readonly port: number;
  readonly lookup?: LookupFunction;
}

async function directWay(host: string, port: number, { publicOnly }: ConnectPolicy, signal: AbortSignal): Promise<Way> {
  if (!publicOnly) return { host, port };
  // Sockets do not resolve IP addresses, so they need no lookup function.
  if (isIP(host) === 0) return { host, port, lookup: lookupAmong(await abortable(publicAddresses(host), signal)) };
  if (!isPublicAddress(host)) throw notPublic();
  return { host, port };
}

async function connectHost(
  { host, socksProxy }: Route,
  target: ConnectTarget,
  policy: ConnectPolicy,
  isolation: string,
  signal: AbortSignal,
): Promise<Transport> {
  const { port } = target;
  if (socksProxy === undefined) {
    return agreeOnTls(await directWay(host, port, policy, signal), target, policy.hold, signal);
  }
  if (policy.publicOnly && !isPublicHost(host)) throw notPublic();
  const socket = await socksConnect(socksProxy, host, port, `${isolation}${host}:${port}`, signal);
  return agreeOnTls({ socket }, target, undefined, signal);
}

/** TLS over a new connection, or over one that a proxy established. */
function agreeOnTls(
  way: Way | { readonly socket: Socket },
  target: ConnectTarget,
  hold: ConnectPolicy['hold'],
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
      // The chain ends in the server's own identity certificate, which is in no trust store.
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
        return reject(new TransportError('tls', 'the other end accepts none of our protocol names (ALPN)'));
      }
      const release = hold?.(socket.remoteAddress ?? '');
      if (hold !== undefined && release === undefined) {
        socket.destroy();
        return reject(new TransportError('network', 'there are too many connections to this address'));
      }
      if (release !== undefined) socket.once('close', release);
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

/** Size of the random part of the names for stream isolation at a SOCKS proxy. */
const ISOLATION_SIZE = 12;

/** A {@link TransportConnect} over TLS that tries the hosts of the target in turn, as `routing` and `policy` allow. */
export function tlsConnect(
  clock: Clock,
  routing: Routing = directRouting,
  policy: ConnectPolicy = anyHost,
): TransportConnect {
  // Random, so that other programs behind the same proxy do not share our circuits.
  const isolation = toBase64url(systemRandom.bytes(ISOLATION_SIZE));
  return async (target, signal) => {
    let failure: unknown;
    for (const route of routesTo(target.hosts, routing)) {
      const attempt = new AbortController();
      const both = AbortSignal.any([signal, attempt.signal]);
      try {
        const patience = route.socksProxy === undefined ? CONNECT_TIMEOUT_MS : SOCKS_TIMEOUT_MS;
        return await withTimeout(clock, patience, 'connecting', connectHost(route, target, policy, isolation, both));
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
