/** Parses `smp-server.ini`, with the section and key names of the reference. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  HostingError,
  hostFault,
  hostsFault,
  type Information,
  type Ini,
  parseIni,
  readInformation,
  reasonOf,
} from '../../../hosting/index.ts';
import { DEFAULT_SMP_PORT, isServerPassword } from '../../../protocol/index.ts';
import { NO_BLOCKING } from '../control/blocking.ts';
import { type ForwardingSettings, readForwarding } from '../forwarding.ts';
import { workersOf } from '../workers/setting.ts';
import { type Limits, readLimits } from './limits.ts';
import { remarksOn } from './remarks.ts';

const FILE = 'smp-server.ini';

export const configurationFile = (folder: string): string => join(folder, FILE);

export interface WebConfiguration {
  /** A port without TLS, for onion services. */
  readonly httpPort: number | undefined;
  /** Undefined unless port, certificate and key are all set. */
  readonly https: { readonly port: number; readonly certificatePath: string; readonly keyPath: string } | undefined;
}

export interface Configuration {
  /** For the printed address. */
  readonly host: string;
  /** Ports to listen on; the first one is part of the address. */
  readonly ports: readonly number[];
  /** Addresses to listen on; undefined: all. */
  readonly listen: readonly (string | undefined)[];
  /** Number of worker processes; 0: the main process has the connections. */
  readonly workers: number;
  readonly newQueues: boolean;
  readonly password: string | undefined;
  /** Maximum queues blocked per day; 0: no limit, -1: none. */
  readonly dailyBlockings: number;
  /** Whether the store is on disk. */
  readonly persistent: boolean;
  readonly messageDays: number;
  readonly expireOnStart: boolean;
  readonly expireOnSend: boolean;
  readonly notificationHours: number;
  /** Undefined: idle connections stay open. */
  readonly idle: { readonly seconds: number; readonly checkSeconds: number } | undefined;
  readonly forwarding: ForwardingSettings;
  readonly limits: Limits;
  /** Pages for browsers. */
  readonly web: WebConfiguration;
  /** Whether to write daily statistics. */
  readonly dailyStatistics: boolean;
  /** The address of the metrics endpoint; undefined: none. */
  readonly metrics: { readonly host: string; readonly port: number } | undefined;
  /** Interval between writes of the metrics file; undefined: no file. */
  readonly metricsFileSeconds: number | undefined;
  readonly information: Information;
  /** Warnings about settings that have no effect or an unexpected one. */
  readonly remarks: readonly string[];
}

export const DEFAULT_MESSAGE_DAYS = 21;
export const DEFAULT_IDLE_SECONDS = 21_600;
export const DEFAULT_IDLE_CHECK_SECONDS = 3_600;
const DEFAULT_DAILY_BLOCKINGS = 20;
const MAX_DAILY_BLOCKINGS = 1_000_000;
export const LOOPBACK = '127.0.0.1';
const MAX_PORT = 65_535;
const MAX_DAYS = 10_000;
export const DEFAULT_NOTIFICATION_HOURS = 24;
const MAX_HOURS = 24 * MAX_DAYS;
const MAX_SECONDS = 2_000_000;

/** Whether the placeholder was replaced with a name. */
export const isNamed = (host: string): boolean => !host.includes('<');

/** Reads the configuration in `folder`; throws {@link HostingError}. */
export function readConfiguration(folder: string): Configuration {
  const path = configurationFile(folder);
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    if ((cause as { readonly code?: string }).code === 'ENOENT') {
      throw new HostingError(`There is no server in ${folder}: create one with "sotto smp-server init".`, { cause });
    }
    throw new HostingError(`The file ${path} cannot be read: ${reasonOf(cause)}.`, { cause });
  }
  const ini = parseIni(text, path);
  // Defaults would make it a different server, without a password.
  if (ini.entries.length === 0) {
    throw new HostingError(
      `The file ${path} is empty: it has no settings. Restore it from a backup, or create a new one: "sotto smp-server init --config <new folder> --data <new folder>" writes a smp-server.ini to copy to ${path}.`,
    );
  }
  const configuration = configurationOf(ini);
  ini.expectValid();
  return configuration;
}

