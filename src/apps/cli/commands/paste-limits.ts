/** What counts as a paste, at a terminal that is drawn and at one that is read by lines. */

/** The most that is taken as one paste, in characters; of a longer one nothing is taken. */
export const MAX_PASTE = 1 << 20;

/** A pasted text without the line breaks at its end. */
export function withoutLastBreaks(text: string): string {
  let end = text.length;
  while (end > 0 && text[end - 1] === '\n') end--;
  return text.slice(0, end);
}

/** What follows within this time was not typed: it is of one paste. */
export const PASTE_GAP_MS = 50;
