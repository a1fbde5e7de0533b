/** Draws numbers as a line of bars. */
const BARS = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/** The last `width` values, scaled to the highest; a gap for missing values. */
export function sparkline(values: readonly number[], width: number): string {
  const shown = values.slice(-width);
  const most = Math.max(...shown, 0);
  const bar = (value: number) => {
    if (most === 0) return BARS[0]!;
    return BARS[Math.min(Math.floor((value / most) * BARS.length), BARS.length - 1)]!;
  };
  return shown.map(bar).join('').padStart(width);
}
