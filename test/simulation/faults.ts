/** Faults of a machine's disk: at which write they strike, and what they do to the program that writes. */

/** The program ended in the middle of what it did: nothing runs any more, and nothing is written. */
export class Crash extends Error {
  override readonly name = 'Crash';
  /** The chat and the agent hand errors of the database on. */
  readonly code = 'SQLITE_SIMULATED_CRASH';
}

/**
 * - `crash`: the program ends just before the write
 * - `crash-after`: the write is on disk, and the program ends before it knows
 * - `fail`: the write fails
 */
export type WriteFault = 'crash' | 'crash-after' | 'fail';

/** Decides about each write. One fault is planned at a time; a full disk refuses every write. */
export class DiskFaults {
  isFull = false;
  /** When writes were struck: virtual time. */
  readonly strikes = new Set<number>();
  readonly #now: () => number;
  #planned: { readonly fault: WriteFault; countdown: number } | undefined;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** `fault` strikes at the write after `countdown` others. */
  plan(fault: WriteFault, countdown: number): void {
    this.#planned = { fault, countdown };
  }

  cancel(): void {
    this.#planned = undefined;
  }

  /** What becomes of the write that comes now. */
  next(): WriteFault | 'full' | undefined {
    const planned = this.#planned;
    const isNow = planned !== undefined && planned.countdown-- <= 0;
    if (isNow) this.#planned = undefined;
    const fault = isNow ? planned.fault : this.isFull ? 'full' : undefined;
    if (fault !== undefined) this.strikes.add(this.#now());
    return fault;
  }
}
