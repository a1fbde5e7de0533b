/** Figures out of samples, and rows of the printed table. */

export function percentile(samples: readonly number[], p: number): number {
  const sorted = [...samples].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(p * sorted.length))] ?? Number.NaN;
}

export interface Figure {
  readonly what: string;
  readonly value: string;
  readonly how: string;
}

export const ms = (value: number): string => `${value.toFixed(value < 10 ? 2 : 0)} ms`;

export function printFigures(figures: readonly Figure[]): void {
  const width = (pick: (f: Figure) => string) => Math.max(...figures.map((f) => pick(f).length));
  const [what, value] = [width((f) => f.what), width((f) => f.value)];
  for (const f of figures) console.log(`${f.what.padEnd(what)}  ${f.value.padStart(value)}  ${f.how}`);
}
