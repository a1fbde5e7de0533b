/** Metrics as text and over HTTP, the lag of the event loop, and the line a day. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { Histogram } from '../../../src/base/index.ts';
import {
  type Column,
  counter,
  counterBy,
  DailyLog,
  EventLoopLag,
  gauge,
  type Metric,
  processMetrics,
  processUsage,
  prometheusText,
  startMonitor,
} from '../../../src/hosting/index.ts';
import { manualClock } from '../../harness/manual-clock.ts';

const root = mkdtempSync(join(tmpdir(), 'monitoring-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

describe('metrics', () => {
  it('are text for Prometheus', () => {
    const seconds = new Histogram([0.1, 1]);
    for (const value of [0.05, 0.5, 0.5, 7]) seconds.observe(value);
    const text = prometheusText([
      counter('a_total', 'How many\nof a', 3),
      counterBy('b', 'By kind', 'type', { 'x"\\': 1, y: 2 }),
      gauge('c', 'Now', 1.5),
      { name: 'd', help: 'Times', kind: 'histogram', samples: [{ labels: { of: 'z' }, values: seconds }] },
    ]);
    expect(text).toBe(`# HELP a_total How many of a
# TYPE a_total counter
a_total 3

# HELP b By kind
# TYPE b counter
b{type="x\\"\\\\"} 1
b{type="y"} 2

# HELP c Now
# TYPE c gauge
c 1.5

# HELP d Times
# TYPE d histogram
d_bucket{of="z",le="0.1"} 1
d_bucket{of="z",le="1"} 3
d_bucket{of="z",le="+Inf"} 4
d_sum{of="z"} 8.05
d_count{of="z"} 4
`);
  });

  it('show how late the event loop is', () => {
    const clock = manualClock();
    let late = 0;
    const lag = new EventLoopLag({ ...clock, monotonic: () => clock.monotonic() + late });
    clock.advance(200);
    late = 30;
    clock.advance(200);
    expect(lag.seconds.count).toBe(2);
    expect(lag.seconds.sum).toBeCloseTo(0.03);
    const names = processMetrics(clock, processUsage(lag)).map(({ name }) => name);
    expect(names).toContain('process_resident_memory_bytes');
    expect(names).toContain('sotto_event_loop_lag_seconds');
    lag.stop();
    clock.advance(200);
    expect(lag.seconds.count).toBe(2);
  });
});

describe('the monitor', () => {
  it('answers GET on its two paths, and nothing else', async () => {
    let healthy = true;
    let metrics: () => Promise<readonly Metric[]> = async () => [gauge('up', 'Runs', 1)];
    const monitor = await startMonitor({
      host: '127.0.0.1',
      port: 0,
      metrics: () => metrics(),
      health: () => ({ healthy, details: { clients: 2 } }),
    });
    const ask = async (path: string, method = 'GET') => {
      const response = await fetch(`http://127.0.0.1:${monitor.port}${path}`, { method });
      return { status: response.status, text: await response.text() };
    };
    expect(await ask('/metrics')).toEqual({ status: 200, text: '# HELP up Runs\n# TYPE up gauge\nup 1\n' });
    expect(await ask('/metrics?x=1', 'HEAD')).toEqual({ status: 200, text: '' });
    expect(await ask('/health')).toEqual({ status: 200, text: '{"status":"ok","clients":2}\n' });
    healthy = false;
    expect(await ask('/health')).toEqual({ status: 503, text: '{"status":"failing","clients":2}\n' });
    expect((await ask('/')).status).toBe(404);
    expect((await ask('/metrics', 'POST')).status).toBe(405);
    metrics = () => Promise.reject(new Error('secret'));
    expect(await ask('/metrics')).toEqual({ status: 500, text: 'the metrics are not available now\n' });
    monitor.close();
  });

  it('says when its port is taken', async () => {
    const other = createServer();
    const port = await new Promise<number>((resolve) => {
      other.listen(0, '127.0.0.1', () => resolve((other.address() as { port: number }).port));
    });
    const options = { metrics: async () => [], health: () => ({ healthy: true, details: {} }) };
    await expect(startMonitor({ host: '127.0.0.1', port, ...options })).rejects.toThrow(
      `Metrics cannot be served on 127.0.0.1:${port}`,
    );
    other.close();
  });
});

describe('the daily log', () => {
  const DAY_MS = 86_400_000;
  const NOON = Date.UTC(2026, 0, 1, 12);
  let count = 0;

  function diary(startMs = NOON, folder = join(root, `diary${count++}`)) {
    const clock = manualClock(startMs);
    const now: { columns: Column[]; errors: string[] } = { columns: [], errors: [] };
    const path = `${folder}.csv`;
    const keptPath = `${folder}.json`;
    const log = new DailyLog({
      path,
      keptPath,
      clock,
      columns: async () => now.columns,
      onError: (sentence) => now.errors.push(sentence),
    });
    const see = (counted: number, level: number) => {
      now.columns = [
        { kind: 'count', value: counted },
        { kind: 'level', value: level },
      ];
    };
    see(0, 0);
    const lines = () => (existsSync(path) ? readFileSync(path, 'utf8').trim().split('\n') : []);
    const settle = () => new Promise((resolve) => setImmediate(resolve));
    return { folder, clock, now, see, lines, log, settle };
  }

  it('has a line for each day, with what was counted that day', async () => {
    const { clock, see, lines, settle } = diary();
    see(5, 100);
    clock.advance(DAY_MS / 2);
    await settle();
    see(12, 90);
    clock.advance(DAY_MS);
    await settle();
    expect(lines()).toEqual(['2026-01-01,5,100', '2026-01-02,7,90']);
  });

  it('goes on after a restart where it was', async () => {
    const first = diary();
    first.see(5, 100);
    await first.log.stop();
    first.clock.advance(DAY_MS);
    await first.settle();
    expect(first.lines()).toEqual([]);
    const sameDay = diary(NOON + 3_600_000, first.folder);
    sameDay.see(2, 80);
    sameDay.clock.advance(DAY_MS / 2);
    await sameDay.settle();
    expect(sameDay.lines()).toEqual(['2026-01-01,7,80']);
    sameDay.see(4, 70);
    await sameDay.log.stop();
    const nextDay = diary(NOON + 2 * DAY_MS, first.folder);
    expect(nextDay.lines()).toEqual(['2026-01-01,7,80', '2026-01-02,2,70']);
  });

  it('has no day twice when the clock is set', async () => {
    const { clock, see, lines, settle } = diary();
    see(5, 1);
    clock.set(-DAY_MS / 4);
    clock.advance(DAY_MS / 2);
    await settle();
    expect(lines()).toEqual([]);
    clock.advance(DAY_MS / 4);
    await settle();
    expect(lines()).toEqual(['2026-01-01,5,1']);
  });

  it('goes on with lines when the clock was years ahead and is set right', async () => {
    const { clock, see, lines, settle } = diary();
    clock.set(365 * 10 * DAY_MS);
    see(5, 1);
    clock.advance(DAY_MS / 2);
    await settle();
    clock.set(-365 * 10 * DAY_MS);
    see(8, 1);
    clock.advance(DAY_MS);
    await settle();
    see(9, 1);
    clock.advance(DAY_MS);
    await settle();
    expect(lines()).toEqual(['2026-01-01,5,1', '2035-12-31,3,1', '2026-01-03,1,1']);
  });

  it('tells when it cannot be written', async () => {
    const { clock, now, settle } = diary(NOON, join(root, 'no', 'such', 'folder'));
    clock.advance(DAY_MS / 2);
    await settle();
    expect(now.errors).toEqual(['the daily statistics cannot be written: there is none']);
  });
});
