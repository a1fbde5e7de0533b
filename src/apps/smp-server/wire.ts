/** The one place where the parts of a running server are made and connected to each other. Nothing listens yet. */
import { type Logger, type LogLevel, systemClock } from '../../base/index.ts';
import { systemRandom } from '../../crypto/index.ts';
import { EventLoopLag } from '../../hosting/index.ts';
import {
  type KeptAgingClock,
  localBus,
  ServerStatistics,
  SmpServerRunner,
  type SmpStore,
  type SubscriptionBus,
  startAging,
} from '../../smp/server/index.ts';
import { Admission, type ConnectionLimits } from '../../transport/node/index.ts';
import type { Configuration } from './configuration/configuration.ts';
import { livePolicy, type Setup, settingsOf } from './configuration/reload.ts';
import { makeProxy, type OwnServer } from './forwarding.ts';
import { ActiveQueues, countingStore } from './monitoring/active-queues.ts';
import { type ServerState, stateOf } from './monitoring/state.ts';
import type { OpenStore } from './open-store.ts';
import { WorkerPool } from './workers/pool.ts';

export interface WireOptions {
  readonly logLevel: LogLevel;
  readonly logger: Logger;
  /** The configuration in use now: a reload replaces it. */
  configuration(): Configuration;
  /** Address and port at which the server reaches itself; asked only once it listens. */
  readonly listening: OwnServer['listening'];
  /** Within what the limit of open files allows. */
  readonly limits: { readonly connections: ConnectionLimits; readonly relays: number };
  /** Told how many clients are connected, after each change. */
  onClients(count: number): void;
}

export interface ServerParts {
  readonly store: SmpStore;
  readonly bus: SubscriptionBus;
  readonly aging: KeptAgingClock;
  readonly statistics: ServerStatistics;
  readonly activeQueues: ActiveQueues;
  readonly runner: SmpServerRunner;
  /** Undefined without workers; with them, `runner` has no connections. */
  readonly pool: WorkerPool | undefined;
  readonly admission: Admission;
  readonly state: ServerState;
  /** Steps that stop the parts, to be run last first. */
  readonly ends: readonly (() => void | Promise<void>)[];
}

export function wireServer(setup: Setup, opened: OpenStore, options: WireOptions): ServerParts {
  const { logger, logLevel, limits, onClients } = options;
  const { configuration, identity } = setup;
  const clock = systemClock;
  const activeQueues = new ActiveQueues(clock);
  const store = countingStore(opened.store, activeQueues);
  const bus = localBus();
  const aging = startAging(store, clock, logger);
  const statistics = new ServerStatistics();
  const own = { keyHash: identity.fingerprint, listening: options.listening };
  const proxyService = makeProxy(configuration.forwarding, limits.relays, own, logger, statistics);
  const runner = new SmpServerRunner({
    chain: identity.chain,
    signer: identity.signer,
    store,
    bus,
    policy: livePolicy(options.configuration),
    clock,
    random: systemRandom,
    logger,
    observer: statistics,
    proxyService,
    aging: aging.clock,
    ...settingsOf(configuration),
    expireOnStart: configuration.expireOnStart,
    onConnections: onClients,
  });
  const { workers } = configuration;
  const services = { store, bus, proxyService };
  const pool =
    workers === 0
      ? undefined
      : new WorkerPool(setup, { workers, services, aging: aging.clock, logLevel, clock, logger, onClients });
  const admission = new Admission(limits.connections, clock, logger);
  const lag = new EventLoopLag(clock);
  const { commits } = opened;
  const state = stateOf({ statistics, runner, pool, lag }, { store, activeQueues, admission, commits, clock });
  const ends = [() => aging.stop(), () => runner.stop(), () => pool?.stop(), () => lag.stop()];
  return { store, bus, aging, statistics, activeQueues, runner, pool, admission, state, ends };
}
