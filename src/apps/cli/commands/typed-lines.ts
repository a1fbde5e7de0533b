/** What the terminal keeps in the database: lines that were typed, and whom text without a name goes to. */
import type { ChatApi, ChatId, ItemId } from '../../../chat/index.ts';

/** Lines and the addressee are read by screens of this program alone. */
const LINES = { face: 'terminal', list: 'lines' } as const;
const ADDRESSEE = { face: 'terminal', list: 'addressee' } as const;

/** How many lines are kept. */
const MAX_LINES = 500;
/** A longer line is not kept, in characters. */
const MAX_LINE_LENGTH = 20_000;

/** Oldest first. */
export async function typedLines(api: ChatApi): Promise<readonly string[]> {
  return (await api.faces.list(LINES)).values.map(({ value }) => value);
}

/** Keeps a line with what it is about: it goes when the conversation, or the message, goes or changes. */
export async function keepTypedLine(
  api: ChatApi,
  line: string,
  chatId: ChatId | undefined,
  itemId: ItemId | undefined,
): Promise<void> {
  if (line.length > MAX_LINE_LENGTH || line === '' || (await typedLines(api)).at(-1) === line) return;
  await api.faces.add({ ...LINES, value: line, chatId, itemId, keep: MAX_LINES });
}

/** Forgets the lines about a contact that say `text`: at their end, as it is or quoted, or in brackets. */
export async function forgetTypedLines(api: ChatApi, chatId: ChatId, text: string): Promise<void> {
  if (text === '') return;
  const quoted = JSON.stringify(text);
  const says = (line: string) => line.endsWith(text) || line.endsWith(quoted) || line.includes(`(${text}`);
  const lines = (await api.faces.list(LINES)).values.filter((each) => each.chatId === chatId && says(each.value));
  const values = lines.map(({ value }) => value);
  if (values.length > 0) await api.faces.remove({ ...LINES, values });
}

/** Whom text without a name goes to, as the person chose last; undefined for nobody. */
export async function storedAddressee(api: ChatApi): Promise<ChatId | undefined> {
  return (await api.faces.list(ADDRESSEE)).values.at(-1)?.chatId;
}

export async function storeAddressee(api: ChatApi, chatId: ChatId | undefined): Promise<void> {
  if (chatId === (await storedAddressee(api))) return;
  if (chatId === undefined) await api.faces.remove(ADDRESSEE);
  else await api.faces.add({ ...ADDRESSEE, value: '', chatId, keep: 1 });
}
