/** A running server: what listens, what runs beside it, what changes when it is told to reload, and how it ends. */
import { join } from 'node:path';
import { deferred, type Logger, type LogLevel, lineLogger, systemClock } from '../../base/index.ts';
import { systemRandom } from '../../crypto/index.ts';
import { clockFault, EventLoopLag, type Folders, HostingError, withLogTime } from '../../hosting/index.ts';
import { localBus, queueOperator, ServerStatistics, SmpServerRunner, startAging } from '../../smp/server/index.ts';
import { SMP_ALPN, TransportError, WEB_ALPN } from '../../transport/index.ts';
import {
  Admission,
  type Listener,
  type TcpListenOptions,
  type TlsAcceptOptions,
  tcpListen,
  tlsAcceptor,
  tlsListen,
} from '../../transport/node/index.ts';
import { serverAddress } from './address.ts';
import { LOOPBACK } from './configuration/configuration.ts';
import { withinDescriptors } from './configuration/limits.ts';
import {
  livePolicy,
  openedToAll,
  openToAll,
  rereadSetup,
  type Setup,
  settingsOf,
  tlsIdentityOf,
  waitingForRestart,
} from './configuration/reload.ts';
import { BLOCKED_FILE, Blocking } from './control/blocking.ts';
import { controlCommands } from './control/commands.ts';
import { DailyCount } from './control/daily-count.ts';
import { makeProxy } from './forwarding.ts';
import { idleTimer } from './idle.ts';
import { ActiveQueues, countingStore } from './monitoring/active-queues.ts';
import { startMonitoring } from './monitoring/monitoring.ts';
import { stateOf } from './monitoring/state.ts';
import type { OpenStore } from './open-store.ts';
import { openControl, startWeb } from './sidelines.ts';
import { Web } from './web.ts';
import { WorkerPool } from './workers/pool.ts';

export interface StartOptions {
  readonly folders: Folders;
  /** Instead of the configured ones; 0 takes any free port. */
  readonly port: number | undefined;
  /** Address to bind instead of the configured ones. */
  readonly host: string | undefined;
  /** Ends the server this long after its last client. */
  readonly exitWhenIdleSeconds: number | undefined;
  readonly logLevel: LogLevel;
  /** Whether whoever reads what is printed may know the password for new queues: not where it is kept, as in a log. */
  readonly showPassword: boolean;
}

/** What is asked of a running server from outside. */
export interface Signals {
  /** Ends the server. */
  readonly stop: AbortSignal;
  /** Sets what happens when the configuration is to be read again. */
  onReload(action: () => void): void;
}

/** What to do about a port that cannot be had, behind the reason. */
function listenAdvice({ cause }: TransportError): string {
  const { code } = (cause ?? {}) as { readonly code?: string };
  if (code === 'EADDRNOTAVAIL') return '; choose another with "listen" of [TRANSPORT], or --host';
  return code === 'EADDRINUSE' || code === 'EACCES' ? '; choose another with "port" of [TRANSPORT], or --port' : '';
}

/** An address of this machine at which a server that listens on `host` is reached. */
function reachableAt(host: string | undefined): string {
  if (host === undefined || host === '0.0.0.0') return LOOPBACK;
  return host === '::' ? '::1' : host;
}

type Where = Pick<TcpListenOptions, 'host' | 'port'>;

async function listenAll(places: readonly Where[], listen: (where: Where) => Promise<Listener>): Promise<Listener[]> {
  const listeners: Listener[] = [];
  try {
    for (const place of places) listeners.push(await listen(place));
    return listeners;
  } catch (cause) {
    for (const listener of listeners) listener.close();
    if (!(cause instanceof TransportError)) throw cause;
    throw new HostingError(`The server cannot start: ${cause.message}${listenAdvice(cause)}.`, { cause });
  }
}

/** Listens for workers, which agree on TLS; an identity is only looked at here, so that one that is wrong is refused. */
async function listenFor(
  pool: WorkerPool,
  tls: TlsAcceptOptions,
  where: Omit<TcpListenOptions, 'onSocket'>,
): Promise<Listener> {
  const { renew } = tlsAcceptor(tls);
  const listener = await tcpListen({ ...where, onSocket: (socket, _, handOver) => pool.take(socket, handOver()) });
  return { ...listener, renew };
}

