/** How many queues are used a day, a week, a month. */
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import {
  ActiveQueues,
  countingStore,
  keepActiveQueues,
  restoreActiveQueues,
} from '../../../../src/apps/smp-server/monitoring/active-queues.ts';
import { localBus, memoryStore } from '../../../../src/smp/server/index.ts';
import { manualClock } from '../../../harness/manual-clock.ts';
import { temporaryFolder } from '../../../harness/people.ts';
import { RawClient } from '../../../harness/smp-client.ts';
import { startTestServer } from '../../../harness/smp-server.ts';
import { seeded } from '../../../harness/talker.ts';

const folder = temporaryFolder();
afterAll(() => rmSync(folder, { recursive: true }));

const DAY_MS = 86_400_000;
const random = seeded(2);
const newId = () => Uint8Array.from({ length: 24 }, () => random() * 256);

/** A Saturday, the last of its month. */
const saturday = Date.UTC(2026, 0, 31, 12);

it('counts each queue once in its day, week and month', () => {
  const clock = manualClock(saturday);
  const active = new ActiveQueues(clock);
  const [first, second] = [newId(), newId()];
  for (const id of [first, first, second]) active.used(id, id === second);
  expect(active.counts('all')).toEqual({ day: 2, week: 2, month: 2 });
  expect(active.counts('notified')).toEqual({ day: 1, week: 1, month: 1 });
  clock.advance(DAY_MS);
  active.used(newId(), false);
  // Sunday, of the same week and the next month; Saturday's line can still be written.
  expect(active.counts('all')).toEqual({ day: 1, week: 3, month: 1 });
  expect(active.counts('all', '2026-01-31')).toMatchObject({ day: 2, month: 2 });
  clock.advance(DAY_MS);
  expect(active.counts('all')).toEqual({ day: 0, week: 0, month: 1 });
  expect(active.counts('all', '2026-02-01')).toEqual({ day: 1, week: 3, month: 1 });
  expect(active.counts('all', '2026-01-31').day).toBe(0);
});

it('goes on after a restart, with what is still of use', () => {
  const clock = manualClock(saturday);
  const active = new ActiveQueues(clock);
  active.used(newId(), true);
  const path = join(folder, 'active');
  keepActiveQueues(active, path);
  clock.advance(DAY_MS);
  const again = new ActiveQueues(clock);
  restoreActiveQueues(again, path);
  again.used(newId(), false);
  expect(again.counts('all')).toEqual({ day: 1, week: 2, month: 1 });
  expect(again.counts('notified')).toEqual({ day: 0, week: 1, month: 0 });
  clock.advance(40 * DAY_MS);
  const later = new ActiveQueues(clock);
  restoreActiveQueues(later, path);
  expect(later.counts('all')).toEqual({ day: 0, week: 0, month: 0 });
});

it('begins anew when there is nothing to go on from', () => {
  for (const text of ['', 'null', '{"all day 2026-01-31":"AAAA"}']) {
    const path = join(folder, 'damaged');
    writeFileSync(path, text);
    const active = new ActiveQueues(manualClock(saturday));
    active.used(newId(), false);
    restoreActiveQueues(active, path);
    restoreActiveQueues(active, join(folder, 'none'));
    expect(active.counts('all').day, text).toBe(1);
  }
});

it('counts queues in which messages are stored, or from which they are taken', async () => {
  const clock = manualClock(saturday);
  const active = new ActiveQueues(clock);
  const store = countingStore(memoryStore(10), active);
  const server = await startTestServer({ store, bus: localBus() });
  const client = await RawClient.connect(server.address, { min: 17, max: 17 });
  const used = await client.newQueue();
  await client.newQueue();
  const body = new Uint8Array(4);
  await client.ask(used.sndId, undefined, { kind: 'SEND', flags: { notification: true }, body });
  await client.ask(newId(), undefined, { kind: 'SEND', flags: { notification: false }, body });
  expect(active.counts('all').day).toBe(1);
  expect(active.counts('notified').day).toBe(1);
  clock.advance(DAY_MS);
  const message = await client.ask(used.rcvId, used.authKey, { kind: 'GET' });
  expect(active.counts('all').day).toBe(0);
  if (message.kind !== 'MSG') throw new Error(message.kind);
  await client.ask(used.rcvId, used.authKey, { kind: 'ACK', msgId: message.msgId });
  expect(active.counts('all').day).toBe(1);
  client.transport.destroy();
  await server.stop();
});

it('keeps what it counted while the clock is set to another day, and goes on when it is set right', () => {
  const clock = manualClock(saturday);
  const active = new ActiveQueues(clock);
  for (let i = 0; i < 5; i++) active.used(newId(), true);
  for (const days of [365 * 50, -365 * 80]) {
    clock.set(days * DAY_MS);
    active.used(newId(), false);
    expect(active.counts('all')).toEqual({ day: 1, week: 1, month: 1 });
    const after = new ActiveQueues(clock);
    after.restore(active.state);
    clock.set(-days * DAY_MS);
    expect(active.counts('all')).toEqual({ day: 5, week: 5, month: 5 });
    expect(after.counts('notified')).toEqual({ day: 5, week: 5, month: 5 });
  }
  // Of a clock that jumps for ever no more is kept.
  for (let i = 0; i < 100; i++) {
    clock.set(40 * DAY_MS);
    active.used(newId(), true);
  }
  expect(Object.keys(active.state).length).toBeLessThanOrEqual(40);
});
