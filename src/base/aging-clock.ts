/**
 * The clock by which stored data age. It advances only by time that has certainly passed: while the program runs, by
 * the monotonic clock, however the wall clock is set; over a restart, by the difference of the wall clock, unless that
 * is negative or more than a day, which may mean a wrong clock and counts as zero. After a jump of more than a day
 * nothing may be deleted for a day ({@link AgingClock.isHeld}), so that the clock can be corrected. Keeping data longer
 * is harmless; a wrong clock must not delete messages.
 *
 * Its seconds start at those of the wall clock and may fall behind: compare them only with each other.
 */
import type { Clock } from './clock.ts';

const MS_PER_SECOND = 1_000;
const DAY_SECONDS = 86_400;
const MS_PER_DAY = DAY_SECONDS * MS_PER_SECOND;

/** The state stored over a restart. */
export interface AgingState {
  /** Seconds of the aging clock. */
  readonly aging: number;
  /** The wall clock at that time: seconds since the epoch. */
  readonly wall: number;
  /** Aging-clock time until which nothing may be deleted. */
  readonly heldUntil: number;
}

export interface AgingClockOptions {
  readonly clock: Clock;
  /** State of the last run, or from the main process; undefined for the first run. */
  readonly state?: AgingState | undefined;
  /** Whether there are data aged only by the wall clock: they are held for a day. */
  readonly isPastUnknown?: boolean;
  /** Called when the wall clock jumped, with days; forward is positive. */
  onJump?(days: number): void;
}

export class AgingClock {
  readonly #clock: Clock;
  readonly #onJump: (days: number) => void;
  /** The aging clock at the monotonic time {@link #startedAt}. */
  readonly #start: number;
  readonly #startedAt: number;
  /** The last seen difference of wall clock and monotonic clock. */
  #offset: number;
  #heldUntil: number;

  constructor({ clock, state, isPastUnknown = false, onJump = () => {} }: AgingClockOptions) {
    this.#clock = clock;
    this.#onJump = onJump;
    this.#startedAt = clock.monotonic();
    this.#offset = clock.now() - this.#startedAt;
    const wall = Math.floor(clock.now() / MS_PER_SECOND);
    const difference = state === undefined ? 0 : wall - state.wall;
    const passed = difference >= 0 && difference <= DAY_SECONDS ? difference : 0;
    this.#start = state === undefined ? wall : state.aging + passed;
    this.#heldUntil = state?.heldUntil ?? (isPastUnknown ? this.#start + DAY_SECONDS : this.#start);
    if (Math.abs(difference) > DAY_SECONDS) this.#hold(difference / DAY_SECONDS);
  }

  /** In seconds; never goes back. */
  now(): number {
    return this.#start + Math.floor((this.#clock.monotonic() - this.#startedAt) / MS_PER_SECOND);
  }

  /** Whether nothing may be deleted now. */
  get isHeld(): boolean {
    this.#look();
    return this.now() < this.#heldUntil;
  }

  get state(): AgingState {
    this.#look();
    const wall = Math.floor(this.#clock.now() / MS_PER_SECOND);
    return { aging: this.now(), wall, heldUntil: this.#heldUntil };
  }

  #look(): void {
    const offset = this.#clock.now() - this.#clock.monotonic();
    const jump = offset - this.#offset;
    this.#offset = offset;
    if (Math.abs(jump) > MS_PER_DAY) this.#hold(jump / MS_PER_DAY);
  }

  #hold(days: number): void {
    this.#heldUntil = this.now() + DAY_SECONDS;
    this.#onJump(days);
  }
}
