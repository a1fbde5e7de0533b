/** Names of contacts and servers as lines show them; all that was received is made harmless here. */

import type { Contact } from '../../../chat/index.ts';
import { quoteName } from '../name-syntax.ts';
import { type Span, span } from './look.ts';
import { safeLine } from './safe-text.ts';

/** A contact's name as commands take it. */
export function contactName(contact: Contact): string {
  return quoteName(safeLine(contact.localName));
}

/** The name, and in brackets the full name when there is another one. */
export function fullContactName(contact: Contact): string {
  const fullName = safeLine(contact.profile?.fullName ?? '');
  const name = contactName(contact);
  return fullName === '' || fullName === contact.localName ? name : `${name} (${fullName})`;
}

/** A name in the colour of its contact. */
export function nameSpan(contact: Contact, text = contactName(contact)): Span {
  return span(text, { kind: 'name', of: contact.chatId });
}

/** `smp://…@host:port` as its host. */
export function serverHost(address: string): string {
  return safeLine(/@([^/,?#]+)/.exec(address)?.[1] ?? address);
}
