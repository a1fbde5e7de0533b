/** Deleting queues on servers that cannot be reached: how long it is tried, and when it is given up. */
import { beforeEach, describe, expect, it } from 'vitest';
import { BackgroundTasks } from '../../../src/agent/background.ts';
import { Removal } from '../../../src/agent/connection/removal.ts';
import type { Database } from '../../../src/agent/index.ts';
import * as store from '../../../src/agent/store/index.ts';
import { lineLogger } from '../../../src/base/index.ts';
import { systemRandom } from '../../../src/crypto/index.ts';
import { SmpError } from '../../../src/smp/client/index.ts';
import { agentContext, agentDatabase, connId, insertRcvQueue } from '../../harness/agent-context.ts';
import { manualClock } from '../../harness/manual-clock.ts';

const NETWORK = new SmpError('network', 'localhost: the connection broke');
const AUTH = new SmpError('protocol', 'localhost: AUTH', { code: { kind: 'AUTH' } });
const DAY = 86_400_000;
/** No pause between attempts is longer. */
const LONGEST_PAUSE = 300_000;

describe('a queue of a removed connection', () => {
  let clock: ReturnType<typeof manualClock>;
  let sql: Database;
  let background: BackgroundTasks;
  let removal: Removal;
  let attempts: number;
  let answer: Error | undefined;
  let lines: string[];

  const start = () => {
    const { signal } = new AbortController();
    const logger = lineLogger('warn', (line) => lines.push(line));
    const smp = {
      forget: () => {},
      deleteQueue: async () => {
        attempts++;
        if (answer !== undefined) throw answer;
      },
    };
    const ctx = agentContext({ sql, smp, clock, logger, signal });
    background = new BackgroundTasks({ clock, random: systemRandom, logger, signal });
    removal = new Removal(ctx, background);
  };
  const turn = () => new Promise<void>((resolve) => setImmediate(resolve));
  const nextAttempt = async () => {
    clock.advance(LONGEST_PAUSE);
    await turn();
  };
  const left = () => store.deletedQueues(sql).length;

  beforeEach(async () => {
    clock = manualClock(Date.UTC(2026, 0, 1));
    sql = agentDatabase(clock);
    attempts = 0;
    answer = NETWORK;
    lines = [];
    start();
    insertRcvQueue(sql);
    removal.remove(connId, false);
    await turn();
    expect([attempts, left()]).toEqual([1, 1]);
  });

  it('is deleted as soon as its server is back', async () => {
    await nextAttempt();
    expect([attempts, left()]).toEqual([2, 1]);
    answer = undefined;
    await nextAttempt();
    expect([attempts, left()]).toEqual([3, 0]);
    expect(background.idle).toBe(true);
  });

  it('is given up when its server was away for more than 30 days, and not before', async () => {
    clock.set(30 * DAY - LONGEST_PAUSE);
    await nextAttempt();
    expect([attempts, left()]).toEqual([2, 1]);
    await nextAttempt();
    expect([attempts, left()]).toEqual([3, 0]);
    expect(background.idle).toBe(true);
    await nextAttempt();
    expect(attempts).toBe(3);
    expect(lines).toEqual([]);
  });

  it('is given up after a restart too, counted from when it was removed', async () => {
    clock.set(30 * DAY);
    start();
    removal.deleteQueues();
    await turn();
    expect([attempts, left()]).toEqual([2, 1]);
    clock.set(1);
    start();
    removal.deleteQueues();
    await turn();
    expect([attempts, left()]).toEqual([3, 0]);
  });

  it('is given up at once when the server says that it is not there', async () => {
    answer = AUTH;
    await nextAttempt();
    expect([attempts, left()]).toEqual([2, 0]);
    expect(background.idle).toBe(true);
  });
});
