/** What a process costs, in the names that all programs with Prometheus metrics use. */
import { readdirSync } from 'node:fs';
import { type Clock, Histogram, type Timer } from '../base/index.ts';
import { counter, gauge, type Metric } from './metrics.ts';

/** Between two looks at how late the event loop is. */
const LAG_INTERVAL_MS = 200;

/** Seconds. */
const LAG_BOUNDS = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5];

const MS_PER_SECOND = 1_000;
const MICROSECONDS_PER_SECOND = 1_000_000;

/** How late the event loop comes to what is due. */
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

/** Files this process has open, where the system tells (Linux). */
function openFiles(): number | undefined {
  try {
    return readdirSync('/proc/self/fd').length;
  } catch {
    return undefined;
  }
}

/** Seconds since the epoch at which this process started. */
const startedAt = (clock: Clock) => Math.round(clock.now() / MS_PER_SECOND - process.uptime());

export function processMetrics(clock: Clock, lag: EventLoopLag): readonly Metric[] {
  const { user, system } = process.cpuUsage();
  const { rss, heapUsed, external } = process.memoryUsage();
  const files = openFiles();
  return [
    counter('process_cpu_seconds_total', 'Processor time of the process', (user + system) / MICROSECONDS_PER_SECOND),
    gauge('process_resident_memory_bytes', 'Memory of the process', rss),
    gauge('process_start_time_seconds', 'When the process started, in seconds since the epoch', startedAt(clock)),
    ...(files === undefined ? [] : [gauge('process_open_fds', 'Open files and sockets', files)]),
    gauge('nodejs_heap_size_used_bytes', 'Memory of JavaScript objects', heapUsed),
    gauge('nodejs_external_memory_bytes', 'Memory of buffers outside the heap', external),
    {
      name: 'sotto_event_loop_lag_seconds',
      help: 'How late the event loop comes to what is due',
      kind: 'histogram',
      samples: [{ values: lag.seconds }],
    },
  ];
}