/** Serves until it is told to stop, or is idle for long. */
export async function serve(
  options: StartOptions,
  setup: Setup,
  opened: OpenStore,
  print: (line: string) => void,
  signals: Signals,
): Promise<void> {
  const { commits, isNew } = opened;
  let current = setup;
  const stopped = deferred<void>();
  /** What has to end, the last begun first. */
  const ends: (() => void | Promise<void>)[] = [];
  const logger = lineLogger(
    options.logLevel,
    withLogTime((line) => console.error(line)),
  );
  const idle =
    options.exitWhenIdleSeconds === undefined
      ? undefined
      : idleTimer(systemClock, options.exitWhenIdleSeconds * 1_000, () => stopped.resolve());
  const activeQueues = new ActiveQueues(systemClock);
  const store = countingStore(opened.store, activeQueues);
  const bus = localBus();
  const aging = startAging(store, systemClock, logger);
  const statistics = new ServerStatistics();
  const { configuration, identity } = setup;
  const { limits, ports, host, password, workers } = configuration;
  const { connections, relays } = withinDescriptors(limits, workers);
  const hosts = options.host === undefined ? configuration.listen : [options.host];
  /** Where the server reaches itself: known once it listens. */
  let ownPort = 0;
  const own = {
    keyHash: identity.fingerprint,
    listening: () => ({ host: reachableAt(hosts[0]), port: ownPort }),
  };
  const proxyService = makeProxy(configuration.forwarding, relays, own, logger, statistics);
  // With workers it has no connections itself.
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
    proxyService,
    aging: aging.clock,
    ...settingsOf(configuration),
    expireOnStart: configuration.expireOnStart,
    onConnections: (count) => idle?.connections(count),
  });
  const pool =
    workers === 0
      ? undefined
      : new WorkerPool(setup, {
          workers,
          services: { store, bus, proxyService },
          aging: aging.clock,
          logLevel: options.logLevel,
          clock: systemClock,
          logger,
          onClients: (count) => idle?.connections(count),
        });
  const admission = new Admission(connections, systemClock, logger);
  const web = new Web();
  const lag = new EventLoopLag(systemClock);
  const state = stateOf(
    { statistics, runner, pool, lag },
    { store, activeQueues, admission, commits, clock: systemClock },
  );
  ends.push(
    () => aging.stop(),
    () => idle?.cancel(),
    () => runner.stop(),
    () => pool?.stop(),
    () => lag.stop(),
  );
  try {
    const common = { admission, clock: systemClock };
    const wanted = options.port === undefined ? ports : [options.port];
    const places = wanted.flatMap((port) => hosts.map((host) => ({ host, port })));
    // Clients are looked at for what they want only where there is something for browsers.
    const onNamed = configuration.web.https === undefined ? {} : { onNamed: web.accept.bind(web) };
    const tls = { ...tlsIdentityOf(setup, runner), ...onNamed, alpn: [SMP_ALPN, WEB_ALPN] };
    const listeners = await listenAll(places, (where) =>
      pool === undefined ? tlsListen({ ...tls, ...common, ...where }) : listenFor(pool, tls, { ...common, ...where }),
    );
    ends.push(() => {
      for (const listener of listeners) listener.close();
    });
    ownPort = listeners[0]!.port;
    const shown = options.showPassword ? password : undefined;
    print(`Server address: ${serverAddress(identity.fingerprint, host, listeners[0]!.port, shown)}`);
    if (shown !== password) print('New queues need a password: "sotto smp-server address" prints the address with it.');
    const open = openToAll(configuration);
    if (open !== undefined) print(open);
    for (const sentence of configuration.remarks) logger.warn(sentence);
    const wrongClock = clockFault(identity, systemClock.now());
    if (wrongClock !== undefined) logger.warn(wrongClock);
    if (isNew) print('The store is new: there are no queues yet.');
    if (!configuration.persistent) print('Queues and messages are kept in memory only ([STORE_LOG] enable = off).');
    if (connections.total < limits.connections.total) {
      print(
        `At most ${connections.total} clients can be connected: the system lets this process open few files (LimitNOFILE in the systemd unit, or ulimit -n).`,
      );
    }
    await pool?.start(listeners[0]!.port);
    ends.push(await startWeb(web, setup, { ...common, hosts, listeners }, print, logger));
    const monitoring = await startMonitoring(configuration, options.folders.data, state, activeQueues, logger);
    // The last to end: it writes down what was counted.
    ends.unshift(() => monitoring.stop());
    if (monitoring.port !== undefined)
      print(`Metrics: http://${configuration.metrics?.host}:${monitoring.port}/metrics`);
    const quota = () => current.configuration.dailyBlockings;
    // A clock that is set begins no new day.
    const blocked = new DailyCount(join(options.folders.data, BLOCKED_FILE), { now: () => aging.clock.now() * 1_000 });
    const blocking = new Blocking(queueOperator(store, bus), statistics, quota, blocked);
    const control = await openControl(options.folders.data, controlCommands(state, monitoring, blocking), logger);
    ends.push(() => control?.close());
    print(`Ready: serving SMP on port ${[...new Set(listeners.map(({ port }) => port))].join(', ')}.`);
    signals.onReload(() => {
      current = reload(options.folders, { started: setup, current }, logger, (next) => {
        // First what can be refused: nothing is changed then.
        web.renew(next);
        for (const listener of listeners) listener.renew(tlsIdentityOf(next, runner));
        runner.configure(settingsOf(next.configuration));
        pool?.configure(next);
        admission.limit(withinDescriptors(next.configuration.limits, workers).connections);
      });
    });
    idle?.connections(0);
    const { stop } = signals;
    stop.addEventListener('abort', () => stopped.resolve(), { once: true });
    if (stop.aborted) stopped.resolve();
    await stopped.promise;
    print('Stopping.');
  } finally {
    for (const end of ends.reverse()) await end();
  }
}

/** Reads the setup again and applies it; gives what counts from now on, which is what counted before when it cannot be used. */
function reload(
  folders: Folders,
  { started, current }: { readonly started: Setup; readonly current: Setup },
  logger: Logger,
  apply: (setup: Setup) => void,
): Setup {
  try {
    const read = rereadSetup(folders, current);
    // They share the limits.
    const { workers } = started.configuration;
    const setup = { ...read, configuration: { ...read.configuration, workers } };
    apply(setup);
    const opened = openedToAll(current.configuration, setup.configuration);
    if (opened !== undefined) logger.warn(opened);
    for (const sentence of setup.configuration.remarks) logger.warn(sentence);
    for (const sentence of waitingForRestart(started.configuration, read.configuration)) logger.warn(sentence);
    logger.info('configuration and certificates were read again');
    return setup;
  } catch (error) {
    if (!(error instanceof HostingError)) throw error;
    logger.warn(`nothing was changed: ${error.message}`);
    return current;
  }
}
