/** Lines that are brought back: which are kept, and how the last message that was sent is offered for a change. */

import type { ChatId, Contact } from '../../../chat/index.ts';
import { quoteName } from '../name-syntax.ts';
import { type CliCommand, commandName } from './command.ts';
import { parseCommand } from './parse.ts';
import { unquoted } from './parse-messages.ts';
import { addressOf, isClearName, namedLike } from './unquoted-names.ts';

/**
 * `! @bob hello` for `@bob hello`, and for an answer; undefined for what sends nothing. The brackets keep a text that
 * begins with one from being taken for the start of a message.
 */
export function asEdit(line: string, address?: string): string | undefined {
  const command = parseCommand(line);
  if (command?.kind !== 'send' && command?.kind !== 'reply') return undefined;
  // What a terminal would obey, and what would be read as something else, comes back in a JSON string.
  const isPlain = !/^\s|(?![\n])\p{Cc}/u.test(command.text) && unquoted(command.text) === command.text;
  const text = isPlain ? command.text : JSON.stringify(command.text);
  return `! ${address ?? `@${quoteName(command.name)} `}${text.startsWith('(') ? '() ' : ''}${text}`;
}

/**
 * {@link asEdit}, where the line sent the last message to its contact: a line that failed must not change the message before.
 * `lastText`: what was sent to a contact last.
 */
export function asEditOfLast(
  line: string,
  contacts: readonly Contact[],
  lastText: (chatId: ChatId) => string | undefined,
): string | undefined {
  const command = parseCommand(line);
  if (command?.kind !== 'send' && command?.kind !== 'reply') return undefined;
  const contact = contacts.find(({ localName }) => localName === command.name);
  const text = contact && lastText(contact.chatId);
  if (contact === undefined || text === undefined) return undefined;
  const readings = command.kind === 'reply' ? (command.readings ?? []) : [];
  const isSent = [command, ...readings].some((each) => each.text === text);
  const address = addressOf(contact, contacts);
  return isSent ? asEdit(`${address}${JSON.stringify(text)}`, address) : undefined;
}

/** Kinds whose lines are of no use another time, or say what is meant to be gone. */
const forgotten: ReadonlySet<CliCommand['kind']> = new Set([
  'connect',
  'deleteMessage',
  'delete',
  'clear',
  'verify',
  'invalid',
  'quit',
]);

/** Whether a line is to be kept when the program ends, and whom it is about. */
export function toRemember(line: string): { readonly name: string | undefined } | undefined {
  const command = parseCommand(line);
  if (command === undefined || forgotten.has(command.kind)) return undefined;
  return { name: commandName(command) };
}

/** Kinds that say whom the person talks to from then on. */
const addressing: ReadonlySet<CliCommand['kind']> = new Set(['send', 'reply', 'edit', 'tail']);

/** The contact that text without a name goes to once this line was entered; undefined where it changes nothing. */
export function addressedBy(line: string, contacts: readonly Contact[]): Contact | undefined {
  const command = parseCommand(line);
  const name = command !== undefined && addressing.has(command.kind) ? commandName(command) : undefined;
  const contact = name === undefined ? undefined : namedLike(contacts, name);
  return contact !== undefined && isClearName(line, contact.localName, contacts) ? contact : undefined;
}

/** Whether a line stays above what it leads to. Messages do not: they are shown as they were sent. */
export function leavesEcho(line: string): boolean {
  const kind = parseCommand(line)?.kind;
  return kind !== undefined && kind !== 'send' && kind !== 'reply' && kind !== 'quit';
}
