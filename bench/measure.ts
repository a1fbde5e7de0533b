/** Statistics of samples, and rows of the printed table. */

export function percentile(samples: readonly number[], p: number): number {
  const sorted = [...samples].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(p * sorted.length))] ?? Number.NaN;
}

export const median = (samples: readonly number[]): number => percentile(samples, 0.5);

/** A figure, with the cost of the same work by bare primitives in the same run, where that exists. */
export interface Figure {
  readonly what: string;
  readonly value: string;
  readonly floor?: string;
  /** The ratio to the floor. */
  readonly ratio?: string;
  readonly how: string;
}

export const ms = (value: number): string => `${value.toFixed(value < 10 ? 2 : 0)} ms`;
export const micros = (value: number): string => `${value.toFixed(value < 10 ? 1 : 0)} µs`;
export const percent = (ratio: number): string => `${Math.round(ratio * 100)}%`;

const ROUNDS = 30;
const ROUND_MS = 15;

/** Microseconds per `run`: the median of some rounds of a few milliseconds each. */
export function microsOf(run: () => void): number {
  run();
  const start = performance.now();
  run();
  const once = Math.max(performance.now() - start, 0.001);
  const times = Math.max(1, Math.round(ROUND_MS / once));
  const rounds = Array.from({ length: ROUNDS }, () => {
    const before = performance.now();
    for (let i = 0; i < times; i++) run();
    return ((performance.now() - before) / times) * 1000;
  });
  return median(rounds);
}

/** A figure of work in this process, with its floor. */
export function microsFigure(what: string, run: () => void, floor: () => void, how: string): Figure {
  const [value, least] = [microsOf(run), microsOf(floor)];
  return { what, value: micros(value), floor: micros(least), ratio: percent(least / value), how };
}

export function printFigures(figures: readonly Figure[]): void {
  const columns = [
    (f: Figure) => f.what,
    (f: Figure) => f.value,
    (f: Figure) => f.floor ?? '',
    (f: Figure) => f.ratio ?? '',
    (f: Figure) => f.how,
  ];
  const heads = ['what', 'figure', 'floor', 'of it', 'how'];
  const rows = [heads, ...figures.map((f) => columns.map((column) => column(f)))];
  const widths = heads.map((_, i) => Math.max(...rows.map((row) => row[i]!.length)));
  for (const row of rows) {
    console.log(row.map((cell, i) => (i === row.length - 1 ? cell : cell.padEnd(widths[i]!))).join('  '));
  }
}
