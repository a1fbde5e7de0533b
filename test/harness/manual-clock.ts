/** A clock that advances only when told to. */
import type { Clock } from '../../src/base/index.ts';

export interface ManualClock extends Clock {
  /** Advances by `ms` and runs the timers that are due, in order. */
  advance(ms: number): void;
  /** Changes the wall clock by `ms`, which may be negative; timers are not affected. */
  set(ms: number): void;
}

/** Starts at wall-clock time `nowMs`. */
export function manualClock(nowMs = Date.now()): ManualClock {
  let elapsed = 0;
  let wallMs = nowMs;
  const timers = new Set<{ readonly at: number; readonly callback: () => void }>();
  return {
    now: () => wallMs + elapsed,
    monotonic: () => elapsed,
    schedule(ms, callback) {
      const timer = { at: elapsed + ms, callback };
      timers.add(timer);
      return { cancel: () => void timers.delete(timer) };
    },
    set(ms) {
      wallMs += ms;
    },
    advance(ms) {
      elapsed += ms;
      const due = [...timers].filter(({ at }) => at <= elapsed).sort((a, b) => a.at - b.at);
      for (const timer of due) {
        if (timers.delete(timer)) timer.callback();
      }
    },
  };
}
