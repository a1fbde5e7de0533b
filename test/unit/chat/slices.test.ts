import { expect, it } from 'vitest';
import { silentLogger } from '../../../src/base/index.ts';
import { Slices } from '../../../src/chat/slices.ts';
import { manualClock } from '../../harness/manual-clock.ts';

function work(parts: number, failsAt?: number) {
  const clock = manualClock();
  let left = parts;
  let failed = false;
  const slices = new Slices(clock, silentLogger, () => {
    if (left === failsAt && !failed) {
      failed = true;
      throw new Error('the disk is full');
    }
    if (left === 0) return false;
    left--;
    return true;
  });
  const pass = (ms: number) => {
    for (let i = 0; i < ms; i++) clock.advance(1);
  };
  return { slices, clock, pass, left: () => left };
}

const isSettled = async (promise: Promise<void>) =>
  Promise.race([promise.then(() => true), new Promise((resolve) => setImmediate(() => resolve(false)))]);

it('does one slice at a time, with pauses', async () => {
  const { slices, clock, pass, left } = work(3);
  slices.wake();
  slices.wake();
  expect([slices.busy, left()]).toEqual([true, 3]);
  clock.advance(0);
  expect(left()).toBe(2);
  clock.advance(0);
  expect(left()).toBe(2);
  pass(20);
  expect([slices.busy, left()]).toEqual([false, 0]);
  expect(await isSettled(slices.finish())).toBe(false);
});

it('lets go of who waits when all is done, when it failed, and when it is stopped', async () => {
  const done = work(2);
  const waiting = done.slices.finish();
  done.pass(5);
  expect(await isSettled(waiting)).toBe(false);
  done.pass(20);
  expect(await isSettled(waiting)).toBe(true);

  const broken = work(2, 1);
  const tried = broken.slices.finish();
  broken.pass(20);
  expect([await isSettled(tried), broken.left()]).toEqual([true, 1]);
  broken.pass(9_000);
  expect(broken.left()).toBe(1);
  broken.pass(2_000);
  expect(broken.left()).toBe(0);

  const stopped = work(5);
  const cut = stopped.slices.finish();
  stopped.slices.stop();
  expect(await isSettled(cut)).toBe(true);
  expect(await isSettled(stopped.slices.finish())).toBe(true);
  stopped.slices.wake();
  stopped.pass(100);
  expect(stopped.left()).toBe(5);
});
