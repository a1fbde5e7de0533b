/** Clocks that are set wrong and right again: under a server, between two runs of it, and before a copy is used. */
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemRandom } from '../../../src/crypto/index.ts';
import { utf8 } from '../../../src/encoding/index.ts';
import { embeddedStore, localBus, QUEUE_QUOTA, SmpServerRunner, startAging } from '../../../src/smp/server/index.ts';
import { type ManualClock, manualClock } from '../../harness/manual-clock.ts';
import { queueRecord } from '../../harness/smp-records.ts';
import { testIdentity } from '../../harness/smp-server.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const YEAR_MS = 365 * DAY_MS;
const NOW_MS = Date.UTC(2026, 5, 1);
const identity = testIdentity();
const root = mkdtempSync(join(tmpdir(), 'smp-aging-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
let count = 0;

/** A server on a store, without connections. */
async function start(path: string, clock: ManualClock) {
  const said: string[] = [];
  const say = (line: string) => void said.push(line);
  const logger = { error: say, warn: say, info() {}, debug() {} };
  const store = embeddedStore(path, QUEUE_QUOTA);
  const aging = startAging(store, clock, logger);
  const runner = new SmpServerRunner({
    ...identity,
    store,
    bus: localBus(),
    policy: { newQueues: true, password: undefined },
    clock,
    random: systemRandom,
    logger,
    proxyService: undefined,
    aging: aging.clock,
    expireOnStart: true,
  });
  const settled = async () => {
    // What expires is written in turns of the event loop, and before what is written after it.
    for (let i = 0; i < 5; i++) await new Promise((resolve) => setImmediate(resolve));
    await store.aging.write(aging.clock.state);
  };
  return {
    store,
    said,
    async add(rcvId: Uint8Array, notifierId?: Uint8Array) {
      const notification =
        notifierId === undefined
          ? undefined
          : { notifierId, nonce: systemRandom.bytes(24), meta: systemRandom.bytes(100) };
      const [msgId, timestamp] = [systemRandom.bytes(24), Math.floor(clock.now() / 1_000)];
      const agedAt = aging.clock.now();
      const flags = { notification: notification !== undefined };
      await store.messages.add(rcvId, { msgId, timestamp, agedAt, flags, body: utf8('x'), notification });
    },
    async pass(hours: number) {
      for (let hour = 0; hour < hours; hour++) {
        clock.advance(HOUR_MS);
        await settled();
      }
    },
    async stop() {
      await settled();
      const stopping = runner.stop();
      clock.advance(5_000);
      await stopping;
      await aging.stop();
      await store.close();
    },
  };
}
type Server = Awaited<ReturnType<typeof start>>;

let path: string;
let server: Server | undefined;
beforeEach(() => {
  path = join(root, String(count++));
});
afterEach(() => server?.stop());

const queueWith = async (to: Server, notified = false) => {
  const record = queueRecord();
  await to.store.queues.create(record);
  if (notified) {
    const notifier = {
      notifierId: systemRandom.bytes(24),
      key: record.rcvAuthKeys[0]!,
      dhSecret: systemRandom.bytes(32),
      serviceId: undefined,
    };
    await to.store.queues.setNotifier(record.rcvId, notifier);
    await to.add(record.rcvId, notifier.notifierId);
  } else await to.add(record.rcvId);
  return record.rcvId;
};

describe('a server that starts in 1970', () => {
  it('keeps its messages and notifications when its clock is set right, and lets them expire in their time', async () => {
    const clock = manualClock(0);
    server = await start(path, clock);
    const rcvId = await queueWith(server, true);
    await server.pass(2);
    clock.set(NOW_MS);
    await server.pass(23);
    expect(server.said.join()).toContain('jumped forward by 20,');
    expect(server.said.join()).toContain('nothing expires in the next 24 hours');
    expect(server.store.counts()).toMatchObject({ messages: 1, notifications: 1 });
    // What comes now has another date, and the same time to live.
    await server.add(rcvId);
    await server.pass(20 * 24 - 25);
    expect(await server.store.messages.size(rcvId)).toBe(2);
    expect(server.store.counts().notifications).toBe(0);
    await server.pass(25 + 4);
    expect(await server.store.messages.size(rcvId)).toBe(1);
    await server.pass(24);
    expect(await server.store.messages.size(rcvId)).toBe(0);
  }, 60_000);

  it('keeps them when the clock is set right while it is stopped, and after further restarts', async () => {
    const first = await start(path, manualClock(0));
    const rcvId = await queueWith(first);
    await first.pass(3 * 24);
    await first.stop();
    let wall = NOW_MS;
    for (let run = 0; run < 3; run++) {
      const clock = manualClock(wall);
      const next = await start(path, clock);
      await next.pass(30);
      expect([run, await next.store.messages.size(rcvId)]).toEqual([run, 1]);
      await next.stop();
      wall = clock.now() + HOUR_MS;
    }
    const clock = manualClock(wall);
    server = await start(path, clock);
    expect(server.said).toEqual([]);
    await server.pass(17 * 24);
    expect(await server.store.messages.size(rcvId)).toBe(0);
  }, 60_000);
});

describe('a server whose clock is right', () => {
  it('keeps a message for 21 days, and deletes it at the next search', async () => {
    server = await start(path, manualClock(NOW_MS));
    const rcvId = await queueWith(server);
    await server.pass(21 * 24);
    expect(await server.store.messages.size(rcvId)).toBe(1);
    await server.pass(2);
    expect(await server.store.messages.size(rcvId)).toBe(0);
  }, 60_000);
});

describe('a server whose clock is years ahead', () => {
  it('deletes nothing when it starts so, nor when it is set right', async () => {
    const first = await start(path, manualClock(NOW_MS));
    const rcvId = await queueWith(first);
    await first.stop();
    const ahead = manualClock(NOW_MS + 10 * YEAR_MS);
    const second = await start(path, ahead);
    await second.pass(48);
    ahead.set(-10 * YEAR_MS);
    await second.pass(48);
    expect(await second.store.messages.size(rcvId)).toBe(1);
    expect(second.said.filter((line) => line.includes('jumped'))).toHaveLength(2);
    await second.stop();
    server = await start(path, manualClock(ahead.now() + HOUR_MS));
    await server.pass(17 * 24);
    expect(await server.store.messages.size(rcvId)).toBe(0);
  }, 60_000);
});

describe('a copy of a store', () => {
  it('that is used weeks later has messages as old as they were', async () => {
    const first = await start(path, manualClock(NOW_MS));
    const rcvId = await queueWith(first);
    await first.pass(24);
    await first.stop();
    const copy = `${path}-copy`;
    cpSync(path, copy, { recursive: true });
    server = await start(copy, manualClock(NOW_MS + 60 * DAY_MS));
    await server.pass(19 * 24);
    expect(await server.store.messages.size(rcvId)).toBe(1);
    await server.pass(2 * 24);
    expect(await server.store.messages.size(rcvId)).toBe(0);
  }, 60_000);

  it('without a record of time holds its messages for a day', async () => {
    const store = embeddedStore(path, QUEUE_QUOTA);
    const record = queueRecord();
    await store.queues.create(record);
    const message = { msgId: systemRandom.bytes(24), timestamp: 1, flags: { notification: false }, body: utf8('x') };
    await store.messages.add(record.rcvId, message);
    await store.close();
    server = await start(path, manualClock(NOW_MS));
    await server.pass(23);
    expect(await server.store.messages.size(record.rcvId)).toBe(1);
    await server.pass(3);
    expect(await server.store.messages.size(record.rcvId)).toBe(0);
  });
});
