/**
 * Rate-limits errors that may occur with every command, such as those of a full disk: logs each at once, then at most
 * once a minute with a count.
 */
import type { Clock, Logger, Timer } from '../../base/index.ts';

const INTERVAL_MS = 60_000;

interface LoggedError {
  /** Occurrences since it was last logged. */
  count: number;
  timer: Timer;
}

export class RepeatedErrors {
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #logged = new Map<string, LoggedError>();

  constructor(clock: Clock, logger: Logger) {
    this.#clock = clock;
    this.#logger = logger;
  }

  /** Logs it now, or counts it when it was logged within the last minute. */
  log(message: string): void {
    const logged = this.#logged.get(message);
    if (logged !== undefined) {
      logged.count++;
      return;
    }
    this.#logger.error(message);
    this.#logged.set(message, { count: 0, timer: this.#afterInterval(message) });
  }

  /** Logs the pending counts. */
  stop(): void {
    for (const [message, { count, timer }] of this.#logged) {
      timer.cancel();
      this.#logCount(message, count);
    }
    this.#logged.clear();
  }

  #afterInterval(message: string): Timer {
    return this.#clock.schedule(INTERVAL_MS, () => this.#next(message), { background: true });
  }

  #next(message: string): void {
    const count = this.#logged.get(message)?.count ?? 0;
    this.#logCount(message, count);
    if (count === 0) this.#logged.delete(message);
    else this.#logged.set(message, { count: 0, timer: this.#afterInterval(message) });
  }

  #logCount(message: string, count: number): void {
    if (count > 0) this.#logger.error(`${message} (again, ${count} times within a minute)`);
  }
}
