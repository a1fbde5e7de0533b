/** The observable state of a running server. */
import type { Clock } from '../../../base/index.ts';
import { type EventLoopLag, type ProcessUsage, processUsage, usageSum } from '../../../hosting/index.ts';
import { ServerStatistics, type SmpServerRunner, type SmpStore } from '../../../smp/server/index.ts';
import type { Admission } from '../../../transport/node/index.ts';
import type { WorkerPool } from '../workers/pool.ts';
import type { ActiveQueues } from './active-queues.ts';
import type { CommitMeasure } from './measured-engine.ts';

export interface ServerState {
  /** Of all processes. */
  readonly statistics: ServerStatistics;
  readonly runner: Pick<SmpServerRunner, 'connections' | 'subscriptions' | 'waitingBytes'>;
  readonly usage: ProcessUsage;
  readonly workers: WorkerCounts;
  readonly admission: Pick<Admission, 'counts'>;
  readonly store: Pick<SmpStore, 'counts'>;
  readonly activeQueues: Pick<ActiveQueues, 'counts'>;
  /** Undefined without a store on disk. */
  readonly commits: CommitMeasure | undefined;
  readonly clock: Clock;
  /** Requests current values from the workers; otherwise values may be a second old. */
  refresh(): Promise<void>;
}

export interface WorkerCounts {
  readonly running: number;
  /** Unexpectedly. */
  readonly ended: number;
}

/** This process, and its workers if any. */
interface Processes {
  readonly statistics: ServerStatistics;
  readonly runner: ServerState['runner'];
  readonly lag: EventLoopLag;
  readonly pool: WorkerPool | undefined;
}

type Shared = Pick<ServerState, 'admission' | 'store' | 'activeQueues' | 'commits' | 'clock'>;

export function stateOf({ statistics, runner, lag, pool }: Processes, shared: Shared): ServerState {
  if (pool === undefined) {
    return {
      ...shared,
      statistics,
      runner,
      workers: { running: 0, ended: 0 },
      get usage() {
        return processUsage(lag);
      },
      refresh: () => Promise.resolve(),
    };
  }
  return {
    ...shared,
    get statistics() {
      const all = new ServerStatistics();
      all.add(statistics.values);
      pool.addStatistics(all);
      return all;
    },
    get runner() {
      return { connections: pool.clients, subscriptions: pool.subscriptions, waitingBytes: pool.waitingBytes };
    },
    get workers() {
      return { running: pool.running, ended: pool.ended };
    },
    get usage() {
      return usageSum([processUsage(lag), ...pool.usages]);
    },
    refresh: () => pool.refresh(),
  };
}
