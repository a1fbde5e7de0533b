/** Which message is meant by how it begins. */
import { type Chat, ChatError, type ChatId, type ChatItem, type Contact, fold } from '../../../chat/index.ts';

/** Whose messages are looked through. */
export type ItemAuthor = 'us' | 'contact' | 'anybody';

/** Items that are read at a time. */
const PAGE = 200;

/** The newest message that begins with `start`, in whatever case; undefined when there is none. */
export function findByStart(
  chat: Pick<Chat, 'items'>,
  chatId: ChatId,
  author: ItemAuthor,
  start: string,
  deletedToo = false,
): ChatItem | undefined {
  const folded = fold(start);
  const isMeant = ({ content, deletedAt, direction, text }: ChatItem) =>
    content !== undefined &&
    (deletedAt === undefined || deletedToo) &&
    (author === 'anybody' || (direction.kind === 'sent') === (author === 'us')) &&
    fold(text).startsWith(folded);
  for (let page = chat.items(chatId, PAGE); ; ) {
    const found = page.findLast(isMeant);
    const first = page[0];
    if (found !== undefined || first === undefined || page.length < PAGE) return found;
    page = chat.items(chatId, PAGE, { before: first.itemId });
  }
}

/** The same; throws `ChatError` `no-item`. */
export function itemByStart(
  chat: Pick<Chat, 'items'>,
  { chatId, localName }: Contact,
  author: ItemAuthor,
  start: string,
  deletedToo = false,
): ChatItem {
  const item = findByStart(chat, chatId, author, start, deletedToo);
  if (item !== undefined) return item;
  const whose = { us: `from you to ${localName}`, contact: `from ${localName}`, anybody: `with ${localName}` }[author];
  const which = start === '' ? '' : ` that begins with "${start}"`;
  throw new ChatError('no-item', `There is no message ${whose}${which}.`);
}
