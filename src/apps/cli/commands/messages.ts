/** Commands about single messages: send, answer, change, delete, react. */
import { ChatError, type ChatItem, type Contact, parseMarkdown } from '../../../chat/index.ts';
import { itemText, shortText } from '../show/items.ts';
import { line } from '../show/look.ts';
import { contactName, nameSpan } from '../show/names.ts';
import { safeLine } from '../show/safe-text.ts';
import { findByStart, itemByStart } from './beginnings.ts';
import type { CommandContext } from './context.ts';
import type { CliCommand } from './parse.ts';
import { forgetTypedLines } from './typed-lines.ts';

type CommandOf<K extends CliCommand['kind']> = Extract<CliCommand, { readonly kind: K }>;

export function send(ctx: CommandContext, command: CommandOf<'send' | 'reply'>): void {
  const { chat, display } = ctx;
  const contact = chat.contactByName(command.name);
  const { chatId } = contact;
  // Whether it can be sent or not: whoever types on means the same contact.
  ctx.onActive(contact);
  const quoted = command.kind === 'reply' ? fittingMessage(ctx, contact, command.author, command) : undefined;
  const item = chat.sendText(chatId, quoted?.text ?? command.text, quoted?.item.itemId);
  display.sentItem(item, contact);
}

/** The message that is meant, by the longest beginning that fits one, and the text that is left then. */
function fittingMessage(
  { chat }: CommandContext,
  contact: Contact,
  author: 'us' | 'contact',
  { start, text, readings = [] }: CommandOf<'edit' | 'reply'> & { readonly start: string },
): { readonly item: ChatItem; readonly text: string } {
  for (const reading of readings) {
    const item = findByStart(chat, contact.chatId, author, reading.start);
    if (item === undefined) continue;
    if (reading.text.trim() === '') throw new ChatError('text', `There is no text after (${reading.start}).`);
    return { item, text: reading.text };
  }
  return { item: itemByStart(chat, contact, author, start), text };
}

export function edit(ctx: CommandContext, command: CommandOf<'edit'>): void {
  const { chat, display } = ctx;
  const contact = chat.contactByName(command.name);
  ctx.onActive(contact);
  const meant = fittingMessage(ctx, contact, 'us', command);
  const item = chat.editMessage(meant.item.itemId, meant.text);
  // What was said before is not kept among what was typed either.
  forgetTypedLines(chat, contact.chatId, meant.item.text);
  display.editedItem(item, contact);
}

export function deleteMessage(ctx: CommandContext, { name, start, scope }: CommandOf<'deleteMessage'>): void {
  const { chat, display } = ctx;
  const contact = chat.contactByName(name);
  const { itemId } =
    scope === 'everyone' ? itemByStart(chat, contact, 'us', start) : itemByStart(chat, contact, 'anybody', start, true);
  const { item, removed } = chat.deleteMessage(itemId, scope);
  if (removed && item.direction.kind === 'sent') forgetTypedLines(chat, contact.chatId, item.text);
  const where = scope === 'here' ? ' here' : '';
  const text = shortText(itemText(item));
  const shown = removed ? `message deleted${where}: ${text}` : `message marked deleted: ${text}`;
  display.print([line(shown)]);
}

export function react(ctx: CommandContext, { name, start, emoji, add }: CommandOf<'react'>): void {
  const { chat, display } = ctx;
  const contact = chat.contactByName(name);
  const { itemId } = itemByStart(chat, contact, 'anybody', start);
  const item = chat.react(itemId, emoji, add);
  const done = add ? `added ${emoji} to: ` : `removed ${emoji} from: `;
  display.print([line(done, shortText(itemText(item)))]);
}

/** Shows the secrets of a message that are hidden otherwise. */
export function reveal(ctx: CommandContext, { name, start }: CommandOf<'reveal'>): void {
  const { chat, display } = ctx;
  const contact = chat.contactByName(name);
  const item = start === '' ? lastWithSecret(ctx, contact) : itemByStart(chat, contact, 'anybody', start);
  const secrets = item === undefined ? [] : secretsOf(item.text);
  if (secrets.length === 0) {
    throw new ChatError('no-item', `${contactName(contact)}: there is no secret in that message`);
  }
  display.print(secrets.map((secret) => line(nameSpan(contact), `: the secret is ${safeLine(secret)}`)));
}

/** How far back a secret is looked for. */
const SECRET_DEPTH = 200;

function lastWithSecret({ chat }: CommandContext, contact: Contact): ChatItem | undefined {
  return chat.items(contact.chatId, SECRET_DEPTH).findLast((item) => secretsOf(item.text).length > 0);
}

function secretsOf(text: string): readonly string[] {
  return parseMarkdown(text).flatMap((part) => (part.format?.kind === 'secret' ? [part.text] : []));
}
