/** The state of a server at one moment, as sent on the control socket: for `status` and other monitoring tools. */
import { type HistogramValues, histogramSum } from '../../../base/index.ts';
import type { StoreCounts } from '../../../smp/server/index.ts';
import type { ConnectionCounts } from '../../../transport/node/index.ts';
import type { ActiveCounts } from '../monitoring/active-queues.ts';
import { type Counters, countersOf } from '../monitoring/counters.ts';
import { healthOf } from '../monitoring/monitoring.ts';
import type { ServerState } from '../monitoring/state.ts';

export interface Snapshot {
  /** Monotonic milliseconds. */
  readonly at: number;
  readonly uptimeSeconds: number;
  readonly healthy: boolean;
  readonly store: string;
  readonly clients: number;
  readonly subscriptions: number;
  readonly waitingBytes: number;
  readonly connections: ConnectionCounts;
  readonly stored: StoreCounts;
  /** Approximate number of queues with a stored or removed message. */
  readonly activeQueues: ActiveCounts;
  readonly counters: Counters;
  /** Messages sent to recipients, including repeated deliveries. */
  readonly delivered: number;
  /** Number of commands, and of error responses. */
  readonly commands: number;
  readonly errors: number;
  /** In seconds: response time of commands, duration of commits, and delay of the event loop. */
  readonly latency: HistogramValues;
  readonly commit: HistogramValues | undefined;
  readonly lag: HistogramValues;
  /** Number of worker processes. */
  readonly workers: number;
  readonly memoryBytes: number;
  readonly cpuSeconds: number;
}

/** A plain object, for JSON. */
const plain = ({ bounds, counts, sum, count }: HistogramValues): HistogramValues => ({
  bounds,
  counts: [...counts],
  sum,
  count,
});

export function snapshotOf(state: ServerState): Snapshot {
  const { statistics, runner, admission, commits, usage, clock } = state;
  const kinds = [...statistics.commands].map(([, counts]) => counts);
  const latencies = kinds.map(({ seconds }) => seconds);
  const { healthy, details } = healthOf(state);
  const commands = latencies.reduce((sum, { count }) => sum + count, 0);
  return {
    at: clock.monotonic(),
    uptimeSeconds: process.uptime(),
    healthy,
    store: String(details.store),
    clients: runner.connections,
    subscriptions: runner.subscriptions,
    waitingBytes: runner.waitingBytes,
    connections: admission.counts,
    stored: state.store.counts(),
    activeQueues: state.activeQueues.counts('all'),
    counters: countersOf(statistics),
    delivered: statistics.sentOf('MSG'),
    commands,
    errors: statistics.sentOf('ERR'),
    latency: histogramSum(latencies[0]?.bounds ?? [], latencies),
    commit: commits === undefined ? undefined : plain(commits.seconds),
    workers: state.workers.running,
    lag: usage.lag,
    memoryBytes: usage.residentBytes,
    cpuSeconds: usage.cpuSeconds,
  };
}
