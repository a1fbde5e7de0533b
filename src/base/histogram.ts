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

  /** Takes over what another with the same bounds observed. */
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

/** What was observed in `after` and not yet in `before`, an earlier state of the same. */
export function histogramSince(after: HistogramValues, before: HistogramValues | undefined): HistogramValues {
  if (before === undefined) return after;
  return {
    bounds: after.bounds,
    counts: after.counts.map((count, step) => count - (before.counts[step] ?? 0)),
    sum: after.sum - before.sum,
    count: after.count - before.count,
  };
}

/** Histograms with the same bounds as one. */
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

/** The bound below which a `fraction` of the observations are; Infinity when it is above all, undefined without any. */
export function histogramQuantile({ bounds, counts, count }: HistogramValues, fraction: number): number | undefined {
  if (count === 0) return undefined;
  let below = 0;
  for (const [step, bound] of bounds.entries()) {
    below += counts[step]!;
    if (below >= fraction * count) return bound;
  }
  return Number.POSITIVE_INFINITY;
}
