/** What `status` shows of two looks at a server. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { afterAll, expect, it } from 'vitest';
import { Blocking } from '../../../../src/apps/smp-server/control/blocking.ts';
import { controlCommands } from '../../../../src/apps/smp-server/control/commands.ts';
import { DailyCount } from '../../../../src/apps/smp-server/control/daily-count.ts';
import { type Snapshot, snapshotOf } from '../../../../src/apps/smp-server/control/snapshot.ts';
import { status } from '../../../../src/apps/smp-server/status/status.ts';
import { duration, ratesBetween, statusLines } from '../../../../src/apps/smp-server/status/view.ts';
import { startControl } from '../../../../src/hosting/index.ts';
import { localBus, memoryStore, queueOperator, ServerStatistics } from '../../../../src/smp/server/index.ts';
import { manualClock } from '../../../harness/manual-clock.ts';
import { serverState } from '../../../harness/server-state.ts';

const root = mkdtempSync(join(tmpdir(), 'status-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const HOME = '\x1b[H';

const clock = manualClock();
const statistics = new ServerStatistics();
const state = serverState(clock, {
  statistics,
  runner: { connections: 1_234, subscriptions: 5, waitingBytes: 0 },
});
const send = { kind: 'SEND', flags: { notification: false }, body: new Uint8Array(10) } as const;

/** `times` messages come in, each answered within 4 ms. */
function messages(times: number): void {
  for (let i = 0; i < times; i++) {
    statistics.executed(send, { kind: 'OK' }, 4);
    statistics.sent('OK');
    statistics.sent('MSG');
  }
}

it('shows rates between two looks, times, and a graph', () => {
  messages(5);
  const first = snapshotOf(state);
  messages(40);
  clock.advance(2_000);
  const second = snapshotOf(state);
  const rates = ratesBetween(first, second);
  expect(rates).toMatchObject({ received: 20, delivered: 20, commands: 20, acknowledged: 0, errors: 0 });
  const lines = statusLines(first, second, [{ ...rates, received: 10 }, rates], 4);
  expect(lines).toContain('clients               1,234');
  expect(lines).toContain('commands answered     99% within 5 ms');
  expect(lines).toContain('  messages received           20    ▅█');
  expect(lines.join('\n')).not.toContain('DISK');
  expect(statusLines(first, { ...second, healthy: false }, [], 0)[0]).toContain('CANNOT WRITE TO DISK');
});

it('shows averages at the first look', () => {
  const now: Snapshot = { ...snapshotOf(state), uptimeSeconds: 10 };
  expect(ratesBetween(undefined, now).received).toBe(4.5);
  const lines = statusLines(undefined, now, [], 0);
  expect(lines).toContain('per second, on average');
  expect(lines).toContain('  messages received          4.5');
});

it('tells times as people do', () => {
  expect([5, 65, 3_725, 90_000].map(duration)).toEqual(['5 s', '1 min', '1 h 2 min', '1 d 1 h']);
});

it('asks the server that runs: once as text, once as JSON, or until it is ended', async () => {
  const blocked = new DailyCount(join(root, 'blocked-today'), clock);
  const queues = new Blocking(queueOperator(memoryStore(1), localBus()), statistics, () => 0, blocked);
  let saved = 0;
  const save = async () => void saved++;
  const control = await startControl(root, controlCommands(state, { save }, queues));
  const stop = new AbortController();
  let screen = { columns: 80, rows: 24 };
  const run = async (mode: 'once' | 'json' | 'live', write: (text: string) => void) => {
    await status({ dataFolder: root, mode, screen: () => screen, clock }, write, stop.signal);
  };
  let text = '';
  await run('once', (part) => {
    text += part;
  });
  expect(text).toContain('clients               1,234\n');
  expect(text).not.toContain('\x1b');
  text = '';
  await run('json', (part) => {
    text += part;
  });
  expect(JSON.parse(text)).toMatchObject({ clients: 1_234, delivered: 45 });
  let screens = 0;
  await run('live', (part) => {
    if (!part.includes('Ctrl+C')) return;
    screens++;
    // Nothing scrolls or wraps, also when the terminal becomes small.
    const lines = part.slice(HOME.length).split('\n');
    expect(lines.length).toBeLessThanOrEqual(screen.rows);
    for (const line of lines) expect(stripVTControlCharacters(line).length).toBeLessThanOrEqual(screen.columns);
    screen = { columns: 50, rows: 12 };
    if (screens === 3) stop.abort();
    // The next look is due once it waits for it.
    setImmediate(() => clock.advance(1_000));
  });
  expect(screens).toBe(3);
  control.close();
  await expect(run('once', () => {})).rejects.toThrow('No server runs');
});
