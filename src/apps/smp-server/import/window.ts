/** Limits concurrent writes: many, because waiting writes share a sync, but bounded, to limit memory. */

const AT_ONCE = 1_000;

export class Window {
  #waiting: Promise<void>[] = [];

  /** Waits while there are too many; rejects with the error of an earlier write. */
  async add(write: Promise<void>): Promise<void> {
    // The error is reported by a later wait; this prevents an unhandled rejection until then.
    write.catch(() => {});
    this.#waiting.push(write);
    if (this.#waiting.length >= AT_ONCE) await this.settle();
  }

  async settle(): Promise<void> {
    const waiting = this.#waiting;
    this.#waiting = [];
    await Promise.all(waiting);
  }
}
