/** Commands about single messages: send, answer, change, delete, react. */
import {
  type ChatApi,
  ChatError,
  type ChatItem,
  type Contact,
  type ItemId,
  parseMarkdown,
} from '../../../chat/index.ts';
import { itemText, shortText } from '../show/items.ts';
import { line } from '../show/look.ts';
import { contactName, nameSpan } from '../show/names.ts';
import { safeLine } from '../show/safe-text.ts';
import { TerminalCommandError } from '../words.ts';
import { findByStart, itemByStart } from './beginnings.ts';
import type { CliCommand } from './command.ts';
import { contactByName } from './contact-names.ts';
import type { CommandContext } from './context.ts';
import { forgetTypedLines } from './typed-lines.ts';

type CommandOf<K extends CliCommand['kind']> = Extract<CliCommand, { readonly kind: K }>;

export async function send(ctx: CommandContext, command: CommandOf<'send' | 'reply'>): Promise<void> {
  const { chat, display } = ctx;
  const contact = await contactByName(chat, command.name);
  const { chatId } = contact;
  // Whether it can be sent or not: whoever types on means the same contact.
  ctx.onActive(contact);
  const quoted = command.kind === 'reply' ? await fittingMessage(ctx, contact, command.author, command) : undefined;
  const { item } = await chat.messages.send({
    chatId,
    text: quoted?.text ?? command.text,
    quoted: quoted?.item.itemId,
  });
  display.sentItem(item, contact);
}

/** The message that is meant, by the longest beginning that fits one, and the text that is left then. */
async function fittingMessage(
  { chat }: CommandContext,
  contact: Contact,
  author: 'us' | 'contact',
  { start, text, readings = [] }: CommandOf<'edit' | 'reply'> & { readonly start: string },
): Promise<{ readonly item: ChatItem; readonly text: string }> {
  for (const reading of readings) {
    const item = await findByStart(chat, contact.chatId, author, reading.start);
    if (item === undefined) continue;
    if (reading.text.trim() === '') throw new TerminalCommandError(`There is no text after (${reading.start}).`);
    return { item, text: reading.text };
  }
  return { item: await itemByStart(chat, contact, author, start), text };
}

export async function edit(ctx: CommandContext, command: CommandOf<'edit'>): Promise<void> {
  const { chat, display } = ctx;
  const contact = await contactByName(chat, command.name);
  ctx.onActive(contact);
  const meant = await fittingMessage(ctx, contact, 'us', command);
  const { item } = await editMessage(chat, meant.item.itemId, meant.text);
  // What was said before is not kept among what was typed either.
  await forgetTypedLines(chat, contact.chatId, meant.item.text);
  display.editedItem(item, contact);
}

/** A message does not become empty: there is a command for that. */
async function editMessage(chat: ChatApi, itemId: ItemId, text: string): Promise<{ readonly item: ChatItem }> {
  try {
    return await chat.messages.edit({ itemId, text });
  } catch (error) {
    if (!(error instanceof ChatError && error.code === 'blank')) throw error;
    throw new TerminalCommandError('A message cannot become empty: \\ @name text deletes it.');
  }
}

export async function deleteMessage(
  ctx: CommandContext,
  { name, start, scope }: CommandOf<'deleteMessage'>,
): Promise<void> {
  const { chat, display } = ctx;
  const contact = await contactByName(chat, name);
  const { itemId } =
    scope === 'everyone'
      ? await itemByStart(chat, contact, 'us', start)
      : await itemByStart(chat, contact, 'anybody', start, true);
  const { item, removed } = await chat.messages.delete({ itemId, scope });
  if (removed && item.direction.kind === 'sent') await forgetTypedLines(chat, contact.chatId, item.text);
  const where = scope === 'here' ? ' here' : '';
  const text = shortText(itemText(item));
  const shown = removed ? `message deleted${where}: ${text}` : `message marked deleted: ${text}`;
  display.print([line(shown)]);
}

export async function react(ctx: CommandContext, { name, start, emoji, add }: CommandOf<'react'>): Promise<void> {
  const { chat, display } = ctx;
  const contact = await contactByName(chat, name);
  const { itemId } = await itemByStart(chat, contact, 'anybody', start);
  const { item } = await chat.messages.react({ itemId, emoji, add });
  const done = add ? `added ${emoji} to: ` : `removed ${emoji} from: `;
  display.print([line(done, shortText(itemText(item)))]);
}

/** Shows the secrets of a message that are hidden otherwise. */
export async function reveal(ctx: CommandContext, { name, start }: CommandOf<'reveal'>): Promise<void> {
  const { chat, display } = ctx;
  const contact = await contactByName(chat, name);
  const item = start === '' ? await lastWithSecret(ctx, contact) : await itemByStart(chat, contact, 'anybody', start);
  const secrets = item === undefined ? [] : secretsOf(item.text);
  if (secrets.length === 0) {
    throw new TerminalCommandError(`${contactName(contact)}: there is no secret in that message`);
  }
  display.print(secrets.map((secret) => line(nameSpan(contact), `: the secret is ${safeLine(secret)}`)));
}

/** How far back a secret is looked for. */
const SECRET_DEPTH = 200;

async function lastWithSecret({ chat }: CommandContext, { chatId }: Contact): Promise<ChatItem | undefined> {
  const { items } = await chat.messages.list({ chatId, count: SECRET_DEPTH });
  return items.findLast((item) => secretsOf(item.text).length > 0);
}

function secretsOf(text: string): readonly string[] {
  return parseMarkdown(text).flatMap((part) => (part.format?.kind === 'secret' ? [part.text] : []));
}
