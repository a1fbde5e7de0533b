/** Numbers as a line of bars, for terminals. */
const BARS = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/** The last `width` values, the highest of them as a full bar; a gap where nothing was measured yet. */
export function sparkline(values: readonly number[], width: number): string {
  const shown = values.slice(-width);
  const most = Math.max(...shown, 0);
  const bar = (value: number) => {
    if (most === 0) return BARS[0]!;
    return BARS[Math.min(Math.floor((value / most) * BARS.length), BARS.length - 1)]!;
  };
  return shown.map(bar).join('').padStart(width);
}
