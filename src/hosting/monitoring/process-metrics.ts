/** Resource usage of a process, under the metric names common for Prometheus. */
import { readdirSync } from 'node:fs';
import { type Clock, Histogram, type HistogramValues, histogramSum, type Timer } from '../../base/index.ts';
import { counter, gauge, type Metric } from './metrics.ts';

/** Interval between measurements of the event loop's delay. */
const LAG_INTERVAL_MS = 200;

/** Seconds. */
const LAG_BOUNDS = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5];

const MS_PER_SECOND = 1_000;
const MICROSECONDS_PER_SECOND = 1_000_000;

/** Measures the delay of the event loop. */
export class EventLoopLag {
  readonly seconds = new Histogram(LAG_BOUNDS);
  readonly #clock: Clock;
  #timer: Timer | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#measure();
  }

  stop(): void {
    this.#timer?.cancel();
  }

  #measure(): void {
    const due = this.#clock.monotonic() + LAG_INTERVAL_MS;
    this.#timer = this.#clock.schedule(
      LAG_INTERVAL_MS,
      () => {
        this.seconds.observe(Math.max(this.#clock.monotonic() - due, 0) / MS_PER_SECOND);
        this.#measure();
      },
      { background: true },
    );
  }
}

/** The resource usage of a process. */
export interface ProcessUsage {
  readonly cpuSeconds: number;
  readonly residentBytes: number;
  readonly heapBytes: number;
  /** Of buffers outside the heap. */
  readonly externalBytes: number;
  /** Undefined if the system does not tell it (Linux does). */
  readonly openFiles: number | undefined;
  /** In seconds. */
  readonly lag: HistogramValues;
}

function openFiles(): number | undefined {
  try {
    return readdirSync('/proc/self/fd').length;
  } catch {
    return undefined;
  }
}

/** The usage of this process. */
export function processUsage({ seconds: { bounds, counts, sum, count } }: EventLoopLag): ProcessUsage {
  const { user, system } = process.cpuUsage();
  const { rss, heapUsed, external } = process.memoryUsage();
  return {
    cpuSeconds: (user + system) / MICROSECONDS_PER_SECOND,
    residentBytes: rss,
    heapBytes: heapUsed,
    externalBytes: external,
    openFiles: openFiles(),
    lag: { bounds, counts: [...counts], sum, count },
  };
}

/** The sum over several processes. */
export function usageSum(usages: readonly ProcessUsage[]): ProcessUsage {
  const sum = (value: (usage: ProcessUsage) => number) => usages.reduce((total, usage) => total + value(usage), 0);
  return {
    cpuSeconds: sum(({ cpuSeconds }) => cpuSeconds),
    residentBytes: sum(({ residentBytes }) => residentBytes),
    heapBytes: sum(({ heapBytes }) => heapBytes),
    externalBytes: sum(({ externalBytes }) => externalBytes),
    openFiles: usages.some(({ openFiles }) => openFiles === undefined)
      ? undefined
      : sum(({ openFiles }) => openFiles ?? 0),
    lag: histogramSum(
      LAG_BOUNDS,
      usages.map(({ lag }) => lag),
    ),
  };
}

/** Start time of this process in seconds since the epoch. */
const startedAt = (clock: Clock) => Math.round(clock.now() / MS_PER_SECOND - process.uptime());

/** The metrics of a program that may consist of several processes. */
export function processMetrics(clock: Clock, usage: ProcessUsage): readonly Metric[] {
  const { cpuSeconds, residentBytes, heapBytes, externalBytes, openFiles: files, lag } = usage;
  return [
    counter('process_cpu_seconds_total', 'Processor time', cpuSeconds),
    gauge('process_resident_memory_bytes', 'Memory', residentBytes),
    gauge('process_start_time_seconds', 'When the process started, in seconds since the epoch', startedAt(clock)),
    ...(files === undefined ? [] : [gauge('process_open_fds', 'Open files and sockets', files)]),
    gauge('nodejs_heap_size_used_bytes', 'Memory of JavaScript objects', heapBytes),
    gauge('nodejs_external_memory_bytes', 'Memory of buffers outside the heap', externalBytes),
    {
      name: 'sotto_event_loop_lag_seconds',
      help: 'How late the event loop comes to what is due',
      kind: 'histogram',
      samples: [{ values: lag }],
    },
  ];
}
