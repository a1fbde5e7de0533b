/** The name that was probably meant, where one was mistyped. */

/** Mistakes in a word of this length that still leave it recognisable. */
const allowedMistakes = (length: number) => (length <= 3 ? 1 : 2);

/** Longer names are compared by no one: the time grows with the square. */
const MAX_LENGTH = 60;

/** ` Did you mean /contacts?`, with a space in front; empty where nothing is near. `shown`: how it is to be typed. */
export function didYouMean(typed: string, names: readonly string[], shown: (name: string) => string): string {
  const similar = mostSimilar(typed, names);
  return similar === undefined ? '' : ` Did you mean ${shown(similar)}?`;
}

function mostSimilar(typed: string, names: readonly string[]): string | undefined {
  const wanted = typed.toLowerCase();
  if (wanted === '' || wanted.length > MAX_LENGTH) return undefined;
  let best: string | undefined;
  let fewest = allowedMistakes(wanted.length) + 1;
  for (const name of names.filter((each) => each.length <= MAX_LENGTH)) {
    const mistakes = distance(wanted, name.toLowerCase());
    if (mistakes < fewest && mistakes < name.length) [best, fewest] = [name, mistakes];
  }
  return best;
}

/** Letters to insert, leave out, replace, or swap with the next one (optimal string alignment). */
function distance(a: string, b: string): number {
  let before: number[] = [];
  let above = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = above[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      const swapped = a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1] ? (before[j - 2] ?? Infinity) + 1 : Infinity;
      row.push(Math.min(above[j]! + 1, row[j - 1]! + 1, replaced, swapped));
    }
    [before, above] = [above, row];
  }
  return above[b.length]!;
}
