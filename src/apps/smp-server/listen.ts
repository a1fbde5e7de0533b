/** Opens the ports for clients. */
import { HostingError } from '../../hosting/index.ts';
import { SMP_ALPN, TransportError, WEB_ALPN } from '../../transport/index.ts';
import {
  type Listener,
  type TcpListenOptions,
  type TlsAcceptOptions,
  tcpListen,
  tlsAcceptor,
  tlsListen,
} from '../../transport/node/index.ts';
import { LOOPBACK } from './configuration/configuration.ts';
import { type Setup, tlsIdentityOf } from './configuration/reload.ts';
import type { Web } from './web.ts';
import type { ServerParts } from './wire.ts';
import type { WorkerPool } from './workers/pool.ts';

type BindAddress = Pick<TcpListenOptions, 'host' | 'port'>;

/** What to do when a port cannot be opened; appended to the reason. */
function listenAdvice({ cause }: TransportError): string {
  const { code } = (cause ?? {}) as { readonly code?: string };
  if (code === 'EADDRNOTAVAIL') return '; choose another with "listen" of [TRANSPORT], or --host';
  return code === 'EADDRINUSE' || code === 'EACCES' ? '; choose another with "port" of [TRANSPORT], or --port' : '';
}

/** An address of this machine that reaches a server bound to `host`. */
export function reachableAt(host: string | undefined): string {
  if (host === undefined || host === '0.0.0.0') return LOOPBACK;
  return host === '::' ? '::1' : host;
}

/** Opens all addresses or none. */
async function listenAll(
  addresses: readonly BindAddress[],
  listen: (address: BindAddress) => Promise<Listener>,
): Promise<Listener[]> {
  const listeners: Listener[] = [];
  try {
    for (const address of addresses) listeners.push(await listen(address));
    return listeners;
  } catch (cause) {
    for (const listener of listeners) listener.close();
    if (!(cause instanceof TransportError)) throw cause;
    throw new HostingError(`The server cannot start: ${cause.message}${listenAdvice(cause)}.`, { cause });
  }
}

/** Listens for workers, which do TLS themselves; the TLS identity is only checked here, so that an invalid one is refused. */
async function listenForWorkers(
  pool: WorkerPool,
  tls: TlsAcceptOptions,
  options: Omit<TcpListenOptions, 'onSocket'>,
): Promise<Listener> {
  const { renew } = tlsAcceptor(tls);
  const listener = await tcpListen({ ...options, onSocket: (socket, _, handOver) => pool.take(socket, handOver()) });
  return { ...listener, renew };
}

/**
 * Listens on each port of each host, for SMP clients and for browsers where pages are served. At least one listener;
 * throws {@link HostingError} when one cannot be opened.
 */
export async function listenForClients(
  setup: Setup,
  { runner, pool }: Pick<ServerParts, 'runner' | 'pool'>,
  web: Web,
  hosts: readonly (string | undefined)[],
  ports: readonly number[],
  common: Pick<TcpListenOptions, 'admission' | 'clock'>,
): Promise<readonly Listener[]> {
  const addresses = ports.flatMap((port) => hosts.map((host) => ({ host, port })));
  // The ClientHello is read for a server name only where pages are served to browsers.
  const onNamed = setup.configuration.web.https === undefined ? {} : { onNamed: web.accept.bind(web) };
  const tls = { ...tlsIdentityOf(setup, runner), ...onNamed, alpn: [SMP_ALPN, WEB_ALPN] };
  return listenAll(addresses, (address) =>
    pool === undefined
      ? tlsListen({ ...tls, ...common, ...address })
      : listenForWorkers(pool, tls, { ...common, ...address }),
  );
}
