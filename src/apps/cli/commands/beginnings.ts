/** Which message is meant by how it begins. */
import { type ChatApi, type ChatId, type ChatItem, type Contact, fold, MAX_PAGE } from '../../../chat/index.ts';
import { TerminalCommandError } from '../words.ts';

/** Whose messages are looked through. */
export type ItemAuthor = 'us' | 'contact' | 'anybody';

/** Items that are read first, as most often the last ones are meant, and then at a time. */
const FIRST_PAGE = 20;
const PAGE = 200;

/** The last messages of a conversation or of all, oldest first, however many that are. */
export async function lastItems(api: ChatApi, chatId: ChatId | undefined, count: number): Promise<readonly ChatItem[]> {
  let items: readonly ChatItem[] = [];
  while (items.length < count) {
    const size = Math.min(MAX_PAGE, count - items.length);
    const page = (await api.messages.list({ chatId, before: items[0]?.itemId, count: size })).items;
    items = [...page, ...items];
    if (page.length < size) break;
  }
  return items;
}

/** The newest message that begins with `start`, in whatever case; undefined when there is none. */
export async function findByStart(
  api: ChatApi,
  chatId: ChatId,
  author: ItemAuthor,
  start: string,
  deletedToo = false,
): Promise<ChatItem | undefined> {
  const folded = fold(start);
  const isMeant = ({ content, deletedAt, direction, text }: ChatItem) =>
    content !== undefined &&
    (deletedAt === undefined || deletedToo) &&
    (author === 'anybody' || (direction.kind === 'sent') === (author === 'us')) &&
    fold(text).startsWith(folded);
  let count = FIRST_PAGE;
  for (let before: ChatItem | undefined; ; count = PAGE) {
    const { items: page } = await api.messages.list({ chatId, before: before?.itemId, count });
    const found = page.findLast(isMeant);
    before = page[0];
    if (found !== undefined || page.length < count) return found;
  }
}

/** The same; throws `TerminalCommandError`. */
export async function itemByStart(
  api: ChatApi,
  { chatId, localName }: Contact,
  author: ItemAuthor,
  start: string,
  deletedToo = false,
): Promise<ChatItem> {
  const item = await findByStart(api, chatId, author, start, deletedToo);
  if (item !== undefined) return item;
  const whose = { us: `from you to ${localName}`, contact: `from ${localName}`, anybody: `with ${localName}` }[author];
  const which = start === '' ? '' : ` that begins with "${start}"`;
  throw new TerminalCommandError(`There is no message ${whose}${which}.`);
}
