/** The line below what is typed: whether servers are reached, what waits to be sent, what was not read. */

import type { ChatApi, CommandOutput, Contact } from '../../../chat/index.ts';
import { quoteName } from '../name-syntax.ts';
import { safeLine } from '../show/safe-text.ts';
import { graphemes, graphemeWidth } from './width.ts';

/** Names of contacts with unread messages that are listed. */
const MAX_NAMES = 3;

/** How things stand, as the chat tells it. */
export interface Standing {
  readonly servers: CommandOutput<'servers.status'>;
  readonly unread: CommandOutput<'chats.unread'>;
}

export async function readStanding(api: ChatApi): Promise<Standing> {
  const [servers, unread] = await Promise.all([api.servers.status(), api.chats.unread({ count: MAX_NAMES })]);
  return { servers, unread };
}

/** Empty while there is nothing to say. */
export function statusText({ servers, unread }: Standing, contacts: readonly Contact[]): string {
  return [connection(servers, contacts), sending(servers), unreadText(unread)]
    .filter((part) => part !== '')
    .join(' · ');
}

function connection({ connected, disconnected }: Standing['servers'], contacts: readonly Contact[]): string {
  const all = connected.length + disconnected.length;
  if (all === 0) return contacts.some(({ state }) => state !== 'deleted-by-peer') ? 'connecting' : '';
  if (connected.length === 0) return 'offline, trying again';
  if (disconnected.length > 0) return `${connected.length} of ${all} servers`;
  return all === 1 ? 'connected' : `connected to ${all} servers`;
}

function sending({ sending: count }: Standing['servers']): string {
  return count === 0 ? '' : `sending ${count}`;
}

function unreadText({ chats, messages, conversations }: Standing['unread']): string {
  if (messages === 0) return '';
  const names = chats.map(({ contact }) => quoteName(safeLine(contact.localName)));
  const more = conversations > chats.length ? ' …' : '';
  return `${messages} unread: ${names.join(', ')}${more}`;
}

/** As much of a text as fits on one row, with a sign that there is more. */
export function fitted(text: string, columns: number): string {
  const characters = graphemes(text);
  let used = 0;
  for (const [i, char] of characters.entries()) {
    used += graphemeWidth(char);
    if (used > columns) return `${characters.slice(0, Math.max(0, i - 1)).join('')}…`;
  }
  return text;
}
