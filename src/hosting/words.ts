/** Text for messages: parts of files, and the ends of sentences. */

/** Characters of a part of a file in a message. */
const MAX_SHOWN = 80;

/** A part of a file as one short line that does nothing to a terminal. */
export function shownText(text: string): string {
  const characters = [...text];
  const cut = characters.length > MAX_SHOWN ? `${characters.slice(0, MAX_SHOWN).join('')}…` : text;
  return cut.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, '\uFFFD');
}

/** With a full stop, unless it has an end already. */
export const endSentence = (text: string): string => (/[.?!]$/.test(text) ? text : `${text}.`);
