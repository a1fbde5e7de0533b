/** Errors for the log that may come with each command, as those of a full disk: each is told at once, then once a minute. */
import type { Clock, Logger, Timer } from '../../base/index.ts';

const INTERVAL_MS = 60_000;

interface Told {
  /** How often it came since it was told last. */
  count: number;
  timer: Timer;
}

export class RepeatedErrors {
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #told = new Map<string, Told>();

  constructor(clock: Clock, logger: Logger) {
    this.#clock = clock;
    this.#logger = logger;
  }

  /** Logs it now, or counts it when it was logged within the last minute. */
  tell(message: string): void {
    const told = this.#told.get(message);
    if (told !== undefined) {
      told.count++;
      return;
    }
    this.#logger.error(message);
    this.#told.set(message, { count: 0, timer: this.#afterInterval(message) });
  }

  /** Logs what was only counted so far. */
  stop(): void {
    for (const [message, { count, timer }] of this.#told) {
      timer.cancel();
      this.#logCount(message, count);
    }
    this.#told.clear();
  }

  #afterInterval(message: string): Timer {
    return this.#clock.schedule(INTERVAL_MS, () => this.#next(message), { background: true });
  }

  #next(message: string): void {
    const count = this.#told.get(message)?.count ?? 0;
    this.#logCount(message, count);
    if (count === 0) this.#told.delete(message);
    else this.#told.set(message, { count: 0, timer: this.#afterInterval(message) });
  }

  #logCount(message: string, count: number): void {
    if (count > 0) this.#logger.error(`${message} (again, ${count} times within a minute)`);
  }
}
