/** Histograms with fixed buckets, so that memory does not depend on the number of observations. */

export interface HistogramValues {
  /** Upper bounds, ascending; the last count is for larger values. */
  readonly bounds: readonly number[];
  /** One more than `bounds`; not cumulative. */
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

  /** Adds the observations of a histogram with the same bounds. */
  add({ counts, sum, count }: HistogramValues): void {
    for (const [step, value] of counts.entries()) this.#counts[step]! += value;
    this.#sum += sum;
    this.#count += count;
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

/** The observations in `after` that are not in `before`, an earlier state of the same histogram. */
export function histogramSince(after: HistogramValues, before: HistogramValues | undefined): HistogramValues {
  if (before === undefined) return after;
  return {
    bounds: after.bounds,
    counts: after.counts.map((count, step) => count - (before.counts[step] ?? 0)),
    sum: after.sum - before.sum,
    count: after.count - before.count,
  };
}

/** The sum of histograms with the same bounds. */
export function histogramSum(bounds: readonly number[], parts: readonly HistogramValues[]): HistogramValues {
  return {
    bounds,
    counts: Array.from({ length: bounds.length + 1 }, (_, step) =>
      parts.reduce((sum, { counts }) => sum + (counts[step] ?? 0), 0),
    ),
    sum: parts.reduce((sum, part) => sum + part.sum, 0),
    count: parts.reduce((sum, part) => sum + part.count, 0),
  };
}

/**
 * The bound that a `fraction` of observations do not exceed; Infinity above the last bound, undefined without
 * observations.
 */
export function histogramQuantile({ bounds, counts, count }: HistogramValues, fraction: number): number | undefined {
  if (count === 0) return undefined;
  let below = 0;
  for (const [step, bound] of bounds.entries()) {
    below += counts[step]!;
    if (below >= fraction * count) return bound;
  }
  return Number.POSITIVE_INFINITY;
}
