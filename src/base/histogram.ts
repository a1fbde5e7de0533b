/** How often something was how large: counts in fixed steps, so that any number of observations takes the same room. */

export interface HistogramValues {
  /** Upper bounds, ascending; the last count is of what is above all. */
  readonly bounds: readonly number[];
  /** One more than there are bounds; not cumulative. */
  readonly counts: readonly number[];
  readonly sum: number;
  readonly count: number;
}

export class Histogram implements HistogramValues {
  readonly bounds: readonly number[];
  readonly #counts: number[];
  #sum = 0;
  #count = 0;

  constructor(bounds: readonly number[]) {
    this.bounds = bounds;
    this.#counts = Array<number>(bounds.length + 1).fill(0);
  }

  observe(value: number): void {
    let step = 0;
    while (step < this.bounds.length && value > this.bounds[step]!) step++;
    this.#counts[step]!++;
    this.#sum += value;
    this.#count++;
  }

  get counts(): readonly number[] {
    return this.#counts;
  }

  get sum(): number {
    return this.#sum;
  }

  get count(): number {
    return this.#count;
  }
}
