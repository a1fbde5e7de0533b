/** The metrics of a server: what is in them, under which names, and what never is. */
import { expect, it } from 'vitest';
import { dailyColumns } from '../../../../src/apps/smp-server/monitoring/daily-columns.ts';
import { measuredEngine } from '../../../../src/apps/smp-server/monitoring/measured-engine.ts';
import { serverMetrics } from '../../../../src/apps/smp-server/monitoring/metrics.ts';
import { healthOf } from '../../../../src/apps/smp-server/monitoring/monitoring.ts';
import type { ServerState } from '../../../../src/apps/smp-server/monitoring/state.ts';
import { toBase64url } from '../../../../src/encoding/index.ts';
import { prometheusText } from '../../../../src/hosting/index.ts';
import { type KeyValueEngine, ServerStatistics } from '../../../../src/smp/server/index.ts';
import { manualClock } from '../../../harness/manual-clock.ts';
import { serverState } from '../../../harness/server-state.ts';
import { RawClient } from '../../../harness/smp-client.ts';
import { startTestServer } from '../../../harness/smp-server.ts';

const clock = manualClock();

/** An engine whose commits take 3 ms, or fail, and whose disk may be full. */
function engine(fails: () => boolean, isFull: () => boolean = () => false): KeyValueEngine {
  return {
    table: () => {
      throw new Error('not asked for');
    },
    claim(_, kind) {
      if (isFull() && kind === 'grows') throw new Error('no room');
      return { release() {} };
    },
    async commit() {
      if (fails()) throw new Error('full');
      clock.advance(3);
    },
    close: async () => {},
  };
}

const stateOf = (parts: Partial<ServerState>) =>
  serverState(clock, { runner: { connections: 2, subscriptions: 3, waitingBytes: 4 }, ...parts });

const lineOf = (text: string, start: string) => text.split('\n').find((line) => line.startsWith(`${start} `));

it('show what clients did, without any id', async () => {
  const statistics = new ServerStatistics();
  const server = await startTestServer({ observer: statistics });
  const client = await RawClient.connect(server.address, { min: 12, max: 12 });
  const queue = await client.newQueue();
  const body = new Uint8Array(300);
  await client.ask(queue.sndId, undefined, { kind: 'SEND', flags: { notification: true }, body });
  await client.ask(queue.rcvId, queue.authKey, { kind: 'SUB' });
  await client.ask(queue.rcvId, queue.authKey, { kind: 'GET' });
  statistics.commandForwarded(true, 'connect');
  const text = prometheusText(await serverMetrics(stateOf({ statistics })));
  client.transport.destroy();
  await server.stop();
  expect(lineOf(text, 'simplex_smp_queues_created')).toBe('simplex_smp_queues_created 1');
  expect(lineOf(text, 'simplex_smp_messages_sent')).toBe('simplex_smp_messages_sent 1');
  expect(lineOf(text, 'simplex_smp_messages_notify_sent')).toBe('simplex_smp_messages_notify_sent 1');
  expect(text).toContain('simplex_smp_clients_total 2\n');
  expect(text).toContain('simplex_smp_subscribtion_total 3\n');
  expect(text).toContain('simplex_smp_relay_messages_errors{source="all",type="connect"} 1\n');
  expect(text).toContain('simplex_smp_relay_messages_errors{source="own",type="connect"} 1\n');
  expect(text).toContain('sotto_smp_commands{command="SEND",outcome="OK"} 1\n');
  expect(text).toContain('sotto_smp_command_seconds_count{command="SEND"} 1\n');
  expect(text).toContain('sotto_smp_message_bytes_sum 300\n');
  expect(text).not.toContain('store_commit');
  for (const id of [queue.rcvId, queue.sndId]) expect(text).not.toContain(toBase64url(id).slice(0, 8));
  expect(text).not.toContain('127.0.0.1');
});

it('have one description for each name', async () => {
  const metrics = await serverMetrics(stateOf({}));
  const names = metrics.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
});

it('show how long the store takes, and health whether it can', async () => {
  let full = false;
  const { engine: measured, commits } = measuredEngine(
    engine(() => full),
    clock,
  );
  const state = stateOf({ commits });
  await measured.commit([]);
  expect(healthOf(state)).toMatchObject({ healthy: true, details: { store: 'writing' } });
  full = true;
  await expect(measured.commit([])).rejects.toThrow('full');
  expect(healthOf(state)).toMatchObject({ healthy: false, details: { store: 'not writing' } });
  const text = prometheusText(await serverMetrics(state));
  expect(text).toContain('sotto_smp_store_commit_seconds_bucket{le="0.0025"} 0\n');
  expect(text).toContain('sotto_smp_store_commit_seconds_bucket{le="0.005"} 1\n');
  expect(text).toContain('sotto_smp_store_failures 1\n');
  full = false;
  await measured.commit([]);
  expect(healthOf(state).healthy).toBe(true);
});

it('show that the disk is full while messages can only go, and that there is room again before anybody sends', async () => {
  let isFull = true;
  const { engine: measured, commits } = measuredEngine(
    engine(
      () => false,
      () => isFull,
    ),
    clock,
  );
  expect(commits.failing).toBe(false);
  expect(() => measured.claim(1, 'grows')).toThrow('no room');
  measured.claim(0, 'frees');
  await measured.commit([]);
  expect(commits.failing).toBe(true);
  expect(commits.failures).toBe(1);
  isFull = false;
  expect(commits.failing).toBe(false);
});

it('are columns of the daily statistics in the order of the reference', async () => {
  const statistics = new ServerStatistics();
  statistics.expired(4);
  statistics.relayRequested(true, 'done');
  statistics.commandForwarded(false, 'version');
  statistics.forwardReceived();
  statistics.sent('NMSG');
  statistics.sent('END');
  statistics.deleted(true);
  statistics.notificationsExpired(2);
  const counts = { queues: 5, messages: 6, notifiers: 7, notifications: 8, services: 9 };
  const activeQueues = {
    counts: (kind: 'all' | 'notified', date?: string) =>
      date !== '2026-01-31' ? { day: 0, week: 0, month: 0 } : { day: 11, week: 12, month: kind === 'all' ? 13 : 14 },
  };
  const state = stateOf({ statistics, activeQueues, store: { counts: () => counts } });
  const columns = await dailyColumns(state, '2026-01-31');
  // Its line has the date, 79 columns, and eight for each of two kinds of services.
  expect(columns.length).toBe(95);
  const filled = columns.flatMap(({ value }, i) => (value === 0 ? [] : [[i + 1, value]]));
  expect(filled).toEqual([
    [3, 1],
    [6, 11],
    [7, 12],
    [8, 13],
    [11, 11],
    [12, 12],
    [13, 14],
    [14, 5],
    [15, 6],
    [16, 4],
    [18, 1],
    [19, 1],
    [20, 1],
    [24, 1],
    [25, 1],
    [29, 1],
    [32, 1],
    [39, 1],
    [47, 1],
    [60, 5],
    [66, 7],
    [69, 1],
    [74, 2],
    [75, 8],
    [77, 9],
  ]);
});
