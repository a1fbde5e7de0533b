/** When a delivery worker makes its attempts: driven by a manual clock, against a server whose answers are scripted. */
import { beforeEach, describe, expect, it } from 'vitest';
import type { MsgId } from '../../../src/agent/index.ts';
import * as store from '../../../src/agent/store/index.ts';
import { SmpError } from '../../../src/smp/client/index.ts';
import { connId } from '../../harness/agent-context.ts';
import { SendingQueue, turn } from '../../harness/sending-queue.ts';

const QUOTA = new SmpError('protocol', 'localhost: QUOTA', { code: { kind: 'QUOTA' } });
const NETWORK = new SmpError('network', 'localhost: the connection broke');
const AUTH = new SmpError('protocol', 'localhost: AUTH', { code: { kind: 'AUTH' } });
const MINUTE = 60_000;
const DAY = 86_400_000;

describe('a delivery worker', () => {
  let queue: SendingQueue;

  beforeEach(() => {
    queue = new SendingQueue();
  });

  it('tries again within seconds after A_QCONT, also when the server says QUOTA a few times more', async () => {
    queue.add();
    await queue.answer(QUOTA);
    queue.workers.recipientHasRead(queue.id);
    await turn();
    expect(queue.attempts).toHaveLength(2);
    for (let refused = 0; refused < 8; refused++) {
      await queue.answer(QUOTA);
      await queue.untilNext(7_000);
    }
    await queue.answer();
    expect(queue.delivered).toHaveLength(1);
    expect(queue.workers.idle).toBe(true);
  });

  it('tries at once after A_QCONT, also when it waits because the network failed', async () => {
    queue.add();
    for (let i = 0; i < 8; i++) {
      await queue.answer(NETWORK);
      await queue.untilNext(2 * MINUTE);
    }
    await queue.answer(NETWORK);
    const { length } = queue.attempts;
    // Any other sign of the recipient is no sign that our server can be reached.
    queue.workers.recipientReads(queue.id);
    await turn();
    expect(queue.attempts).toHaveLength(length);
    queue.workers.recipientHasRead(queue.id);
    await turn();
    expect(queue.attempts).toHaveLength(length + 1);
  });

  it('secures a queue before its first message, once', async () => {
    const fresh = new SendingQueue('new');
    fresh.add();
    expect(fresh.attempts.map(({ command }) => command)).toEqual(['SKEY']);
    await fresh.answer(NETWORK);
    await fresh.untilNext(3_000);
    await fresh.answer();
    await fresh.answer(NETWORK);
    await fresh.untilNext(3_000);
    await fresh.answer();
    expect(fresh.attempts.map(({ command }) => command)).toEqual(['SKEY', 'SKEY', 'SEND', 'SEND']);
    expect([fresh.delivered.length, fresh.workers.idle]).toEqual([1, true]);
    // Each attempt sends another nonce; the confirmation in it is the same.
    expect(fresh.attempts[2]?.body?.length).toBe(fresh.attempts[3]?.body?.length);
  });

  it('gives up what the server refuses, and goes on with the next', async () => {
    const [first, second] = [queue.add(), queue.add()];
    await queue.answer(AUTH);
    await queue.answer();
    expect(queue.failed).toEqual([{ msgId: first, error: AUTH }]);
    expect(queue.delivered).toEqual([second]);
  });

  it('stops while it waits, and while an attempt is under way, when the agent stops', async () => {
    queue.add();
    await queue.answer(NETWORK);
    queue.stopping.abort(new Error('stopping'));
    await queue.workers.settled();
    expect(queue.workers.idle).toBe(true);
    queue.workers.wake(queue.id);
    queue.workers.recipientHasRead(queue.id);
    expect(queue.attempts).toHaveLength(1);

    const busy = new SendingQueue();
    busy.add();
    let settled = false;
    busy.stopping.abort(new Error('stopping'));
    const done = busy.workers.settled().then(() => {
      settled = true;
    });
    await turn();
    expect(settled).toBe(false);
    await busy.answer(NETWORK);
    await done;
    expect([busy.attempts.length, busy.failed, busy.delivered]).toEqual([1, [], []]);
    expect(store.hasPending(busy.sql, connId)).toBe(true);
  });

  it('does not forget an A_QCONT that comes while an attempt is under way', async () => {
    queue.add();
    queue.workers.recipientHasRead(queue.id);
    await queue.answer(QUOTA);
    await queue.untilNext(1_000);
    await queue.answer(QUOTA);
    await queue.untilNext(1_000);
  });

  it('makes pauses longer by those that expired alone, not by what else is sent', async () => {
    queue.add();
    await queue.answer(QUOTA);
    for (let i = 0; i < 200; i++) {
      queue.add();
      await turn();
    }
    // Messages behind a full queue are no reason to try.
    expect(queue.attempts).toHaveLength(1);
    expect(await queue.untilNext(MINUTE)).toBeLessThan(MINUTE);
    await queue.answer(QUOTA);
    for (let i = 0; i < 200; i++) {
      queue.workers.wake(queue.id);
      await turn();
      await queue.answer(QUOTA);
    }
    expect(await queue.untilNext(2 * MINUTE)).toBeLessThan(2 * MINUTE);
  });

  it('never waits longer than a quarter of an hour for room', async () => {
    queue.add();
    for (let i = 0; i < 30; i++) {
      await queue.answer(QUOTA);
      expect(await queue.untilNext(15 * MINUTE)).toBeLessThan(15 * MINUTE);
    }
  });

  it('tries within seconds when the recipient shows itself while the queue is full, but not at every sign', async () => {
    queue.add();
    for (let i = 0; i < 6; i++) {
      await queue.answer(QUOTA);
      await queue.untilNext(15 * MINUTE);
    }
    await queue.answer(QUOTA);
    const before = queue.attempts.length;
    for (let i = 0; i < 100; i++) {
      queue.workers.recipientReads(queue.id);
      await turn();
    }
    expect(queue.attempts.length).toBe(before + 1);
    await queue.answer(QUOTA);
    expect(await queue.untilNext(1_000)).toBeLessThan(1_000);
  });

  it('knows whether anything waits for room', async () => {
    expect(queue.workers.anyBlocked).toBe(false);
    queue.add();
    await queue.answer(NETWORK);
    expect(queue.workers.anyBlocked).toBe(false);
    await queue.untilNext(3_000);
    await queue.answer(QUOTA);
    expect(queue.workers.anyBlocked).toBe(true);
    await queue.untilNext(MINUTE);
    expect(queue.workers.anyBlocked).toBe(false);
  });

  it('tries at once for a new message when the network queue.failed', async () => {
    queue.add();
    await queue.answer(NETWORK);
    queue.add();
    await turn();
    expect(queue.attempts).toHaveLength(2);
  });

  it('slows down when each attempt wakes it and fails, as with a server that accepts and hangs up', async () => {
    queue.add();
    let last = 0;
    for (let i = 0; i < 12; i++) {
      queue.workers.wake(queue.id);
      await queue.answer(NETWORK);
      last = await queue.untilNext(2 * MINUTE);
    }
    expect(last).toBeGreaterThan(30_000);
  });

  it.each([
    ['the network fails', NETWORK],
    ['the queue is full', QUOTA],
  ])('gives a message up after 21 days in which %s, and goes on with the next', async (_, error) => {
    queue.add();
    await queue.answer(error);
    queue.clock.set(21 * DAY);
    queue.add();
    queue.workers.wake(queue.id);
    await turn();
    await queue.answer(error);
    expect(queue.failed).toEqual([]);
    queue.clock.set(1);
    queue.workers.wake(queue.id);
    await turn();
    await queue.answer(error);
    const [first, second] = [(queue.lastId - 1) as MsgId, queue.lastId as MsgId];
    expect(queue.failed).toEqual([{ msgId: first, error }]);
    await queue.answer();
    expect(queue.delivered).toEqual([second]);
    expect(queue.workers.idle).toBe(true);
    expect(store.hasPending(queue.sql, connId)).toBe(false);
  });
});
