/** Long work in slices, with a pause after each in which everything else has its turn. */
import type { Clock, Logger, Timer } from '../base/index.ts';

/** Pause after a slice, and after one that failed (a full disk). */
const PAUSE_MS = 5;
const RETRY_MS = 10_000;

export class Slices {
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #slice: () => boolean;
  #timer: Timer | undefined;
  #finished: (() => void)[] = [];
  #stopped = false;

  /** `slice` does a part of the work, well under 20 ms of it, and is false when nothing was left to do. */
  constructor(clock: Clock, logger: Logger, slice: () => boolean) {
    this.#clock = clock;
    this.#logger = logger;
    this.#slice = slice;
  }

  get busy(): boolean {
    return this.#timer !== undefined;
  }

  /** There may be work to do. */
  wake(): void {
    if (this.#timer === undefined) this.#schedule(0);
  }

  /** Resolves when all is done, when a slice failed, or when it is stopped. */
  finish(): Promise<void> {
    if (this.#stopped) return Promise.resolve();
    return new Promise((resolve) => {
      this.#finished.push(resolve);
      this.#timer?.cancel();
      this.#schedule(0);
    });
  }

  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
    this.#end();
  }

  #schedule(delay: number): void {
    if (this.#stopped) return;
    this.#timer = this.#clock.schedule(delay, () => this.#run(), {
      // Who waits for it keeps the program alive.
      background: this.#finished.length === 0,
    });
  }

  #run(): void {
    try {
      if (this.#slice()) this.#schedule(PAUSE_MS);
      else this.#end();
    } catch (error) {
      this.#logger.warn(`background work failed, retrying: ${error instanceof Error ? error.message : String(error)}`);
      // Who waits goes on with what is done.
      this.#end();
      this.#schedule(RETRY_MS);
    }
  }

  #end(): void {
    this.#timer = undefined;
    for (const resolve of this.#finished.splice(0)) resolve();
  }
}
