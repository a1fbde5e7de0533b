/** What the terminal keeps in the database: lines that were typed, and whom text without a name goes to. */
import type { Chat, ChatId, Contact, ItemId } from '../../../chat/index.ts';

/** Lines and the addressee are read by screens of this program alone. */
const LINES = { face: 'terminal', list: 'lines' } as const;
const ADDRESSEE = { face: 'terminal', list: 'addressee' } as const;

/** How many lines are kept. */
const MAX_LINES = 500;
/** A longer line is not kept, in characters. */
const MAX_LINE_LENGTH = 20_000;

type Values = Pick<Chat, 'faceValues' | 'addFaceValue' | 'removeFaceValues' | 'contacts'>;

/** Oldest first. */
export const typedLines = (chat: Values): readonly string[] => chat.faceValues(LINES).map(({ value }) => value);

/** Keeps a line with what it is about: it goes when the conversation, or the message, goes or changes. */
export function keepTypedLine(
  chat: Values,
  line: string,
  chatId: ChatId | undefined,
  itemId: ItemId | undefined,
): void {
  if (line.length > MAX_LINE_LENGTH || line === '' || typedLines(chat).at(-1) === line) return;
  chat.addFaceValue(LINES, { value: line, chatId, itemId }, MAX_LINES);
}

/** Forgets the lines about a contact that say `text`: at their end, as it is or quoted, or in brackets. */
export function forgetTypedLines(chat: Values, chatId: ChatId, text: string): void {
  if (text === '') return;
  const quoted = JSON.stringify(text);
  const says = (line: string) => line.endsWith(text) || line.endsWith(quoted) || line.includes(`(${text}`);
  const lines = chat.faceValues(LINES).filter((each) => each.chatId === chatId && says(each.value));
  const values = lines.map(({ value }) => value);
  if (values.length > 0) chat.removeFaceValues(LINES, values);
}

/** Whom text without a name goes to, as the person chose last; undefined for nobody. */
export function storedAddressee(chat: Values): Contact | undefined {
  const chatId = chat.faceValues(ADDRESSEE).at(-1)?.chatId;
  return chat.contacts().find((contact) => contact.chatId === chatId);
}

export function storeAddressee(chat: Values, chatId: ChatId | undefined): void {
  if (chatId === chat.faceValues(ADDRESSEE).at(-1)?.chatId) return;
  if (chatId === undefined) chat.removeFaceValues(ADDRESSEE);
  else chat.addFaceValue(ADDRESSEE, { value: '', chatId, itemId: undefined }, 1);
}