function passwordOf(ini: Ini): string | undefined {
  const password = ini.text('AUTH', 'create_password');
  if (password !== undefined && !isServerPassword(password)) {
    ini.refuse('AUTH', 'create_password', 'has characters that a password may not have');
  }
  return password;
}

/** The reference writes `<hostnames>` as a placeholder; the server works without a name. */
function hostOf(ini: Ini): string {
  const host = ini.text('TRANSPORT', 'host') ?? LOOPBACK;
  const fault = isNamed(host) ? hostsFault(host) : undefined;
  if (fault !== undefined) ini.refuse('TRANSPORT', 'host', fault);
  return host;
}

/** An IP address or host name; removes the brackets that may surround IPv6 addresses. */
function addressOf(ini: Ini, section: string, key: string, text: string): string {
  const fault = hostFault(text);
  if (fault !== undefined) ini.refuse(section, key, fault);
  return text.replace(/^\[(.*)\]$/, '$1');
}

function listenOf(ini: Ini): Configuration['listen'] {
  const addresses = ini.text('TRANSPORT', 'listen')?.split(',');
  return addresses?.map((address) => addressOf(ini, 'TRANSPORT', 'listen', address.trim())) ?? [undefined];
}

function idleOf(ini: Ini): Configuration['idle'] {
  const seconds = (key: string, otherwise: number) => ini.number('INACTIVE_CLIENTS', key, 1, MAX_SECONDS) ?? otherwise;
  if (!ini.flag('INACTIVE_CLIENTS', 'disconnect', true)) return undefined;
  return {
    seconds: seconds('ttl', DEFAULT_IDLE_SECONDS),
    checkSeconds: seconds('check_interval', DEFAULT_IDLE_CHECK_SECONDS),
  };
}

function webOf(ini: Ini): WebConfiguration {
  const port = ini.number('WEB', 'https', 1, MAX_PORT);
  const certificatePath = ini.text('WEB', 'cert');
  const keyPath = ini.text('WEB', 'key');
  const complete = port !== undefined && certificatePath !== undefined && keyPath !== undefined;
  return {
    httpPort: ini.number('WEB', 'http', 0, MAX_PORT),
    https: complete ? { port, certificatePath, keyPath } : undefined,
  };
}

function metricsOf(ini: Ini): Configuration['metrics'] {
  const port = ini.number('METRICS', 'port', 0, MAX_PORT);
  const host = addressOf(ini, 'METRICS', 'host', ini.text('METRICS', 'host') ?? LOOPBACK);
  return port === undefined ? undefined : { host, port };
}

function configurationOf(ini: Ini): Configuration {
  const ports = ini.numbers('TRANSPORT', 'port', 0, MAX_PORT);
  return {
    host: hostOf(ini),
    ports: ports.length === 0 ? [DEFAULT_SMP_PORT] : ports,
    listen: listenOf(ini),
    workers: workersOf(ini),
    newQueues: ini.flag('AUTH', 'new_queues', true),
    password: passwordOf(ini),
    dailyBlockings:
      ini.number('AUTH', 'daily_block_queue_quota', NO_BLOCKING, MAX_DAILY_BLOCKINGS) ?? DEFAULT_DAILY_BLOCKINGS,
    persistent: ini.flag('STORE_LOG', 'enable', true),
    messageDays: ini.number('STORE_LOG', 'expire_messages_days', 1, MAX_DAYS) ?? DEFAULT_MESSAGE_DAYS,
    expireOnStart: ini.flag('STORE_LOG', 'expire_messages_on_start', true),
    expireOnSend: ini.flag('STORE_LOG', 'expire_messages_on_send', false),
    notificationHours: ini.number('STORE_LOG', 'expire_ntfs_hours', 1, MAX_HOURS) ?? DEFAULT_NOTIFICATION_HOURS,
    idle: idleOf(ini),
    forwarding: readForwarding(ini),
    limits: readLimits(ini),
    web: webOf(ini),
    dailyStatistics: ini.flag('STORE_LOG', 'log_stats', false),
    metrics: metricsOf(ini),
    metricsFileSeconds: ini.number('STORE_LOG', 'prometheus_interval', 1, MAX_SECONDS),
    information: readInformation(ini),
    remarks: remarksOn(ini),
  };
}
