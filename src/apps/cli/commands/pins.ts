/** Commands about pinned messages. */
import { type ChatApi, type ChatId, type ChatItem, fold, MAX_PAGE } from '../../../chat/index.ts';
import { itemText, shortText } from '../show/items.ts';
import { command as commandText, type Line, line } from '../show/look.ts';
import { contactName } from '../show/names.ts';
import { TerminalCommandError } from '../words.ts';
import { itemByStart } from './beginnings.ts';
import { contactByName } from './contact-names.ts';
import type { CommandContext } from './context.ts';
import { itemLines } from './lists.ts';

interface OneMessage {
  readonly name: string;
  readonly start: string;
}

export async function pin({ chat, display }: CommandContext, { name, start }: OneMessage): Promise<void> {
  const contact = await contactByName(chat, name);
  const { itemId } = await itemByStart(chat, contact, 'anybody', start);
  const { item } = await chat.messages.pin({ itemId, add: true });
  display.print([line('pinned: ', shortText(itemText(item)))]);
}

/** The newest that is pinned and begins so: a newer message that is not may begin so, too. */
export async function unpin({ chat, display }: CommandContext, { name, start }: OneMessage): Promise<void> {
  const contact = await contactByName(chat, name);
  const pinned = await pinnedItems(chat, contact.chatId);
  const found = pinned.findLast((item) => fold(itemText(item)).startsWith(fold(start)));
  if (found === undefined) {
    const shown = contactName(contact);
    throw new TerminalCommandError(
      `No pinned message with ${shown} begins with "${start}". /pins @${shown} lists them.`,
    );
  }
  const { item } = await chat.messages.pin({ itemId: found.itemId, add: false });
  display.print([line('not pinned any more: ', shortText(itemText(item)))]);
}

export async function pinLines(ctx: CommandContext, name: string | undefined): Promise<readonly Line[]> {
  const contact = name === undefined ? undefined : await contactByName(ctx.chat, name);
  const pinned = await pinnedItems(ctx.chat, contact?.chatId);
  if (pinned.length > 0) return itemLines(ctx, pinned);
  const shown = contact === undefined ? '<name>' : contactName(contact);
  return [line('nothing is pinned: ', commandText(`/pin @${shown} <how the message begins>`), ' pins a message')];
}

/** All of a conversation, or of all conversations, oldest first. */
async function pinnedItems(api: ChatApi, chatId: ChatId | undefined): Promise<readonly ChatItem[]> {
  let pinned: readonly ChatItem[] = [];
  for (;;) {
    const { items: page } = await api.messages.pins({ chatId, before: pinned[0]?.itemId, count: MAX_PAGE });
    pinned = [...page, ...pinned];
    if (page.length < MAX_PAGE) return pinned;
  }
}
