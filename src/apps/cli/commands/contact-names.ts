/** Which contact is meant by a name that was typed. */

import type { ChatApi, Contact } from '../../../chat/index.ts';
import { quoteName } from '../name-syntax.ts';
import { TerminalCommandError } from '../words.ts';

/** There is no contact of this name: the caller may know names like it. */
export class NoContactError extends TerminalCommandError {}

/** Throws `TerminalCommandError` where nobody, or more than one, can be meant. */
export async function contactByName(api: ChatApi, name: string): Promise<Contact> {
  const { contact, alike, formerly } = await api.contacts.find({ name });
  if (contact !== undefined) return contact;
  if (alike.length > 1) {
    const names = alike.map(({ localName }) => quoteName(localName)).join(', ');
    throw new NoContactError(
      `There is more than one contact with a name like "${name}": ${names}. Press Tab after @ to write one exactly.`,
    );
  }
  if (formerly !== undefined) {
    const now = quoteName(formerly.localName);
    // No other name may be offered: it could be that of who wants to be taken for the contact.
    throw new TerminalCommandError(`There is no contact "${name}" any more: it is called ${now} now. Use @${now}`);
  }
  throw new NoContactError(
    `There is no contact "${name}". /contacts lists them; names with spaces are written in quotes: @'Alice B' hello`,
  );
}
