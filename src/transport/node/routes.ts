/** Which hosts of a server are connected to, in what order, and which through a SOCKS proxy. */
import { TransportError } from '../index.ts';
import type { SocksProxy } from './socks.ts';

/** Names and values as operators set them in [PROXY] of `smp-server.ini`. */
export interface Routing {
  /** The kind of host that is preferred where a server has both; `onion` counts only with a SOCKS proxy. */
  readonly hostMode: 'public' | 'onion';
  /** Whether hosts of the other kind are left alone. */
  readonly requiredHostMode: boolean;
  readonly socksProxy: SocksProxy | undefined;
  /** Whether all connections go through it, or only those that have to. */
  readonly socksMode: 'onion' | 'always';
}

/** Without a SOCKS proxy, whatever can be reached. */
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

/** The ways to a server, the best first; throws {@link TransportError} of kind `host` when there is none. */
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
