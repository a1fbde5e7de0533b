/** Commands that list: contacts, conversations, last messages, what was searched for. */
import { ChatError, type ChatItem, type Contact, type ItemId, MAX_PAGE } from '../../../chat/index.ts';
import { renderByDay, renderFull, renderItem } from '../show/items.ts';
import { command, dim, type Line, line } from '../show/look.ts';
import { contactName, fullContactName, nameSpan } from '../show/names.ts';
import { shortMessages } from '../show/shorten.ts';
import { TerminalCommandError } from '../words.ts';
import { lastItems } from './beginnings.ts';
import { contactByName } from './contact-names.ts';
import type { CommandContext } from './context.ts';
import { markRead } from './read.ts';
import { storedAddressee } from './typed-lines.ts';

/** Longest line of a conversation in `/chats`, in characters. */
const PREVIEW_LENGTH = 120;

export function contactLines({ contacts: list }: Pick<CommandContext, 'contacts'>): readonly Line[] {
  const contacts = list.all();
  if (contacts.length === 0) return [line('no contacts yet: ', command('/c'), ' makes an invitation')];
  const byName = (a: Contact, b: Contact) => a.localName.localeCompare(b.localName);
  return contacts
    .toSorted(byName)
    .map((contact) => line(nameSpan(contact, fullContactName(contact)), stateNote(contact)));
}

export function stateNote(contact: Contact): string {
  switch (contact.state) {
    case 'invited':
      return `: a link that nobody has used yet, /delete @${contactName(contact)} takes it back`;
    case 'connecting':
      return ': connecting';
    case 'deleted-by-peer':
      return ': the contact has ended the conversation';
    case 'connected':
      return `: connected, ${contact.pqEncryption ? 'PQ on' : 'PQ off'}${contact.verified ? ', verified' : ''}`;
  }
}

/** The last message of each conversation, the newest at the bottom, and how many were not read. */
export async function chatLines({ chat, now }: CommandContext, count: number): Promise<readonly Line[]> {
  const { chats } = await chat.chats.list({ count: MAX_PAGE });
  const latest = chats
    .filter(({ contact }) => contact.state !== 'invited')
    .toReversed()
    .toSorted((a, b) => (a.last?.timestamp ?? a.contact.createdAt) - (b.last?.timestamp ?? b.contact.createdAt))
    .slice(-count);
  return latest.map(({ contact, last: item, unread: waiting }) => {
    const note = waiting === 0 ? [] : [` (${waiting} unread)`];
    if (item === undefined) return line('      ', nameSpan(contact, `@${contactName(contact)}`), ...note);
    return line(...preview(item, contact, now()).spans, ...note);
  });
}

/** The first line of a message, cut where it is long. */
function preview(item: ChatItem, contact: Contact, now: number): Line {
  const [first, ...more] = renderItem({ ...item, quote: undefined, forwarded: false }, contact, now);
  const spans = [];
  let left = PREVIEW_LENGTH;
  for (const each of first?.spans ?? []) {
    const characters = Array.from(each.text);
    if (characters.length > left) {
      const text = `${characters.slice(0, left).join('')}…`;
      spans.push({ ...each, text, source: text });
      return line(...spans);
    }
    left -= characters.length;
    spans.push(each);
  }
  return line(...spans, ...(more.length > 0 ? [dim(' …')] : []));
}

export function itemLines(
  ctx: Pick<CommandContext, 'contacts' | 'display' | 'now'>,
  items: readonly ChatItem[],
): readonly Line[] {
  const { display, now } = ctx;
  const contacts = new Map(ctx.contacts.all().map((contact) => [contact.chatId, contact]));
  if (display.byDay) return renderByDay(items, (item) => contacts.get(item.chatId));
  return items.flatMap((item) => {
    const contact = contacts.get(item.chatId);
    return contact === undefined ? [] : renderFull(item, contact, now());
  });
}

/** Shows the last messages, which count as read then. */
export async function tail(ctx: CommandContext, name: string | undefined, count: number): Promise<void> {
  const { chat, display } = ctx;
  const contact = name === undefined ? undefined : await contactByName(chat, name);
  const items = await lastItems(chat, contact?.chatId, count);
  display.print(itemLines(ctx, items));
  await markRead(
    chat,
    items.map(({ itemId }) => itemId),
  );
  if (contact !== undefined) ctx.onActive(contact);
}

export async function search(
  ctx: CommandContext,
  name: string | undefined,
  text: string,
  count: number,
): Promise<void> {
  const { chat, display } = ctx;
  const contact = name === undefined ? undefined : await contactByName(chat, name);
  const { items } = await chat.messages
    .search({ chatId: contact?.chatId, text, count: Math.min(count, MAX_PAGE) })
    .catch((error: unknown) => {
      if (!(error instanceof ChatError && error.code === 'blank')) throw error;
      throw new TerminalCommandError('What should be searched for? It needs a letter or a digit.');
    });
  const isShort = /(?:^|\s)\S(?:\s|$)/u.test(text);
  const nothing = `nothing found${isShort ? '; the beginning of a word has at least two characters' : ''}`;
  display.print(items.length === 0 ? [line(nothing)] : itemLines(ctx, items));
}

/** Most messages of the last conversation that a start shows, and those that it shows at least. */
const MAX_RESUMED = 50;
const MIN_RESUMED = 10;

/** Where the person left off: the end of the conversation with the addressee, and who else has written. Returns what it shows. */
export async function printLastConversation(
  ctx: Pick<CommandContext, 'chat' | 'contacts' | 'display' | 'now'>,
): Promise<readonly ItemId[]> {
  const { chat, display } = ctx;
  const addressee = await storedAddressee(chat);
  const contact = ctx.contacts.all().find(({ chatId }) => chatId === addressee);
  const { chats: unread } = await chat.chats.unread();
  const waiting = unread.find((each) => each.contact.chatId === contact?.chatId)?.within ?? 0;
  const count = Math.min(MAX_RESUMED, Math.max(MIN_RESUMED, waiting));
  const shown = contact === undefined ? [] : await lastItems(chat, contact.chatId, count);
  if (shown.length > 0) display.print(shortMessages(itemLines(ctx, shown)));
  const others = unread.filter((each) => each.contact.chatId !== contact?.chatId || waiting > MAX_RESUMED);
  display.print(
    others.map(({ contact: from, count: missed, within: last }) =>
      line(nameSpan(from), `: ${missed} unread, see `, command(`/tail @${contactName(from)} ${last}`)),
    ),
  );
  return shown.map(({ itemId }) => itemId);
}
