/** How many columns text takes on a terminal. */

const segmenter = new Intl.Segmenter('en', { granularity: 'grapheme' });

/** What a person sees as single characters. */
export function graphemes(text: string): readonly string[] {
  return Array.from(segmenter.segment(text), (each) => each.segment);
}

// East Asian Wide and Fullwidth of Unicode's EastAsianWidth.txt, joined to blocks.
const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{16fe0}-\u{18cff}\u{1aff0}-\u{1b2ff}\u{20000}-\u{3fffd}]/u;
const EMOJI = /\p{Emoji_Presentation}|\ufe0f/u;
const ZERO = /^[\p{Mn}\p{Me}\p{Cf}]+$/u;

export function graphemeWidth(grapheme: string): 0 | 1 | 2 {
  if (ZERO.test(grapheme)) return 0;
  return WIDE.test(grapheme) || EMOJI.test(grapheme) ? 2 : 1;
}

export function textWidth(text: string): number {
  let width = 0;
  for (const each of graphemes(text)) width += graphemeWidth(each);
  return width;
}

/** Colour sequences, which take no columns; other sequences never get into lines. */
const ESCAPE = '\u001b';
const SGR = new RegExp(`${ESCAPE}\\[[\\d;]*m`, 'g');

export function withoutStyle(line: string): string {
  return line.replace(SGR, '');
}

/** Rows of a terminal `columns` wide that a line takes; a wide character does not go over the edge. */
export function rowCount(line: string, columns: number): number {
  return wrap(graphemes(withoutStyle(line)), columns).length;
}

/** Cuts characters into rows of at most `columns`. There is always one row. */
export function wrap(characters: readonly string[], columns: number): readonly (readonly string[])[] {
  const rows: string[][] = [[]];
  let used = 0;
  for (const char of characters) {
    const width = graphemeWidth(char);
    if (used + width > columns) {
      rows.push([]);
      used = 0;
    }
    rows.at(-1)?.push(char);
    used += width;
  }
  return rows;
}
