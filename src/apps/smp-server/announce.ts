/** Prints the startup messages for the operator, and logs warnings about the configuration. */
import { type Logger, systemClock } from '../../base/index.ts';
import { clockFault } from '../../hosting/index.ts';
import { serverAddress } from './address.ts';
import { openToAll, type Setup } from './configuration/reload.ts';

export interface StartFacts {
  readonly port: number;
  /** Whether to print the address with the password for new queues. */
  readonly showPassword: boolean;
  /** Whether the store was created by this start. */
  readonly isNew: boolean;
  /** Maximum connections, within the limit of open files. */
  readonly maxConnections: number;
}

export function announce(
  { configuration, identity }: Setup,
  { port, showPassword, isNew, maxConnections }: StartFacts,
  print: (line: string) => void,
  logger: Logger,
): void {
  const { host, password, persistent, limits, remarks } = configuration;
  const shown = showPassword ? password : undefined;
  print(`Server address: ${serverAddress(identity.fingerprint, host, port, shown)}`);
  if (shown !== password) print('New queues need a password: "sotto smp-server address" prints the address with it.');
  const open = openToAll(configuration);
  if (open !== undefined) print(open);
  for (const remark of remarks) logger.warn(remark);
  const wrongClock = clockFault(identity, systemClock.now());
  if (wrongClock !== undefined) logger.warn(wrongClock);
  if (isNew) print('The store is new: there are no queues yet.');
  if (!persistent) print('Queues and messages are kept in memory only ([STORE_LOG] enable = off).');
  if (maxConnections < limits.connections.total) {
    print(
      `At most ${maxConnections} clients can be connected: the system lets this process open few files (LimitNOFILE in the systemd unit, or ulimit -n).`,
    );
  }
}
