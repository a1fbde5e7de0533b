/** What a reload of the configuration (SIGHUP) changes in a running server, and what requires a restart. */
import type { Logger } from '../../../base/index.ts';
import { equalBytes } from '../../../encoding/index.ts';
import { type Folders, HostingError, loadIdentityFiles, type ServerIdentity } from '../../../hosting/index.ts';
import type { QueuePolicy, ServerSettings, SmpServerRunner } from '../../../smp/server/index.ts';
import type { TlsIdentity } from '../../../transport/node/index.ts';
import { type Configuration, readConfiguration } from './configuration.ts';

/** The content of the configuration folder. */
export interface Setup {
  readonly configuration: Configuration;
  readonly identity: ServerIdentity;
}

const SECONDS_PER_HOUR = 3_600;
const SECONDS_PER_DAY = 86_400;
const MS_PER_SECOND = 1_000;

/** Reads the setup; throws {@link HostingError}. */
export function readSetup(folders: Folders): Setup {
  return { configuration: readConfiguration(folders.config), identity: loadIdentityFiles(folders.config) };
}

/** Reads the setup again for a running server; throws {@link HostingError} when that server cannot use it. */
function rereadSetup(folders: Folders, before: Setup): Setup {
  const setup = readSetup(folders);
  if (!equalBytes(setup.identity.fingerprint, before.identity.fingerprint)) {
    throw new HostingError('The identity has changed, but a running server keeps its identity.');
  }
  return setup;
}

/** Sentences about changes that require a restart. */
export function waitingForRestart(before: Configuration, after: Configuration): readonly string[] {
  const changed: readonly (readonly [string, boolean])[] = [
    ['"port" of [TRANSPORT]', before.ports.join() !== after.ports.join()],
    ['"listen" of [TRANSPORT]', before.listen.join() !== after.listen.join()],
    ['"workers" of [TRANSPORT]', before.workers !== after.workers],
    ['"enable" of [STORE_LOG]', before.persistent !== after.persistent],
    ['"log_stats" of [STORE_LOG]', before.dailyStatistics !== after.dailyStatistics],
    ['"prometheus_interval" of [STORE_LOG]', before.metricsFileSeconds !== after.metricsFileSeconds],
    ['[PROXY]', JSON.stringify(before.forwarding) !== JSON.stringify(after.forwarding)],
    ['"relays" of [LIMITS]', before.limits.relays !== after.limits.relays],
    ['"https" of [WEB]', before.web.https?.port !== after.web.https?.port],
    ['"http" of [WEB]', before.web.httpPort !== after.web.httpPort],
    ['[METRICS]', before.metrics?.port !== after.metrics?.port || before.metrics?.host !== after.metrics?.host],
  ];
  return changed.flatMap(([what, isChanged]) =>
    isChanged ? [`${what} has changed: restart the server to apply it`] : [],
  );
}

const isOpenToAll = ({ newQueues, password }: Configuration): boolean => newQueues && password === undefined;

/** A warning when new queues need no password; undefined when they need one or are disabled. */
export function openToAll(configuration: Configuration): string | undefined {
  if (!isOpenToAll(configuration)) return undefined;
  return 'New queues need no password: anyone with the address can create them. Set create_password in [AUTH] of smp-server.ini to change that.';
}

/** The same warning, only if it did not apply before. */
export const openedToAll = (before: Configuration, after: Configuration): string | undefined =>
  isOpenToAll(before) ? undefined : openToAll(after);

/** The settings of each process with connections; the processes share the limits. */
export function settingsOf(configuration: Configuration): ServerSettings {
  const { idle, limits, workers } = configuration;
  const share = (limit: number) => Math.ceil(limit / Math.max(workers, 1));
  return {
    messageTtlSeconds: configuration.messageDays * SECONDS_PER_DAY,
    notificationTtlSeconds: configuration.notificationHours * SECONDS_PER_HOUR,
    disconnectIdle: idle !== undefined,
    idleTimeoutMs: idle === undefined ? undefined : idle.seconds * MS_PER_SECOND,
    idleCheckIntervalMs: idle === undefined ? undefined : idle.checkSeconds * MS_PER_SECOND,
    limits: {
      waitingBytes: share(limits.server.waitingBytes),
      subscriptions: share(limits.server.subscriptions),
    },
  };
}

/** The TLS identity of a setup; connections that were shown it are passed to `runner`. */
export const tlsIdentityOf = ({ identity }: Setup, runner: Pick<SmpServerRunner, 'accept'>): TlsIdentity => ({
  certificates: identity.certificatesPem,
  key: identity.keyPem,
  onConnection: (transport) => runner.accept(transport, identity),
});

/** A policy that follows the current configuration. */
export function livePolicy(current: () => Configuration): QueuePolicy {
  return {
    get newQueues() {
      return current().newQueues;
    },
    get password() {
      return current().password;
    },
    get expireOnSendSeconds() {
      const { expireOnSend, messageDays } = current();
      return expireOnSend ? messageDays * SECONDS_PER_DAY : undefined;
    },
  };
}

/**
 * Reads the setup again and has `apply` put it into effect. Returns the setup in use from now on: `current` when the new one
 * cannot be used, which is logged.
 */
export function reloadSetup(
  folders: Folders,
  { started, current }: { readonly started: Setup; readonly current: Setup },
  logger: Logger,
  apply: (setup: Setup) => void,
): Setup {
  try {
    const read = rereadSetup(folders, current);
    // The limits are divided among the workers that run, whose number changes only with a restart.
    const { workers } = started.configuration;
    const setup = { ...read, configuration: { ...read.configuration, workers } };
    apply(setup);
    const opened = openedToAll(current.configuration, setup.configuration);
    if (opened !== undefined) logger.warn(opened);
    for (const sentence of setup.configuration.remarks) logger.warn(sentence);
    for (const sentence of waitingForRestart(started.configuration, read.configuration)) logger.warn(sentence);
    logger.info('configuration and certificates reloaded');
    return setup;
  } catch (error) {
    if (!(error instanceof HostingError)) throw error;
    logger.warn(`nothing was changed: ${error.message}`);
    return current;
  }
}
