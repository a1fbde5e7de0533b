/** When a delivery worker makes its attempts: driven by a manual clock, against a server whose answers are scripted. */
import { beforeEach, describe, expect, it } from 'vitest';
import { DeliveryWorkers } from '../../../src/agent/delivery/workers.ts';
import type { AgentContext, SmpQueueClient } from '../../../src/agent/environment.ts';
import { agentMigrations, type ConnId, type Database, type MsgId, openDatabase } from '../../../src/agent/index.ts';
import * as store from '../../../src/agent/store/index.ts';
import type { SndQueueId } from '../../../src/agent/types.ts';
import { silentLogger } from '../../../src/base/index.ts';
import { sntrup761, systemRandom } from '../../../src/crypto/index.ts';
import { parseSmpServer } from '../../../src/protocol/index.ts';
import { SmpError } from '../../../src/smp/client/index.ts';
import { manualClock } from '../../harness/manual-clock.ts';

const connId = 'connection' as ConnId;
const { server } = parseSmpServer('smp://AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=@localhost:5223');
const QUOTA = new SmpError('protocol', 'localhost: QUOTA', { code: { kind: 'QUOTA' } });
const NETWORK = new SmpError('network', 'localhost: the connection broke');
const MINUTE = 60_000;
const DAY = 86_400_000;

interface Attempt {
  readonly at: number;
  answer(error?: Error): void;
}

