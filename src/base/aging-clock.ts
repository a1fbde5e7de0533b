/**
 * The time by which stored things age: only what is known to have passed. While the program runs that is the monotonic
 * clock, whatever the wall clock is set to; over a stop it is the difference of the wall clock, unless that is more than a
 * day or negative: then it may be a clock that was set, and counts as none. After a jump of more than a day nothing is to
 * be deleted for a day ({@link AgingClock.isHeld}), so that somebody can set the clock right. That things are kept longer
 * does no harm; a clock that is wrong must not cost anybody a message.
 *
 * Its seconds begin as those of the wall clock and may fall behind it: they are compared with each other only.
 */
import type { Clock } from './clock.ts';

const MS_PER_SECOND = 1_000;
const DAY_SECONDS = 86_400;
const MS_PER_DAY = DAY_SECONDS * MS_PER_SECOND;

/** What is kept over a stop. */
export interface AgingState {
  /** Seconds of the aging clock. */
  readonly aging: number;
  /** What the wall clock was then: seconds since the epoch. */
  readonly wall: number;
  /** Until when, on the aging clock, nothing is to be deleted. */
  readonly heldUntil: number;
}

export interface AgingClockOptions {
  readonly clock: Clock;
  /** Of the last run, or of another process of this one; undefined for the first. */
  readonly state?: AgingState | undefined;
  /** Whether there are things whose age only the wall clock knows: they are held for a day. */
  readonly isPastUnknown?: boolean;
  /** Told how far the wall clock jumped, in days: forward is positive. */
  onJump?(days: number): void;
}

export class AgingClock {
  readonly #clock: Clock;
  readonly #onJump: (days: number) => void;
  /** Of the aging clock at {@link #startedAt} of the monotonic clock. */
  readonly #start: number;
  readonly #startedAt: number;
  /** Wall clock less monotonic clock, when last looked at. */
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

  /** Seconds; never goes back. */
  now(): number {
    return this.#start + Math.floor((this.#clock.monotonic() - this.#startedAt) / MS_PER_SECOND);
  }

  /** Whether nothing is to be deleted now. */
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
