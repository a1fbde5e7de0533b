/** Lines that are brought back: which are kept, and how the last message that was sent is offered for a change. */
import { quoteName } from '../../../chat/index.ts';
import { type CliCommand, commandName, parseCommand } from './parse.ts';

/**
 * `! @bob hello` for `@bob hello`, and for an answer; undefined for what sends nothing. The brackets keep a text that
 * begins with one from being taken for the start of a message.
 */
export function asEdit(line: string): string | undefined {
  const command = parseCommand(line);
  if (command?.kind !== 'send' && command?.kind !== 'reply') return undefined;
  // Signs that a terminal would obey come back as they were written: in a JSON string.
  const text = /(?![\n])\p{Cc}/u.test(command.text) ? JSON.stringify(command.text) : command.text;
  return `! @${quoteName(command.name)} ${text.startsWith('(') ? '() ' : ''}${text}`;
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
export function addressedBy(line: string): string | undefined {
  const command = parseCommand(line);
  return command !== undefined && addressing.has(command.kind) ? commandName(command) : undefined;
}

/** Whether a line stays above what it leads to. Messages do not: they are shown as they were sent. */
export function leavesEcho(line: string): boolean {
  const kind = parseCommand(line)?.kind;
  return kind !== undefined && kind !== 'send' && kind !== 'reply' && kind !== 'quit';
}
