/** [LIMITS] of the configuration, and the system's limit of open files. */
import { readFileSync } from 'node:fs';
import type { Ini } from '../../../hosting/index.ts';
import {
  MAX_CONNECTIONS,
  MAX_CONNECTIONS_PER_ADDRESS,
  MAX_HANDSHAKES,
  MAX_SUBSCRIPTIONS,
  MAX_WAITING_BYTES,
  type ServerLimits,
} from '../../../smp/server/index.ts';
import { ATTEMPTS_SHARE, MAX_RELAYS } from '../../../smp/server/proxy/index.ts';
import type { ConnectionLimits } from '../../../transport/node/index.ts';

/** File descriptors reserved for everything except connections: the store, the log, sockets about to be refused. */
const RESERVED_DESCRIPTORS = 64;

const MEGABYTE = 1024 * 1024;
const MAX_NUMBER = 10_000_000;
const MAX_MEGABYTES = 1_000_000;

export interface Limits {
  readonly connections: ConnectionLimits;
  readonly server: ServerLimits;
  /** Maximum connected relays. */
  readonly relays: number;
}

/** The section of a new configuration. */
export const limitsText = `[LIMITS]
# All at least 1; connections_per_address may be 0 for no limit.
# Maximum connections, in total and from one address; further ones are refused.
# Behind a proxy or an onion service all clients have the same address.
connections = ${MAX_CONNECTIONS}
connections_per_address = ${MAX_CONNECTIONS_PER_ADDRESS}
# Memory in megabytes for commands being executed and messages queued for sending, of all connections together.
# Each connection is guaranteed two blocks in each direction.
waiting_megabytes = ${MAX_WAITING_BYTES / MEGABYTE}
# Maximum subscriptions of all connections together. Each takes about one kilobyte of memory.
subscriptions = ${MAX_SUBSCRIPTIONS}
# Maximum connections to other servers for forwarding; a new one replaces the least recently used one.
relays = ${MAX_RELAYS}
`;

export function readLimits(ini: Ini): Limits {
  const number = (key: string, min: number, max: number, otherwise: number) =>
    ini.number('LIMITS', key, min, max) ?? otherwise;
  return {
    connections: {
      total: number('connections', 1, MAX_NUMBER, MAX_CONNECTIONS),
      perAddress: number('connections_per_address', 0, MAX_NUMBER, MAX_CONNECTIONS_PER_ADDRESS),
      handshakes: MAX_HANDSHAKES,
    },
    server: {
      waitingBytes: number('waiting_megabytes', 1, MAX_MEGABYTES, MAX_WAITING_BYTES / MEGABYTE) * MEGABYTE,
      subscriptions: number('subscriptions', 1, MAX_NUMBER, MAX_SUBSCRIPTIONS),
    },
    relays: number('relays', 1, MAX_NUMBER, MAX_RELAYS),
  };
}

/** The limit of open files of this process, if the system tells it (Linux). */
function descriptorLimit(): number | undefined {
  try {
    const number = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1];
    return number === undefined ? undefined : Number(number);
  } catch {
    return undefined;
  }
}

/** The share of open files for connections to relays. */
const RELAYS_SHARE = 1 / 8;

/**
 * The limits of connections, reduced to what the limit of open files allows. Each worker has its own limit of open
 * files for its connections; the main process has the connections to relays.
 */
export function withinDescriptors(
  { connections, relays: wanted }: Limits,
  workers: number,
): {
  readonly connections: ConnectionLimits;
  readonly relays: number;
} {
  const descriptors = descriptorLimit();
  if (descriptors === undefined) return { connections, relays: wanted };
  const relays = Math.min(wanted, Math.max(Math.floor(descriptors * RELAYS_SHARE), 1));
  const toRelays = Math.ceil(relays * (1 + ATTEMPTS_SHARE));
  const own = Math.max(descriptors - RESERVED_DESCRIPTORS - (workers === 0 ? toRelays : 0), 1);
  const total = Math.min(connections.total, own * Math.max(workers, 1));
  return { connections: { ...connections, total }, relays };
}
