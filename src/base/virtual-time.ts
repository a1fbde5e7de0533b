/**
 * Virtual time: hours pass in milliseconds, and timers fire in a reproducible order. The machines of a simulated
 * network share one {@link VirtualTime}; each has its own clock on it, whose wall time can be wrong and whose timers
 * stop with the machine.
 */
import type { Clock, Timer } from './clock.ts';

interface Entry {
  readonly at: number;
  /** Of timers due at the same time, the one set first fires first. */
  readonly order: number;
  /** Undefined once cancelled. */
  callback: (() => void) | undefined;
}

const isBefore = (a: Entry, b: Entry) => a.at < b.at || (a.at === b.at && a.order < b.order);

/** A binary heap, the earliest entry first. */
class EntryHeap {
  readonly #entries: Entry[] = [];

  get first(): Entry | undefined {
    return this.#entries[0];
  }

  push(entry: Entry): void {
    const entries = this.#entries;
    let at = entries.push(entry) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!isBefore(entry, entries[parent]!)) break;
      entries[at] = entries[parent]!;
      at = parent;
    }
    entries[at] = entry;
  }

  pop(): void {
    const entries = this.#entries;
    const last = entries.pop();
    if (last === undefined || entries.length === 0) return;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= entries.length) break;
      if (child + 1 < entries.length && isBefore(entries[child + 1]!, entries[child]!)) child++;
      if (!isBefore(entries[child]!, last)) break;
      entries[at] = entries[child]!;
      at = child;
    }
    entries[at] = last;
  }
}

export class VirtualTime {
  readonly #heap = new EntryHeap();
  #elapsed = 0;
  #order = 0;
  #waiting = 0;

  /** Milliseconds since the beginning. */
  get elapsed(): number {
    return this.#elapsed;
  }

  /** Pending timers. */
  get waiting(): number {
    return this.#waiting;
  }

  schedule(ms: number, callback: () => void): Timer {
    const entry: Entry = { at: this.#elapsed + Math.max(ms, 0), order: this.#order++, callback };
    this.#heap.push(entry);
    this.#waiting++;
    return {
      cancel: () => {
        if (entry.callback === undefined) return;
        entry.callback = undefined;
        this.#waiting--;
      },
    };
  }

  /**
   * Advances to the next timer due within `limit` (since the beginning) and fires it; false, without advancing, when
   * there is none.
   */
  step(limit: number): boolean {
    for (let first = this.#heap.first; first !== undefined && first.at <= limit; first = this.#heap.first) {
      this.#heap.pop();
      const { callback } = first;
      if (callback === undefined) continue;
      first.callback = undefined;
      this.#waiting--;
      this.#elapsed = first.at;
      callback();
      return true;
    }
    return false;
  }

  /** Advances to `limit` without firing timers; only if none is due before. */
  skipTo(limit: number): void {
    const first = this.#heap.first;
    this.#elapsed = Math.max(this.#elapsed, first === undefined ? limit : Math.min(limit, first.at));
  }
}

/** The clock of one machine; after {@link VirtualClock.stop} its timers do not fire. */
export class VirtualClock implements Clock {
  readonly #time: VirtualTime;
  #wallOffset: number;
  #stopped = false;

  /** `startMs`: wall time at the beginning. */
  constructor(time: VirtualTime, startMs: number) {
    this.#time = time;
    this.#wallOffset = startMs;
  }

  now(): number {
    return Math.floor(this.#wallOffset + this.#time.elapsed);
  }

  monotonic(): number {
    return this.#time.elapsed;
  }

  schedule(ms: number, callback: () => void): Timer {
    return this.#time.schedule(ms, () => {
      if (!this.#stopped) callback();
    });
  }

  /** Changes the wall clock by `ms`, which may be negative. */
  stepWall(ms: number): void {
    this.#wallOffset += ms;
  }

  stop(): void {
    this.#stopped = true;
  }
}
