/**
 * Who is meant by a name without quotes. Names may have spaces and commas in them, so that `@Alice B hello` can be a
 * message to "Alice B" or one to "Alice"; a message to the wrong one cannot be taken back.
 */

import { type Contact, fold } from '../../../chat/index.ts';
import { quoteName } from '../name-syntax.ts';
import { TerminalCommandError } from '../words.ts';

/** What comes before the name of a contact: signs or a command, and what `/set` takes. */
const BEFORE_NAME = /^\s*(?:@|(?:>>?|!|\\\\?)\s*@|[+-]\S+\s+@?|\/\S+\s+(?:[a-z]+\s+(?=@))?@?)/;
const IN_WORD = /^[\p{L}\p{N}\p{M}]/u;

const comparable = (text: string) => fold(text).replace(/\s+/gu, ' ');

/** Whether `text` begins with the name and goes on with another word, or not at all. */
function beginsWith(text: string, name: string): boolean {
  return text.startsWith(name) && !IN_WORD.test(text.slice(name.length));
}

/** A name in quotes, which means this contact and no other. */
const inQuotes = (name: string) => `@'${name}'`;

/** Names longer than the one that was read from a line, which the line can be meant for just as well. */
function longerNames(typed: string, name: string, contacts: readonly Contact[]): readonly string[] {
  const rest = typed.slice(BEFORE_NAME.exec(typed)?.[0].length ?? 0);
  if (rest.startsWith("'")) return [];
  const written = comparable(rest);
  const { length } = comparable(name);
  return contacts
    .map(({ localName }) => localName)
    .filter((each) => comparable(each).length > length && beginsWith(written, comparable(each)));
}

/** The contact of this name as it is written, or the only one that a person would take for it. */
export function namedLike(contacts: readonly Contact[], name: string): Contact | undefined {
  const folded = fold(name);
  const alike = contacts.filter(({ localName }) => fold(localName) === folded);
  return alike.find(({ localName }) => localName === name) ?? (alike.length === 1 ? alike[0] : undefined);
}

export function isClearName(typed: string, name: string, contacts: readonly Contact[]): boolean {
  return longerNames(typed, name, contacts).length === 0;
}

/** What a line that cannot be read lacks, where it names a contact whose name must be in quotes; else nothing. */
export function quotesHint(typed: string, contacts: readonly Contact[]): string {
  const name = longerNames(typed, '', contacts).find((each) => quoteName(each) !== each);
  return name === undefined ? '' : `. Names with spaces are written in quotes: ${inQuotes(name)}`;
}

/** Throws `TerminalCommandError` where the line can be meant for a contact with a longer name than the one that was read from it. */
export function requireClearName(typed: string, name: string, contacts: readonly Contact[]): void {
  const longer = longerNames(typed, name, contacts);
  if (longer.length === 0) return;
  const shorter = contacts.find(({ localName }) => comparable(localName) === comparable(name));
  const meant = [...longer, ...(shorter === undefined ? [] : [shorter.localName])].map(inQuotes);
  throw new TerminalCommandError(
    meant.length === 1
      ? `Names with spaces are written in quotes: ${meant[0]}.`
      : `It is not clear who is meant. Write the name in quotes: ${meant.join(' or ')}.`,
  );
}

/** `@bob `, in quotes where what follows could make another name of it. */
export function addressOf({ localName }: Contact, contacts: readonly Contact[]): string {
  const own = comparable(localName);
  const isUnclear = contacts.some((each) => {
    const other = comparable(each.localName);
    return other.length > own.length && beginsWith(other, own);
  });
  return `${isUnclear ? inQuotes(localName) : `@${quoteName(localName)}`} `;
}
