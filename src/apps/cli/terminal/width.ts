/** How many columns text takes on a terminal: as wcwidth has it, with emojis as terminals draw them. */
import { eastAsianWidth } from 'get-east-asian-width';

let segmenter: Intl.Segmenter | undefined;

/** What a person sees as single characters. */
export function graphemes(text: string): readonly string[] {
  segmenter ??= new Intl.Segmenter('en', { granularity: 'grapheme' });
  return Array.from(segmenter.segment(text), (each) => each.segment);
}

const ASCII = /^[\x20-\x7e]$/;
const EMOJI = /\p{Emoji_Presentation}|\ufe0f/u;
/** Marks that are drawn over what is before them, and vowels and endings of Hangul syllables in pieces. */
const ZERO = /^[\p{Mn}\p{Me}\p{Cf}\u1160-\u11ff\ud7b0-\ud7ff]$/u;

/** Columns of one grapheme: 0 to 2, or more where terminals draw its parts side by side, as in Indic scripts. */
export function graphemeWidth(grapheme: string): number {
  if (ASCII.test(grapheme)) return 1;
  if (EMOJI.test(grapheme)) return 2;
  let width = 0;
  for (const char of grapheme) width += ZERO.test(char) ? 0 : eastAsianWidth(char.codePointAt(0) ?? 0);
  return width;
}

export function textWidth(text: string): number {
  let width = 0;
  for (const each of graphemes(text)) width += graphemeWidth(each);
  return width;
}

/** Looks and targets of links, which take no columns; other sequences never get into lines. */
const ESCAPE = '\u001b';
const SEQUENCES = new RegExp(`${ESCAPE}\\[[\\d;]*m|${ESCAPE}\\]8;;[^${ESCAPE}]*${ESCAPE}\\\\`, 'g');

export function withoutStyle(line: string): string {
  return line.replace(SEQUENCES, '');
}

/** Rows of a terminal `columns` wide that a line takes; a wide character does not go over the edge. */
export function rowCount(line: string, columns: number): number {
  let rows = 1;
  let used = 0;
  for (const char of graphemes(withoutStyle(line))) {
    const width = graphemeWidth(char);
    if (used + width > columns) {
      rows++;
      used = 0;
    }
    used += width;
  }
  return rows;
}
