/** What ages with time that is known to have passed, and what a clock that is set does not do. */
import { describe, expect, it } from 'vitest';
import { AgingClock, type AgingState } from '../../../src/base/index.ts';
import { manualClock } from '../../harness/manual-clock.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const YEAR_MS = 365 * DAY_MS;
const DAY = 86_400;

function begun(nowMs: number, state?: AgingState) {
  const clock = manualClock(nowMs);
  const jumps: number[] = [];
  const aging = new AgingClock({ clock, state, onJump: (days) => void jumps.push(Math.round(days)) });
  return { clock, aging, jumps };
}

describe('the aging clock', () => {
  it('goes on with time, whatever the wall clock is set to', () => {
    const { clock, aging, jumps } = begun(0);
    for (const step of [56 * YEAR_MS, -56 * YEAR_MS, DAY_MS, -DAY_MS, 3 * HOUR_MS]) {
      const before = aging.now();
      clock.set(step);
      expect(aging.now()).toBe(before);
      clock.advance(2 * HOUR_MS);
      expect(aging.now()).toBe(before + 7_200);
    }
    expect(aging.isHeld).toBe(false);
    expect(jumps).toEqual([]);
  });

  it('holds what would be deleted for a day after each jump of more than a day', () => {
    const { clock, aging, jumps } = begun(0);
    expect(aging.isHeld).toBe(false);
    clock.set(56 * YEAR_MS);
    expect(aging.isHeld).toBe(true);
    clock.advance(23 * HOUR_MS);
    expect(aging.isHeld).toBe(true);
    clock.set(-2 * DAY_MS);
    expect(aging.isHeld).toBe(true);
    clock.advance(DAY_MS - 1_000);
    expect(aging.isHeld).toBe(true);
    clock.advance(1_000);
    expect(aging.isHeld).toBe(false);
    expect(jumps).toEqual([56 * 365, -2]);
  });

  const kept = (aging: number, wall: number, heldUntil = aging): AgingState => ({ aging, wall, heldUntil });
  it('counts what passed over a stop, of at most a day', () => {
    expect(begun(1_000_000_000, kept(500, 1_000_000)).aging.now()).toBe(500);
    expect(begun((1_000_000 + DAY) * 1_000, kept(500, 1_000_000)).aging.now()).toBe(500 + DAY);
    for (const difference of [DAY + 1, 20_000 * DAY, -1, -DAY, -DAY - 1]) {
      const { aging, jumps } = begun((1_000_000_000 + difference) * 1_000, kept(500, 1_000_000_000));
      expect(aging.now()).toBe(500);
      const isJump = Math.abs(difference) > DAY;
      expect([aging.isHeld, jumps.length]).toEqual([isJump, isJump ? 1 : 0]);
    }
  });

  it('goes on from its own state, with the rest of a day of holding', () => {
    const first = begun(0);
    first.clock.set(10 * DAY_MS);
    expect(first.aging.isHeld).toBe(true);
    first.clock.advance(20 * HOUR_MS);
    const state = first.aging.state;
    const second = begun(first.clock.now() + 3 * HOUR_MS, state);
    expect(second.aging.now()).toBe(23 * 3_600);
    expect(second.aging.isHeld).toBe(true);
    second.clock.advance(HOUR_MS);
    expect(second.aging.isHeld).toBe(false);
  });

  it('holds what it has no record of', () => {
    const clock = manualClock(5 * YEAR_MS);
    expect(new AgingClock({ clock, isPastUnknown: true }).isHeld).toBe(true);
    expect(new AgingClock({ clock }).isHeld).toBe(false);
  });
});
