/** `sotto smp-server start`: runs a server until it is told to stop. */
import { deferred, type Logger, type LogLevel, lineLogger, systemClock } from '../../base/index.ts';
import { systemRandom } from '../../crypto/index.ts';
import {
  CONTROL_FILES,
  type ControlCommand,
  type ControlServer,
  EventLoopLag,
  type Folders,
  HostingError,
  lockFolder,
  startControl,
} from '../../hosting/index.ts';
import { localBus, queueOperator, ServerStatistics, SmpServerRunner } from '../../smp/server/index.ts';
import { SMP_ALPN, TransportError, WEB_ALPN } from '../../transport/index.ts';
import {
  Admission,
  type Listener,
  type ListenOptions,
  type TlsIdentity,
  tlsListen,
} from '../../transport/node/index.ts';
import { serverAddress } from './address.ts';

import { Blocking } from './control/blocking.ts';
import { controlCommands } from './control/commands.ts';
import { makeProxy } from './forwarding.ts';
import { type Idle, idleTimer } from './idle.ts';
import { withinDescriptors } from './limits.ts';
import { MONITORING_FILES, type Monitoring, startMonitoring } from './monitoring/monitoring.ts';
import { type OpenStore, openStore, STORE_FOLDER } from './open-store.ts';
import { livePolicy, readSetup, rereadSetup, type Setup, settingsOf, waitingForRestart } from './reload.ts';

export interface StartOptions {
  readonly folders: Folders;
  /** Instead of the configured ones; 0 takes any free port. */
  readonly port: number | undefined;
  /** Address to bind; undefined for all. */
  readonly host: string | undefined;
  /** Ends the server this long after its last client. */
  readonly exitWhenIdleSeconds: number | undefined;
  readonly logLevel: LogLevel;
}

/** What the server makes in its data folder. */
export const DATA_FILES: readonly string[] = [STORE_FOLDER, ...MONITORING_FILES, ...CONTROL_FILES];

async function listenAll(ports: readonly number[], options: Omit<ListenOptions, 'port'>): Promise<Listener[]> {
  const listeners: Listener[] = [];
  try {
    for (const port of ports) listeners.push(await tlsListen({ ...options, port }));
    return listeners;
  } catch (cause) {
    for (const listener of listeners) listener.close();
    if (!(cause instanceof TransportError)) throw cause;
    throw new HostingError(`The server cannot start: ${cause.message}.`, { cause });
  }
}

/** What is asked of a running server from outside. */
export interface Signals {
  /** Ends the server. */
  readonly stop: AbortSignal;
  /** Sets what happens when the configuration is to be read again. */
  onReload(action: () => void): void;
}

/** Runs until it is told to stop or is idle for long; everything acknowledged is on disk when it resolves. */
export async function start(options: StartOptions, print: (line: string) => void, signals: Signals): Promise<void> {
  const { folders } = options;
  const setup = readSetup(folders);
  const lock = lockFolder(folders.data);
  let opened: OpenStore | undefined;
  try {
    opened = openStore(folders.data, setup.configuration, systemClock);
    await serve(options, setup, opened, print, signals);
  } finally {
    await opened?.store.close();
    lock.release();
  }
}

