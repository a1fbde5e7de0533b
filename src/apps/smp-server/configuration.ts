/** `smp-server.ini`: what `init` writes and `start` reads; names as operators of the reference know them. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { HostingError, parseIni, reasonOf } from '../../hosting/index.ts';
import { DEFAULT_SMP_PORT, isServerPassword } from '../../protocol/index.ts';
import { type Limits, limitsText, readLimits } from './limits.ts';

const FILE = 'smp-server.ini';

export const configurationFile = (folder: string): string => join(folder, FILE);

export interface Configuration {
  /** For the address that is printed. */
  readonly host: string;
  /** Ports to listen on; the first is the one in the address. */
  readonly ports: readonly number[];
  readonly newQueues: boolean;
  readonly password: string | undefined;
  /** Whether queues and messages are kept on disk. */
  readonly persistent: boolean;
  readonly messageDays: number;
  readonly disconnectIdle: boolean;
  readonly limits: Limits;
}

const DEFAULT_MESSAGE_DAYS = 21;
const MAX_PORT = 65_535;
const MAX_DAYS = 10_000;

/** The text of a new configuration. */
export function configurationText(host: string, password: string | undefined): string {
  const onDisabled = password === undefined ? '# ' : '';
  return `[STORE_LOG]
# With enable = off queues and messages are lost when the server stops.
enable = on
expire_messages_days = ${DEFAULT_MESSAGE_DAYS}

[AUTH]
# off: nobody can create queues any more; those that exist go on working.
new_queues = on
# Whoever creates queues has to know it: it is part of the address you give to your users, and to nobody else.
# Printable ASCII without spaces, '@', ':' and '/'.
${onDisabled}create_password = ${password ?? ''}

[TRANSPORT]
# Only for the address that is printed.
host = ${host}
# One port, or several separated by commas; the first is in the address.
port = ${DEFAULT_SMP_PORT}

[INACTIVE_CLIENTS]
# Closes connections that neither wait for messages nor send any for six hours.
disconnect = on

${limitsText}`;
}

/** Reads the configuration in `folder`; throws {@link HostingError}. */
export function readConfiguration(folder: string): Configuration {
  const path = configurationFile(folder);
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    if ((cause as { readonly code?: string }).code === 'ENOENT') {
      throw new HostingError(`There is no server in ${folder}: make one with "sotto smp-server init".`, { cause });
    }
    throw new HostingError(`The file ${path} cannot be read: ${reasonOf(cause)}.`, { cause });
  }
  const ini = parseIni(text, path);
  const password = ini.text('AUTH', 'create_password');
  if (password !== undefined && !isServerPassword(password)) {
    throw new HostingError(`In ${path}, "create_password" of [AUTH] has characters that a password may not have.`);
  }
  const ports = ini.numbers('TRANSPORT', 'port', 0, MAX_PORT);
  return {
    host: ini.text('TRANSPORT', 'host') ?? '127.0.0.1',
    ports: ports.length === 0 ? [DEFAULT_SMP_PORT] : ports,
    newQueues: ini.flag('AUTH', 'new_queues', true),
    password,
    persistent: ini.flag('STORE_LOG', 'enable', true),
    messageDays: ini.number('STORE_LOG', 'expire_messages_days', 0, MAX_DAYS) ?? DEFAULT_MESSAGE_DAYS,
    disconnectIdle: ini.flag('INACTIVE_CLIENTS', 'disconnect', true),
    limits: readLimits(ini),
  };
}
