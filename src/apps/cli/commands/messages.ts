/** Commands about single messages: send, answer, change, delete, react. */
import {
  type Chat,
  ChatError,
  type ChatItem,
  type Contact,
  type ContactId,
  parseMarkdown,
} from '../../../chat/index.ts';
import { shortText } from '../show/items.ts';
import { line } from '../show/look.ts';
import { contactName, nameSpan } from '../show/names.ts';
import { safeLine } from '../show/safe-text.ts';
import type { CommandContext } from './context.ts';
import type { CliCommand } from './parse.ts';

type CommandOf<K extends CliCommand['kind']> = Extract<CliCommand, { readonly kind: K }>;

export function send(ctx: CommandContext, command: CommandOf<'send' | 'reply'>): void {
  const { chat, display } = ctx;
  const contact = chat.contactByName(command.name);
  const { contactId } = contact;
  // Whether it can be sent or not: whoever types on means the same contact.
  ctx.onActive(contact);
  const quoted = command.kind === 'reply' ? fittingMessage(ctx, contactId, command.author, command) : undefined;
  const item = chat.sendText(contactId, quoted?.text ?? command.text, quoted?.item.itemId);
  display.sentItem(item, contact);
}

/** The message that is meant, by the longest beginning that fits one, and the text that is left then. */
function fittingMessage(
  { chat }: CommandContext,
  contactId: ContactId,
  author: 'us' | 'contact',
  { start, text, readings = [] }: CommandOf<'edit' | 'reply'> & { readonly start: string },
): { readonly item: ChatItem; readonly text: string } {
  for (const reading of readings) {
    const item = messageThatBegins(chat, contactId, author, reading.start);
    if (item === undefined) continue;
    if (reading.text.trim() === '') throw new ChatError('text', `There is no text after (${reading.start}).`);
    return { item, text: reading.text };
  }
  return { item: chat.itemByStart(contactId, author, start), text };
}

function messageThatBegins(
  chat: Chat,
  contactId: ContactId,
  author: 'us' | 'contact',
  start: string,
): ChatItem | undefined {
  try {
    return chat.itemByStart(contactId, author, start);
  } catch (error) {
    if (error instanceof ChatError && error.kind === 'no-item') return undefined;
    throw error;
  }
}

export function edit(ctx: CommandContext, command: CommandOf<'edit'>): void {
  const { chat, display } = ctx;
  const contact = chat.contactByName(command.name);
  ctx.onActive(contact);
  const meant = fittingMessage(ctx, contact.contactId, 'us', command);
  const item = chat.editMessage(meant.item.itemId, meant.text);
  display.editedItem(item, contact);
}

export function deleteMessage(ctx: CommandContext, { name, start, scope }: CommandOf<'deleteMessage'>): void {
  const { chat, display } = ctx;
  const contact = chat.contactByName(name);
  const { itemId } =
    scope === 'everyone'
      ? chat.itemByStart(contact.contactId, 'us', start)
      : chat.itemByStart(contact.contactId, 'anybody', start, true);
  const { item, removed } = chat.deleteMessage(itemId, scope);
  const where = scope === 'here' ? ' here' : '';
  const text = shortText(item.text);
  const shown = removed ? `message deleted${where}: ${text}` : `message marked deleted: ${text}`;
  display.print([line(shown)]);
}

export function react(ctx: CommandContext, { name, start, emoji, add }: CommandOf<'react'>): void {
  const { chat, display } = ctx;
  const contact = chat.contactByName(name);
  const { itemId } = chat.itemByStart(contact.contactId, 'anybody', start);
  const item = chat.react(itemId, emoji, add);
  const done = add ? `added ${emoji} to: ` : `removed ${emoji} from: `;
  display.print([line(done, shortText(item.text))]);
}

/** Shows the secrets of a message that are hidden otherwise. */
export function reveal(ctx: CommandContext, { name, start }: CommandOf<'reveal'>): void {
  const { chat, display } = ctx;
  const contact = chat.contactByName(name);
  const item = start === '' ? lastWithSecret(ctx, contact) : chat.itemByStart(contact.contactId, 'anybody', start);
  const secrets = item === undefined ? [] : secretsOf(item.text);
  if (secrets.length === 0) {
    throw new ChatError('no-item', `${contactName(contact)}: there is no secret in that message`);
  }
  display.print(secrets.map((secret) => line(nameSpan(contact), `: the secret is ${safeLine(secret)}`)));
}

/** How far back a secret is looked for. */
const SECRET_DEPTH = 200;

function lastWithSecret({ chat }: CommandContext, contact: Contact): ChatItem | undefined {
  return chat.items(contact.contactId, SECRET_DEPTH).findLast((item) => secretsOf(item.text).length > 0);
}

function secretsOf(text: string): readonly string[] {
  return parseMarkdown(text).flatMap((part) => (part.format?.kind === 'secret' ? [part.text] : []));
}
