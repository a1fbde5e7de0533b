import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { VirtualClock, VirtualTime } from '../../../src/base/index.ts';

const runAll = (time: VirtualTime, limit = Number.POSITIVE_INFINITY) => {
  while (time.step(limit));
};

describe('virtual time', () => {
  it('fires timers in order of time, then of setting, as a sorted list does', () => {
    const timers = fc.array(fc.record({ ms: fc.nat(20), cancelled: fc.boolean() }), { maxLength: 40 });
    fc.assert(
      fc.property(timers, (all) => {
        const time = new VirtualTime();
        const fired: number[] = [];
        const set = all.map(({ ms }, i) => time.schedule(ms, () => fired.push(i)));
        for (const [i, { cancelled }] of all.entries()) if (cancelled) set[i]!.cancel();
        expect(time.waiting).toBe(all.filter(({ cancelled }) => !cancelled).length);
        runAll(time);
        const expected = [...all.entries()]
          .filter(([, { cancelled }]) => !cancelled)
          .sort(([i, a], [j, b]) => a.ms - b.ms || i - j)
          .map(([i]) => i);
        expect(fired).toEqual(expected);
        expect(time.waiting).toBe(0);
      }),
    );
  });

  it('stands where the last timer fired, and goes no further than told', () => {
    const time = new VirtualTime();
    const fired: number[] = [];
    for (const ms of [10, 20, 30]) time.schedule(ms, () => fired.push(time.elapsed));
    runAll(time, 25);
    expect(fired).toEqual([10, 20]);
    expect(time.elapsed).toBe(20);
    time.skipTo(25);
    expect(time.elapsed).toBe(25);
    time.skipTo(100);
    expect(time.elapsed).toBe(30);
  });

  it('fires what is set while it fires', () => {
    const time = new VirtualTime();
    const fired: string[] = [];
    time.schedule(5, () => {
      fired.push('first');
      time.schedule(0, () => fired.push('at once'));
    });
    time.schedule(6, () => fired.push('last'));
    runAll(time);
    expect(fired).toEqual(['first', 'at once', 'last']);
  });
});

describe('a clock on virtual time', () => {
  it('shows a wall time that can be set, and a monotonic time that cannot', () => {
    const time = new VirtualTime();
    const clock = new VirtualClock(time, 1_000_000);
    clock.schedule(500, () => {});
    runAll(time);
    expect([clock.now(), clock.monotonic()]).toEqual([1_000_500, 500]);
    clock.stepWall(-1_000_000);
    expect([clock.now(), clock.monotonic()]).toEqual([500, 500]);
  });

  it('fires nothing once it is stopped', () => {
    const time = new VirtualTime();
    const [stopped, other] = [new VirtualClock(time, 0), new VirtualClock(time, 0)];
    const fired: string[] = [];
    stopped.schedule(1, () => fired.push('stopped'));
    other.schedule(2, () => fired.push('other'));
    stopped.stop();
    runAll(time);
    expect(fired).toEqual(['other']);
  });
});
