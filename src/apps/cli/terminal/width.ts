/** How many columns text takes on a terminal: as wcwidth has it, with emojis as terminals draw them. */
import { eastAsianWidth } from 'get-east-asian-width';

let segmenter: Intl.Segmenter | undefined;

/** Wider than any character of a script: only texts made to annoy go on and on in one. */
const WIDEST = 8;

/** What a person sees as single characters; such as would not fit into a row are taken apart. */
export function graphemes(text: string): readonly string[] {
  segmenter ??= new Intl.Segmenter('en', { granularity: 'grapheme' });
  const characters: string[] = [];
  for (const { segment } of segmenter.segment(text)) {
    if (segment.length > WIDEST && graphemeWidth(segment) > WIDEST) characters.push(...partsOf(segment));
    else characters.push(segment);
  }
  return characters;
}

/** Signs that take columns, each with the marks that are drawn over it. */
function partsOf(grapheme: string): readonly string[] {
  const parts: string[] = [];
  for (const char of grapheme) {
    if (ZERO.test(char) && parts.length > 0) parts[parts.length - 1] += char;
    else parts.push(char);
  }
  return parts;
}

const ASCII = /^[\x20-\x7e]$/;
const EMOJI = /^(?:\p{Emoji_Presentation}|\p{Emoji}.*\ufe0f)/su;
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
