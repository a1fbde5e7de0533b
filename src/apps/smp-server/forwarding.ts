/** [PROXY] of the configuration: forwarding of clients' messages to other servers. */
import { type Logger, systemClock } from '../../base/index.ts';
import { systemRandom } from '../../crypto/index.ts';
import type { Ini } from '../../hosting/index.ts';
import type { ServerObserver } from '../../smp/server/index.ts';
import { CLIENT_CONCURRENCY, MAX_RELAYS_PER_ADDRESS, RelayProxy } from '../../smp/server/proxy/index.ts';
import type { TransportConnect } from '../../transport/index.ts';
import { limitedPerAddress, parseSocksProxy, type Routing, tlsConnect } from '../../transport/node/index.ts';

const MAX_CONCURRENCY = 1_000;

export interface ForwardingSettings {
  readonly enabled: boolean;
  readonly routing: Routing;
  /** Statistics count servers in these domains apart. */
  readonly ownDomains: readonly string[];
  readonly clientConcurrency: number;
  /** Whether relays may be on this machine or in its local network. */
  readonly allowPrivateRelays: boolean;
}

/** Options of a new configuration. */
export interface NewForwarding {
  readonly socksProxy: string | undefined;
  /** Separated by spaces. */
  readonly ownDomains: string | undefined;
}

const line = (key: string, value: string | undefined, example: string) =>
  value === undefined ? `# ${key} = ${example}`.trimEnd() : `${key} = ${value}`;

/** The section of a new configuration. */
export const forwardingText = ({ socksProxy, ownDomains }: NewForwarding): string => `[PROXY]
# Forwards messages of this server's users to other servers, which then do not learn the users' addresses.
# Clients need create_password for this too.
enable = on
# The preferred address of servers that have both: public or onion. Onion addresses need socks_proxy.
# host_mode = public
# required_host_mode = off
# Domains of your own servers, separated by spaces: statistics count forwarding to them apart.
${line('own_server_domains', ownDomains, 'example.com')}
# The address of Tor, or of another SOCKS5 proxy.
${line('socks_proxy', socksProxy, '127.0.0.1:9050')}
# onion: only for onion addresses. always: for all.
# socks_mode = onion
# Maximum messages of one client in flight, at least 1; further ones wait.
# client_concurrency = ${CLIENT_CONCURRENCY}
# "on" allows connections to servers in your local network. Users of this server can then make it connect to any machine
# and port of that network. This server itself is always reachable.
# allow_private_relays = off
`;

function socksProxyOf(ini: Ini): Routing['socksProxy'] {
  const text = ini.text('PROXY', 'socks_proxy');
  if (text === undefined) return undefined;
  const proxy = parseSocksProxy(text);
  if (proxy === undefined) ini.refuse('PROXY', 'socks_proxy', 'has not the form address:port');
  return proxy;
}

export function readForwarding(ini: Ini): ForwardingSettings {
  return {
    enabled: ini.flag('PROXY', 'enable', true),
    routing: {
      hostMode: ini.choice('PROXY', 'host_mode', ['public', 'onion']) ?? 'public',
      requiredHostMode: ini.flag('PROXY', 'required_host_mode', false),
      socksProxy: socksProxyOf(ini),
      socksMode: ini.choice('PROXY', 'socks_mode', ['onion', 'always']) ?? 'onion',
    },
    ownDomains: ini.text('PROXY', 'own_server_domains')?.split(/[\s,]+/) ?? [],
    clientConcurrency: ini.number('PROXY', 'client_concurrency', 1, MAX_CONCURRENCY) ?? CLIENT_CONCURRENCY,
    allowPrivateRelays: ini.flag('PROXY', 'allow_private_relays', false),
  };
}

/** The identity of this server, and the address it listens on. */
export interface OwnServer {
  readonly keyHash: Uint8Array;
  listening(): { readonly host: string; readonly port: number };
}

/** Connects to the server's own port, whatever host the client named. */
function connectToSelf({ listening }: OwnServer): TransportConnect {
  const connect = tlsConnect(systemClock);
  return ({ alpn }, signal) => {
    const { host, port } = listening();
    return connect({ hosts: [host], port, alpn }, signal);
  };
}

/** Creates the proxy; undefined when forwarding is disabled. */
export function makeProxy(
  { enabled, routing, ownDomains, clientConcurrency, allowPrivateRelays }: ForwardingSettings,
  maxRelays: number,
  own: OwnServer,
  logger: Logger,
  observer: ServerObserver,
): RelayProxy | undefined {
  if (!enabled) return undefined;
  const policy = { publicOnly: !allowPrivateRelays, hold: limitedPerAddress(MAX_RELAYS_PER_ADDRESS) };
  return new RelayProxy({
    connect: tlsConnect(systemClock, routing, policy),
    self: { keyHash: own.keyHash, connect: connectToSelf(own) },
    clock: systemClock,
    random: systemRandom,
    logger,
    observer,
    ownDomains,
    clientConcurrency,
    maxRelays,
  });
}