async function serve(
  options: StartOptions,
  setup: Setup,
  { store, commits }: OpenStore,
  print: (line: string) => void,
  signals: Signals,
): Promise<void> {
  let current = setup;
  const stopped = deferred<void>();
  const idle: Idle | undefined =
    options.exitWhenIdleSeconds === undefined
      ? undefined
      : idleTimer(systemClock, options.exitWhenIdleSeconds * 1_000, () => stopped.resolve());
  const logger = lineLogger(options.logLevel, (line) => console.error(line));
  const bus = localBus();
  const statistics = new ServerStatistics();
  const { configuration, identity } = setup;
  const { limits, ports, host, password } = configuration;
  const { connections, relays } = withinDescriptors(limits);
  const runner = new SmpServerRunner({
    chain: setup.identity.chain,
    signer: setup.identity.signer,
    store,
    bus,
    policy: livePolicy(() => current.configuration),
    clock: systemClock,
    random: systemRandom,
    logger,
    observer: statistics,
    proxyService: makeProxy(configuration.forwarding, relays, logger, statistics),
    ...settingsOf(configuration),
    expireOnStart: configuration.expireOnStart,
    onConnections: (count) => idle?.connections(count),
  });
  const tlsIdentity = ({ identity }: Setup): TlsIdentity => ({
    certificates: identity.certificatesPem,
    key: identity.keyPem,
    onConnection: (transport) => runner.accept(transport, identity),
  });
  const admission = new Admission(connections, systemClock, logger);
  const lag = new EventLoopLag(systemClock);
  let monitoring: Monitoring | undefined;
  let control: ControlServer | undefined;
  try {
    const listeners = await listenAll(options.port === undefined ? ports : [options.port], {
      ...tlsIdentity(setup),
      host: options.host,
      alpn: [SMP_ALPN, WEB_ALPN],
      admission,
      clock: systemClock,
    });
    print(`Server address: ${serverAddress(identity.fingerprint, host, listeners[0]!.port, password)}`);
    for (const sentence of configuration.ignored) logger.warn(sentence);
    if (!configuration.persistent) print('Queues and messages are kept in memory only ([STORE_LOG] enable = off).');
    if (connections.total < limits.connections.total) {
      print(`At most ${connections.total} clients can be connected: the system lets this process open few files.`);
    }
    const state = { statistics, runner, admission, commits, lag, clock: systemClock };
    const quota = () => current.configuration.dailyBlockings;
    const blocking = new Blocking(queueOperator(store, bus), statistics, quota, systemClock);
    monitoring = await startMonitoring(configuration, options.folders.data, state, logger);
    control = await openControl(options.folders.data, controlCommands(state, monitoring, blocking), logger);
    if (monitoring.port !== undefined)
      print(`Metrics: http://${configuration.metrics?.host}:${monitoring.port}/metrics`);
    print(`Ready: serving SMP on port ${listeners.map(({ port }) => port).join(', ')}.`);
    signals.onReload(() => {
      current = reload(options.folders, current, logger, (next) => {
        for (const listener of listeners) listener.renew(tlsIdentity(next));
        runner.configure(settingsOf(next.configuration));
        admission.limit(withinDescriptors(next.configuration.limits).connections);
      });
    });
    idle?.connections(0);
    const { stop } = signals;
    stop.addEventListener('abort', () => stopped.resolve(), { once: true });
    if (stop.aborted) stopped.resolve();
    await stopped.promise;
    for (const listener of listeners) listener.close();
    print('Stopping.');
  } finally {
    idle?.cancel();
    lag.stop();
    control?.close();
    await runner.stop();
    await monitoring?.stop();
  }
}

/** Messages are passed on without it too. */
async function openControl(
  folder: string,
  commands: Readonly<Record<string, ControlCommand>>,
  logger: Logger,
): Promise<ControlServer | undefined> {
  try {
    return await startControl(folder, commands);
  } catch (error) {
    if (!(error instanceof HostingError)) throw error;
    logger.warn(error.message);
    return undefined;
  }
}

/** Reads the setup again and applies it; gives what counts from now on, which is what counted before when it cannot be used. */
function reload(folders: Folders, before: Setup, logger: Logger, apply: (setup: Setup) => void): Setup {
  try {
    const setup = rereadSetup(folders, before);
    apply(setup);
    for (const sentence of setup.configuration.ignored) logger.warn(sentence);
    for (const sentence of waitingForRestart(before.configuration, setup.configuration)) logger.warn(sentence);
    logger.info('configuration and certificates were read again');
    return setup;
  } catch (error) {
    if (!(error instanceof HostingError)) throw error;
    logger.warn(`nothing was changed: ${error.message}`);
    return before;
  }
}
