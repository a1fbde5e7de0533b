/** Selects the hosts of a server to connect to, their order, and which go through a SOCKS proxy. */
import { TransportError } from '../index.ts';
import type { SocksProxy } from './socks.ts';

/** Options as in [PROXY] of `smp-server.ini`. */
export interface Routing {
  /** The preferred kind of host where a server has both; `onion` requires a SOCKS proxy. */
  readonly hostMode: 'public' | 'onion';
  /** Whether hosts of the other kind are not used. */
  readonly requiredHostMode: boolean;
  readonly socksProxy: SocksProxy | undefined;
  /** Whether all connections use the proxy, or only those to onion hosts. */
  readonly socksMode: 'onion' | 'always';
}

/** No SOCKS proxy: all directly reachable hosts. */
export const directRouting: Routing = {
  hostMode: 'public',
  requiredHostMode: false,
  socksProxy: undefined,
  socksMode: 'onion',
};

export interface Route {
  readonly host: string;
  readonly socksProxy: SocksProxy | undefined;
}

const isOnion = (host: string) => host.toLowerCase().endsWith('.onion');

/** The routes to a server, best first; throws {@link TransportError} of kind `host` when there are none. */
export function routesTo(hosts: readonly string[], routing: Routing): readonly Route[] {
  const { socksProxy, socksMode } = routing;
  const preferOnion = routing.hostMode === 'onion' && socksProxy !== undefined;
  const isPreferred = (host: string) => isOnion(host) === preferOnion;
  const others = routing.requiredHostMode ? [] : hosts.filter((host) => !isPreferred(host));
  const routes = [...hosts.filter(isPreferred), ...others].flatMap((host): Route[] => {
    if (isOnion(host) && socksProxy === undefined) return [];
    return [{ host, socksProxy: isOnion(host) || socksMode === 'always' ? socksProxy : undefined }];
  });
  if (routes.length > 0) return routes;
  throw new TransportError(
    'host',
    hosts.every(isOnion) && socksProxy === undefined
      ? 'the server has only onion addresses, which need Tor'
      : 'the server has no address of the kind that is required',
  );
}
