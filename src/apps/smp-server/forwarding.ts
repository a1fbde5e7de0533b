/** [PROXY] of the configuration: whether and how this server forwards its clients' messages to other servers. */
import { type Logger, systemClock } from '../../base/index.ts';
import { systemRandom } from '../../crypto/index.ts';
import type { Ini } from '../../hosting/index.ts';
import type { ServerObserver } from '../../smp/server/index.ts';
import { CLIENT_CONCURRENCY, RelayProxy } from '../../smp/server/proxy/index.ts';
import { parseSocksProxy, type Routing, tlsConnect } from '../../transport/node/index.ts';

const MAX_CONCURRENCY = 1_000;

export interface ForwardingSettings {
  readonly enabled: boolean;
  readonly routing: Routing;
  /** Servers in these domains are counted apart. */
  readonly ownDomains: readonly string[];
  readonly clientConcurrency: number;
}

/** What a new configuration says of it. */
export interface NewForwarding {
  readonly socksProxy: string | undefined;
  /** Separated by spaces. */
  readonly ownDomains: string | undefined;
}

const line = (key: string, value: string | undefined, example: string) =>
  value === undefined ? `# ${key} = ${example}`.trimEnd() : `${key} = ${value}`;

/** The section of a new configuration. */
export const forwardingText = ({ socksProxy, ownDomains }: NewForwarding): string => `[PROXY]
# Forwards messages of this server's users to the servers of others, which do not learn their addresses then.
# create_password is asked for here too.
enable = on
# Where a server has both: public or onion. Onion addresses need socks_proxy.
# host_mode = public
# required_host_mode = off
# Your own servers, as domains separated by spaces: what is forwarded to them is counted apart.
${line('own_server_domains', ownDomains, 'example.com')}
# The address of Tor, or of another SOCKS5 proxy.
${line('socks_proxy', socksProxy, '127.0.0.1:9050')}
# onion: for onion addresses only. always: for all.
# socks_mode = onion
# Messages of one client on their way at once; more wait.
# client_concurrency = ${CLIENT_CONCURRENCY}
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
  };
}

/** What forwards, on this machine's network; undefined when nothing is to be forwarded. */
export function makeProxy(
  { enabled, routing, ownDomains, clientConcurrency }: ForwardingSettings,
  maxRelays: number,
  logger: Logger,
  observer: ServerObserver,
): RelayProxy | undefined {
  if (!enabled) return undefined;
  return new RelayProxy({
    connect: tlsConnect(systemClock, routing),
    clock: systemClock,
    random: systemRandom,
    logger,
    observer,
    ownDomains,
    clientConcurrency,
    maxRelays,
  });
}
