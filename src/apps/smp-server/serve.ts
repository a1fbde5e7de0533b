/** A running server: what it listens on, what runs beside it, how it reloads its configuration, and how it stops. */
import { join } from 'node:path';
import { deferred, type LogLevel, lineLogger, systemClock } from '../../base/index.ts';
import { type Folders, withLogTime } from '../../hosting/index.ts';
import { queueOperator } from '../../smp/server/index.ts';
import { announce } from './announce.ts';
import type { Configuration } from './configuration/configuration.ts';
import { withinDescriptors } from './configuration/limits.ts';
import { reloadSetup, type Setup, settingsOf, tlsIdentityOf } from './configuration/reload.ts';
import { BLOCKED_FILE, Blocking } from './control/blocking.ts';
import { controlCommands } from './control/commands.ts';
import { DailyCount } from './control/daily-count.ts';
import { idleTimer } from './idle.ts';
import { listenForClients, reachableAt } from './listen.ts';
import { startMonitoring } from './monitoring/monitoring.ts';
import type { OpenStore } from './open-store.ts';
import { openControl, startWeb } from './optional-services.ts';
import { Web } from './web.ts';
import { type ServerParts, wireServer } from './wire.ts';

export interface StartOptions {
  readonly folders: Folders;
  /** Overrides the configured ports; 0: any free port. */
  readonly port: number | undefined;
  /** Overrides the configured addresses. */
  readonly host: string | undefined;
  /** Stops the server this long after its last client disconnected. */
  readonly exitWhenIdleSeconds: number | undefined;
  readonly logLevel: LogLevel;
  /** Whether to print the password for new queues: not when the output is kept, as in a log. */
  readonly showPassword: boolean;
}

/** Requests from outside to a running server. */
export interface Signals {
  /** Stops the server. */
  readonly stop: AbortSignal;
  /** Sets the handler of requests to reload the configuration. */
  onReload(action: () => void): void;
}

/** Blocking of queues by the operator; the daily quota is that of the configuration in use. */
function operatorBlocking(
  { store, bus, statistics, aging }: ServerParts,
  dataFolder: string,
  configuration: () => Configuration,
): Blocking {
  // Days are counted on the aging clock: setting the system clock does not begin a new day.
  const dayClock = { now: () => aging.clock.now() * 1_000 };
  const blockedToday = new DailyCount(join(dataFolder, BLOCKED_FILE), dayClock);
  return new Blocking(queueOperator(store, bus), statistics, () => configuration().dailyBlockings, blockedToday);
}

/** Serves until it is told to stop, or was idle for `exitWhenIdleSeconds`. */
export async function serve(
  options: StartOptions,
  setup: Setup,
  opened: OpenStore,
  print: (line: string) => void,
  signals: Signals,
): Promise<void> {
  const dataFolder = options.folders.data;
  let current = setup;
  let ownPort = 0;
  const stopped = deferred<void>();
  /** Steps that stop what was started, run last first. */
  const ends: (() => void | Promise<void>)[] = [];
  const logger = lineLogger(
    options.logLevel,
    withLogTime((line) => console.error(line)),
  );
  const idle =
    options.exitWhenIdleSeconds === undefined
      ? undefined
      : idleTimer(systemClock, options.exitWhenIdleSeconds * 1_000, () => stopped.resolve());
  const { configuration } = setup;
  const hosts = options.host === undefined ? configuration.listen : [options.host];
  const ports = options.port === undefined ? configuration.ports : [options.port];
  const limits = withinDescriptors(configuration.limits, configuration.workers);
  const parts = wireServer(setup, opened, {
    logLevel: options.logLevel,
    logger,
    configuration: () => current.configuration,
    listening: () => ({ host: reachableAt(hosts[0]), port: ownPort }),
    limits,
    onClients: (count) => idle?.connections(count),
  });
  const { runner, pool, admission, state, activeQueues } = parts;
  const web = new Web();
  ends.push(() => idle?.cancel(), ...parts.ends);
  try {
    const common = { admission, clock: systemClock };
    const listeners = await listenForClients(setup, parts, web, hosts, ports, common);
    ends.push(() => {
      for (const listener of listeners) listener.close();
    });
    ownPort = listeners[0]!.port;
    const { showPassword } = options;
    const maxConnections = limits.connections.total;
    announce(setup, { port: ownPort, showPassword, isNew: opened.isNew, maxConnections }, print, logger);
    await pool?.start(ownPort);
    ends.push(await startWeb(web, setup, { ...common, hosts, listeners }, print, logger));
    const monitoring = await startMonitoring(configuration, dataFolder, state, activeQueues, logger);
    // Stopped last: it writes down what was counted.
    ends.unshift(() => monitoring.stop());
    if (monitoring.port !== undefined)
      print(`Metrics: http://${configuration.metrics?.host}:${monitoring.port}/metrics`);
    const blocking = operatorBlocking(parts, dataFolder, () => current.configuration);
    const control = await openControl(dataFolder, controlCommands(state, monitoring, blocking), logger);
    ends.push(() => control?.close());
    print(`Ready: serving SMP on port ${[...new Set(listeners.map(({ port }) => port))].join(', ')}.`);
    signals.onReload(() => {
      current = reloadSetup(options.folders, { started: setup, current }, logger, (next) => {
        // What can be refused comes first: then nothing has been changed yet.
        web.renew(next);
        for (const listener of listeners) listener.renew(tlsIdentityOf(next, runner));
        runner.configure(settingsOf(next.configuration));
        pool?.configure(next);
        admission.limit(withinDescriptors(next.configuration.limits, configuration.workers).connections);
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
