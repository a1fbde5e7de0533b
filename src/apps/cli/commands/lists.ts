/** Commands that list: contacts, conversations, last messages, what was searched for. */
import type { ChatItem, Contact, ItemId } from '../../../chat/index.ts';
import { renderByDay, renderFull, renderItem } from '../show/items.ts';
import { command, dim, type Line, line } from '../show/look.ts';
import { contactName, fullContactName, nameSpan } from '../show/names.ts';
import { shortMessages } from '../show/shorten.ts';
import type { CommandContext } from './context.ts';
import { storedAddressee } from './typed-lines.ts';

/** Longest line of a conversation in `/chats`, in characters. */
const PREVIEW_LENGTH = 120;

export function contactLines({ chat }: CommandContext): readonly Line[] {
  const contacts = chat.contacts();
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
export function chatLines({ chat, now }: CommandContext, count: number): readonly Line[] {
  const unread = new Map(chat.unread().map(({ contact, count: waiting }) => [contact.chatId, waiting]));
  const latest = chat
    .contacts()
    .filter((contact) => contact.state !== 'invited')
    .map((contact) => ({ contact, item: chat.items(contact.chatId, 1).at(-1) }))
    .toSorted((a, b) => (a.item?.timestamp ?? a.contact.createdAt) - (b.item?.timestamp ?? b.contact.createdAt))
    .slice(-count);
  return latest.map(({ contact, item }) => {
    const waiting = unread.get(contact.chatId) ?? 0;
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
  ctx: Pick<CommandContext, 'chat' | 'display' | 'now'>,
  items: readonly ChatItem[],
): readonly Line[] {
  const { chat, display, now } = ctx;
  const contacts = new Map(chat.contacts().map((contact) => [contact.chatId, contact]));
  if (display.byDay) return renderByDay(items, (item) => contacts.get(item.chatId));
  return items.flatMap((item) => {
    const contact = contacts.get(item.chatId);
    return contact === undefined ? [] : renderFull(item, contact, now());
  });
}

/** Shows the last messages, which count as read then. */
export function tail(ctx: CommandContext, name: string | undefined, count: number): void {
  const { chat, display } = ctx;
  const contact = name === undefined ? undefined : chat.contactByName(name);
  const items = chat.items(contact?.chatId, count);
  display.print(itemLines(ctx, items));
  chat.markRead(items.map(({ itemId }) => itemId));
  if (contact !== undefined) ctx.onActive(contact);
}

export function search(ctx: CommandContext, name: string | undefined, text: string, count: number): void {
  const { chat, display } = ctx;
  const contact = name === undefined ? undefined : chat.contactByName(name);
  const items = chat.search(contact?.chatId, text, count);
  display.print(items.length === 0 ? [line('nothing found')] : itemLines(ctx, items));
}

/** Most messages of the last conversation that a start shows, and those that it shows at least. */
const MAX_RESUMED = 50;
const MIN_RESUMED = 10;

/** Where the person left off: the end of the conversation with the addressee, and who else has written. Returns what it shows. */
export function printLastConversation(ctx: Pick<CommandContext, 'chat' | 'display' | 'now'>): readonly ItemId[] {
  const { chat, display } = ctx;
  const contact = storedAddressee(chat);
  const unread = chat.unread();
  const waiting = unread.find((each) => each.contact.chatId === contact?.chatId)?.within ?? 0;
  const count = Math.min(MAX_RESUMED, Math.max(MIN_RESUMED, waiting));
  const shown = contact === undefined ? [] : chat.items(contact.chatId, count);
  if (shown.length > 0) display.print(shortMessages(itemLines(ctx, shown)));
  const others = unread.filter((each) => each.contact.chatId !== contact?.chatId || waiting > MAX_RESUMED);
  display.print(
    others.map(({ contact: from, count: missed, within: last }) =>
      line(nameSpan(from), `: ${missed} unread, see `, command(`/tail @${contactName(from)} ${last}`)),
    ),
  );
  return shown.map(({ itemId }) => itemId);
}
