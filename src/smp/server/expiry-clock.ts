/**
 * The time by which things expire: the wall clock, less the steps forward that it made while the server ran. A clock that
 * is set wrong for an hour must not cost anybody a message; that some are kept longer does no harm.
 */
import type { Clock } from '../../base/index.ts';

/** Clocks that are adjusted gently differ by less than this between two looks. */
const STEP_MS = 60_000;

export class ExpiryClock {
  readonly #clock: Clock;
  #wall: number;
  #monotonic: number;
  /** All steps together; forward is positive. */
  #steps = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#wall = clock.now();
    this.#monotonic = clock.monotonic();
  }

  /** Seconds since the epoch. */
  now(): number {
    const [wall, monotonic] = [this.#clock.now(), this.#clock.monotonic()];
    const step = wall - this.#wall - (monotonic - this.#monotonic);
    if (Math.abs(step) > STEP_MS) this.#steps += step;
    this.#wall = wall;
    this.#monotonic = monotonic;
    return Math.floor((wall - Math.max(0, this.#steps)) / 1_000);
  }
}
