/** Time as a dependency, so that whole networks can run on virtual time. */

/** A pending callback; `cancel` may be repeated. */
export interface Timer {
  cancel(): void;
}

/** Wall-clock reading and timers. `now` is in milliseconds since the Unix epoch; `monotonic` never goes back. */
export interface Clock {
  now(): number;
  monotonic(): number;
  /** Runs `callback` after `ms`. A `background` timer does not keep the process alive. */
  schedule(ms: number, callback: () => void, options?: { readonly background?: boolean }): Timer;
}

/** Longest delay a JavaScript timer takes (2^31 - 1 ms); anything longer would fire at once. */
const MAX_TIMER_MS = 0x7fff_ffff;

interface Unrefable {
  unref?: () => void;
}

/** The system clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  schedule(ms, callback, options) {
    const handle = setTimeout(callback, Math.min(Math.max(ms, 0), MAX_TIMER_MS));
    if (options?.background === true) (handle as unknown as Unrefable).unref?.();
    return { cancel: () => clearTimeout(handle) };
  },
};