describe('a delivery worker', () => {
  let clock: ReturnType<typeof manualClock>;
  let sql: Database;
  let workers: DeliveryWorkers;
  let queue: SndQueueId;
  let attempts: Attempt[];
  let delivered: MsgId[];
  let failed: { readonly msgId: MsgId; readonly error: Error }[];
  let ids = 0;

  beforeEach(() => {
    clock = manualClock(Date.UTC(2026, 0, 1));
    sql = openDatabase(':memory:', { kind: 'raw', key: new Uint8Array(32) }, agentMigrations);
    attempts = [];
    delivered = [];
    failed = [];
    const smp = {
      send: () =>
        new Promise<void>((resolve, reject) => {
          attempts.push({ at: clock.now(), answer: (error) => (error === undefined ? resolve() : reject(error)) });
        }),
    };
    const ctx: AgentContext = {
      sql,
      smp: smp as unknown as SmpQueueClient,
      ratchetEnv: { random: systemRandom, kem: sntrup761, kemKeyPair: () => sntrup761.generate(systemRandom) },
      clock,
      random: systemRandom,
      logger: silentLogger,
      emit: () => {},
      signal: new AbortController().signal,
    };
    workers = new DeliveryWorkers(ctx, {
      delivered: (message) => delivered.push(message.msgId),
      failed: ({ msgId }, error) => failed.push({ msgId, error }),
    });
    store.insertConnection(sql, { connId, state: 'connected', agentVersion: 7, pq: false }, clock.now());
    queue = store.insertSndQueue(sql, {
      connId,
      server,
      sndId: new Uint8Array(24),
      authKeys: { publicKey: new Uint8Array(32), privateKey: new Uint8Array(32) },
      e2ePublicKey: new Uint8Array(32),
      e2eSecret: new Uint8Array(32),
      clientVersion: 4,
      status: 'secured',
    });
  });

  /** Something to send. A confirmation needs no ratchet. */
  function add(): void {
    const msgId = ++ids as MsgId;
    const rest = { body: new Uint8Array(10), hash: new Uint8Array(32), notification: false, pq: undefined };
    store.insertSndMessage(sql, {
      ...rest,
      connId,
      msgId,
      sndId: msgId,
      sndQueueId: queue,
      kind: 'conf',
      sealingKey: undefined,
      createdAt: clock.now(),
    });
    workers.queued(queue);
  }

  const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

  async function answer(error?: Error): Promise<void> {
    attempts.at(-1)!.answer(error);
    await turn();
  }

  /** Lets time pass until the next attempt; how long that took. */
  async function untilNext(atMost: number): Promise<number> {
    const [before, began] = [attempts.length, clock.now()];
    while (attempts.length === before && clock.now() - began < atMost) {
      clock.advance(50);
      await turn();
    }
    if (attempts.length === before) throw new Error(`no attempt within ${atMost} ms`);
    return clock.now() - began;
  }

  it('tries again within seconds after A_QCONT, also when the server says QUOTA a few times more', async () => {
    add();
    await answer(QUOTA);
    workers.recipientHasRead(queue);
    await turn();
    expect(attempts).toHaveLength(2);
    for (let refused = 0; refused < 8; refused++) {
      await answer(QUOTA);
      await untilNext(7_000);
    }
    await answer();
    expect(delivered).toHaveLength(1);
    expect(workers.idle).toBe(true);
  });

  it('does not forget an A_QCONT that comes while an attempt is under way', async () => {
    add();
    workers.recipientHasRead(queue);
    await answer(QUOTA);
    await untilNext(1_000);
    await answer(QUOTA);
    await untilNext(1_000);
  });

  it('makes pauses longer by those that expired alone, not by what else is sent', async () => {
    add();
    await answer(QUOTA);
    for (let i = 0; i < 200; i++) {
      add();
      await turn();
    }
    // Messages behind a full queue are no reason to try.
    expect(attempts).toHaveLength(1);
    expect(await untilNext(MINUTE)).toBeLessThan(MINUTE);
    await answer(QUOTA);
    for (let i = 0; i < 200; i++) {
      workers.wake(queue);
      await turn();
      await answer(QUOTA);
    }
    expect(await untilNext(2 * MINUTE)).toBeLessThan(2 * MINUTE);
  });

  it('never waits longer than a quarter of an hour for room', async () => {
    add();
    for (let i = 0; i < 30; i++) {
      await answer(QUOTA);
      expect(await untilNext(15 * MINUTE)).toBeLessThan(15 * MINUTE);
    }
  });

  it('tries within seconds when the recipient shows itself while the queue is full, but not at every sign', async () => {
    add();
    for (let i = 0; i < 6; i++) {
      await answer(QUOTA);
      await untilNext(15 * MINUTE);
    }
    await answer(QUOTA);
    const before = attempts.length;
    for (let i = 0; i < 100; i++) {
      workers.recipientReads(queue);
      await turn();
    }
    expect(attempts.length).toBe(before + 1);
    await answer(QUOTA);
    expect(await untilNext(1_000)).toBeLessThan(1_000);
  });

  it('knows whether anything waits for room', async () => {
    expect(workers.anyBlocked).toBe(false);
    add();
    await answer(NETWORK);
    expect(workers.anyBlocked).toBe(false);
    await untilNext(2_000);
    await answer(QUOTA);
    expect(workers.anyBlocked).toBe(true);
    await untilNext(MINUTE);
    expect(workers.anyBlocked).toBe(false);
  });

  it('tries at once for a new message when the network failed', async () => {
    add();
    await answer(NETWORK);
    add();
    await turn();
    expect(attempts).toHaveLength(2);
  });

  it('slows down when each attempt wakes it and fails, as with a server that accepts and hangs up', async () => {
    add();
    let last = 0;
    for (let i = 0; i < 12; i++) {
      workers.wake(queue);
      await answer(NETWORK);
      last = await untilNext(2 * MINUTE);
    }
    expect(last).toBeGreaterThan(30_000);
  });

  it.each([
    ['the network fails', NETWORK],
    ['the queue is full', QUOTA],
  ])('gives a message up after 21 days in which %s, and goes on with the next', async (_, error) => {
    add();
    await answer(error);
    clock.set(21 * DAY);
    add();
    workers.wake(queue);
    await turn();
    await answer(error);
    expect(failed).toEqual([]);
    clock.set(1);
    workers.wake(queue);
    await turn();
    await answer(error);
    const [first, second] = [(ids - 1) as MsgId, ids as MsgId];
    expect(failed).toEqual([{ msgId: first, error }]);
    await answer();
    expect(delivered).toEqual([second]);
    expect(workers.idle).toBe(true);
    expect(store.hasPending(sql, connId)).toBe(false);
  });
});
