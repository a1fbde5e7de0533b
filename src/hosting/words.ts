/** Text for messages: excerpts of files, and ends of sentences. */

/** Maximum length of an excerpt. */
const MAX_SHOWN = 80;

/** An excerpt of a file as one short line without control characters. */
export function shownText(text: string): string {
  const characters = [...text];
  const cut = characters.length > MAX_SHOWN ? `${characters.slice(0, MAX_SHOWN).join('')}…` : text;
  return cut.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, '\uFFFD');
}

/** Adds a full stop unless there is final punctuation. */
export const endSentence = (text: string): string => (/[.?!]$/.test(text) ? text : `${text}.`);
