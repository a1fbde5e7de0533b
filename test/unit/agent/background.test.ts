/** Background tasks: how often they are tried, what ends them, and that stopping waits for them. */
import { beforeEach, expect, it } from 'vitest';
import { BackgroundTasks } from '../../../src/agent/background.ts';
import { AgentError } from '../../../src/agent/index.ts';
import { deferred, silentLogger } from '../../../src/base/index.ts';
import { systemRandom } from '../../../src/crypto/index.ts';
import { SmpError } from '../../../src/smp/client/index.ts';
import { manualClock } from '../../harness/manual-clock.ts';
import { turn } from '../../harness/sending-queue.ts';

const NETWORK = new SmpError('network', 'localhost: the connection broke');
const AUTH = new SmpError('protocol', 'localhost: AUTH', { code: { kind: 'AUTH' } });
const DISK = new AgentError('disk.full');

let clock: ReturnType<typeof manualClock>;
let stopping: AbortController;
let background: BackgroundTasks;
/** When the task was tried. */
let tries: number[];
let failures: Error[];
let error: Error | undefined;

beforeEach(() => {
  clock = manualClock();
  stopping = new AbortController();
  background = new BackgroundTasks({ clock, random: systemRandom, logger: silentLogger, signal: stopping.signal });
  [tries, failures, error] = [[], [], undefined];
});

function begin(onFailure = (failure: Error) => void failures.push(failure)): void {
  background.retry(async () => {
    tries.push(clock.monotonic());
    if (error !== undefined) throw error;
  }, onFailure);
}

async function pass(ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += 100) {
    clock.advance(100);
    await turn();
  }
}

it('a task that fails for the time being is tried again after 2, 4, 8 seconds and so on, at most after five minutes', async () => {
  error = NETWORK;
  begin();
  await turn();
  await pass(1_500_000);
  const gaps = tries.slice(1).map((at, i) => at - tries[i]!);
  expect(gaps.length).toBeGreaterThan(8);
  for (const [i, gap] of gaps.entries()) {
    const around = Math.min(2_000 * 2 ** i, 300_000);
    expect(gap).toBeGreaterThanOrEqual(0.75 * around);
    expect(gap).toBeLessThanOrEqual(1.25 * around + 100);
  }
  expect(background.idle).toBe(false);
  error = undefined;
  await pass(400_000);
  expect(background.idle).toBe(true);
  expect(failures).toEqual([]);
});

it('a task that the server refuses ends, and that is told', async () => {
  error = AUTH;
  begin();
  await turn();
  await pass(600_000);
  expect([tries.length, failures, background.idle]).toEqual([1, [AUTH], true]);
});

it('a task is not given up because the database failed', async () => {
  error = DISK;
  begin();
  await turn();
  await pass(10_000);
  expect([tries.length > 2, failures]).toEqual([true, []]);
  error = AUTH;
  await pass(20_000);
  expect([failures, background.idle]).toEqual([[AUTH], true]);
});

it('a failure that cannot be told now because the database failed is told later, without another try', async () => {
  let told = 0;
  error = AUTH;
  begin(() => {
    if (++told < 3) throw DISK;
  });
  await turn();
  await pass(60_000);
  expect([tries.length, told, background.idle]).toEqual([1, 3, true]);
});

it('a failure that cannot be told at all ends the task', async () => {
  let told = 0;
  error = AUTH;
  begin(() => {
    told++;
    throw new TypeError('a mistake');
  });
  await turn();
  await pass(60_000);
  expect([tries.length, told, background.idle]).toEqual([1, 1, true]);
});

it('stopping ends the pauses, and waits for what is under way', async () => {
  error = NETWORK;
  begin();
  const work = deferred<void>();
  background.track(work.promise);
  let settled = false;
  stopping.abort(new Error('stopping'));
  const done = background.settled().then(() => {
    settled = true;
  });
  await turn();
  expect([settled, background.idle]).toEqual([false, false]);
  work.reject(new Error('its failure is handled where it was made'));
  await done;
  expect([tries.length, failures, background.idle]).toEqual([1, [], true]);
});
