/** Writes under way: many at once, as a sync is shared by all that wait for it, but not so many that memory fills. */

const AT_ONCE = 1_000;

export class Window {
  #waiting: Promise<void>[] = [];

  /** Waits when there are many; rejects with the error of one before. */
  async add(write: Promise<void>): Promise<void> {
    // Waited for later; until then nobody would handle its failure.
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
