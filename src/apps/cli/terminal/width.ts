/** How many columns text takes on a terminal: as wcwidth has it, with emojis as terminals draw them. */
import { eastAsianWidth } from 'get-east-asian-width';

let segmenter: Intl.Segmenter | undefined;

/** Wider than any character of a script: only texts made to annoy go on and on in one. */
const WIDEST = 8;

/**
 * How much text is handed to a segmenter at once, in UTF-16 code units: the time it takes grows with the square of the
 * length. A character that is longer is taken apart.
 */
const SEGMENTED_AT_ONCE = 256;

/** Segments of a text of any length, found in pieces: the last of each piece may go on in the next one. */
export function* segmentsOf(by: Intl.Segmenter, text: string): Iterable<string> {
  for (let at = 0; at < text.length; ) {
    let end = Math.min(text.length, at + SEGMENTED_AT_ONCE);
    if (end < text.length && /[\ud800-\udbff]/.test(text[end - 1] ?? '')) end--;
    const found = Array.from(by.segment(text.slice(at, end)), ({ segment }) => segment);
    if (end < text.length && found.length > 1) found.pop();
    for (const segment of found) {
      at += segment.length;
      yield segment;
    }
  }
}

/** What a person sees as single characters; such as would not fit into a row are taken apart. */
export function graphemes(text: string): readonly string[] {
  segmenter ??= new Intl.Segmenter('en', { granularity: 'grapheme' });
  const characters: string[] = [];
  for (const segment of segmentsOf(segmenter, text)) {
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
/** Han and Hangul: the long texts that are not ASCII, known without the expressions below. */
const IDEOGRAPH_OR_SYLLABLE = /^[\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3]$/;
const EMOJI = /^(?:\p{Emoji_Presentation}|\p{Emoji}.*\ufe0f)/su;
/** Marks that are drawn over what is before them, and vowels and endings of Hangul syllables in pieces. */
const ZERO = /^[\p{Mn}\p{Me}\p{Cf}\u1160-\u11ff\ud7b0-\ud7ff]$/u;

/** Columns of one grapheme: 0 to 2, or more where terminals draw its parts side by side, as in Indic scripts. */
export function graphemeWidth(grapheme: string): number {
  if (ASCII.test(grapheme)) return 1;
  if (grapheme.length === 1 && IDEOGRAPH_OR_SYLLABLE.test(grapheme)) return 2;
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
