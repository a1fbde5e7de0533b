/** Lines that send a message, or are about one: the grammar is in parse.ts. */
import { parseName } from '../name-syntax.ts';
import { type CliCommand, invalid, type Reading } from './command.ts';

/** `line`: behind the `@`. */
export function parseSend(line: string): CliCommand {
  const parsed = parseName(line);
  if (parsed === undefined)
    return invalid("use @<name> <text>, with quotes around a name with spaces: @'Alice B' hello");
  const text = parsed.rest.replace(/^\s/, '');
  if (text.trim() === '') return invalid(`what should be sent? Use @<name> <text>`);
  return { kind: 'send', name: parsed.name, text: unquoted(text) };
}

/** Commands about a message that is there already; undefined for other lines. */
export function parseAboutMessage(line: string): CliCommand | undefined {
  const [, sign = '', rest = ''] = /^(>>|>|!|\\\\|\\|[+-])([\s\S]*)$/.exec(line) ?? [];
  switch (sign) {
    case '>':
    case '>>':
      return parseReply(sign, rest.trimStart());
    case '!':
      return parseEdit(rest.trimStart());
    case '\\':
    case '\\\\':
      return parseDelete(sign, rest.trimStart());
    case '+':
    case '-':
      return parseReaction(sign === '+', rest);
    default:
      return undefined;
  }
}

/**
 * A name, how a message begins in brackets, and a text. Where the message or the text has brackets of its own there is more
 * than one way to read it: `readings` has all, the longest beginning first, also those that leave no text.
 */
function parseWithStart(
  rest: string,
):
  | { readonly name: string; readonly start?: string; readonly text: string; readonly readings?: readonly Reading[] }
  | 'unclosed'
  | undefined {
  const parsed = rest.startsWith('@') ? parseName(rest.slice(1)) : undefined;
  if (parsed === undefined) return undefined;
  const [, start, text = ''] = /^\s+(?:\(([^)]*)\)\s?)?([\s\S]*)$/.exec(parsed.rest) ?? [];
  if (start === undefined && text.startsWith('(')) return 'unclosed';
  if (start === undefined) return { name: parsed.name, text: unquoted(text) };
  const readings = start === '' ? [] : readingsOf(parsed.rest.trimStart().slice(1));
  return { name: parsed.name, text: unquoted(text), start, ...(readings.length > 1 ? { readings } : {}) };
}

/** Most closing brackets that are tried. */
const MAX_READINGS = 100;

/** `text`: behind the opening bracket. */
function readingsOf(text: string): readonly Reading[] {
  return [...text.matchAll(/\)/g)]
    .slice(0, MAX_READINGS)
    .map(({ index }) => ({ start: text.slice(0, index), text: unquoted(text.slice(index + 1).replace(/^\s/, '')) }))
    .toReversed();
}

function parseReply(sign: '>' | '>>', rest: string): CliCommand {
  const parsed = parseWithStart(rest);
  if (parsed === undefined || parsed === 'unclosed' || parsed.start === undefined || parsed.text.trim() === '') {
    return invalid(`use ${sign} @<name> (<how the message begins>) <your answer>`);
  }
  const { start } = parsed;
  return { kind: 'reply', ...parsed, author: sign === '>' ? 'contact' : 'us', start };
}

function parseEdit(rest: string): CliCommand {
  const parsed = parseWithStart(rest);
  if (parsed === 'unclosed') {
    return invalid(
      'a bracket is not closed: ! @<name> (<how your message begins>) <new text>, or () before a new text that begins with a bracket',
    );
  }
  if (parsed === undefined || parsed.text.trim() === '') {
    return invalid('use ! @<name> (<how your message begins>) <new text>, or without the brackets for the last one');
  }
  return { kind: 'edit', ...parsed, start: parsed.start ?? '' };
}

function parseDelete(sign: '\\' | '\\\\', rest: string): CliCommand {
  if (rest.startsWith('#')) return invalid('groups are not supported');
  const parsed = rest.startsWith('@') ? parseName(rest.slice(1)) : undefined;
  if (parsed === undefined || parsed.rest.trim() === '') {
    return invalid(`use ${sign} @<name> <how the message begins>`);
  }
  const scope = sign === '\\' ? 'everyone' : 'here';
  return { kind: 'deleteMessage', name: parsed.name, start: parsed.rest.trim(), scope };
}

/** Signs that are easier to type than emojis. */
const reactionSigns: Readonly<Record<string, string>> = {
  '1': '👍',
  '+': '👍',
  '-': '👎',
  ')': '😀',
  ',': '😢',
  '*': '❤',
  '^': '🚀',
  '❤️': '❤',
};

function parseReaction(add: boolean, rest: string): CliCommand {
  const [, sign, of = ''] = /^(\S+)\s+@?(\S[\s\S]*)$/.exec(rest) ?? [];
  const parsed = parseName(of);
  if (sign === undefined || parsed === undefined) {
    return invalid(`use ${add ? '+' : '-'}1 @<name> <how the message begins>; /help reactions tells more`);
  }
  const emoji = Object.hasOwn(reactionSigns, sign) ? (reactionSigns[sign] as string) : sign;
  return { kind: 'react', name: parsed.name, start: parsed.rest.trim(), emoji, add };
}

/** What a JSON string stands for; other texts as they are. */
export function unquoted(text: string): string {
  if (!/^".*"\s*$/s.test(text)) return text;
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'string' ? value : text;
  } catch {
    return text;
  }
}
