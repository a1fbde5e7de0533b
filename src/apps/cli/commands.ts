/**
 * The command language, as users of the official terminal app know it.
 *
 *   line    = "@" name " " text | "/" command
 *   name    = word | "'" text with spaces "'"          — with or without "@" in front in commands
 *   text    = anything; a JSON string stands for what is in it, so that it can have line breaks
 */
import { parseName } from '../../chat/index.ts';

/** How many items `/tail` shows, and conversations `/chats`, unless told. */
const TAIL_COUNT = 10;
const CHATS_COUNT = 20;

export type CliCommand =
  | { readonly kind: 'invite' }
  | { readonly kind: 'connect'; readonly link: string }
  | { readonly kind: 'send'; readonly name: string; readonly text: string }
  | { readonly kind: 'contacts' }
  | { readonly kind: 'chats'; readonly count: number }
  | { readonly kind: 'tail'; readonly name: string | undefined; readonly count: number }
  | { readonly kind: 'profile' }
  | { readonly kind: 'rename'; readonly name: string }
  | { readonly kind: 'delete'; readonly name: string }
  | { readonly kind: 'code'; readonly name: string }
  | { readonly kind: 'info'; readonly name: string }
  | { readonly kind: 'servers' }
  | { readonly kind: 'help' }
  | { readonly kind: 'version' }
  | { readonly kind: 'quit' }
  | { readonly kind: 'invalid'; readonly reason: string };

type Parser = (argument: string) => CliCommand;

const invalid = (reason: string): CliCommand => ({ kind: 'invalid', reason });

/** A command that takes nothing. */
const plain =
  (command: CliCommand): Parser =>
  (argument) =>
    argument === '' ? command : invalid('this command takes no argument');

/** A command about one contact. */
const aboutContact =
  (kind: 'delete' | 'code' | 'info'): Parser =>
  (argument) => {
    const parsed = parseName(argument.replace(/^@/, ''));
    if (parsed === undefined || parsed.rest.trim() !== '') return invalid(`use /${kind} @<name>`);
    return { kind, name: parsed.name };
  };

const connect: Parser = (argument) => {
  if (argument === '') return { kind: 'invite' };
  if (/^(?:incognito|i)(?:\s|$)/.test(argument)) return invalid('incognito profiles are not supported');
  if (/^(?:short|s)$/.test(argument)) return invalid('short links are not supported, use /connect');
  // A long link is often pasted with the line breaks of the window it was copied from.
  return { kind: 'connect', link: argument.replace(/\s+/g, '') };
};

const chats: Parser = (argument) => {
  if (argument === 'all') return { kind: 'chats', count: Number.MAX_SAFE_INTEGER };
  const count = parseCount(argument, CHATS_COUNT);
  return count === undefined ? invalid('use /chats [<number>]') : { kind: 'chats', count };
};

const tail: Parser = (argument) => {
  const named = argument.startsWith('@') ? parseName(argument.slice(1)) : undefined;
  const count = parseCount((named?.rest ?? argument).trim(), TAIL_COUNT);
  if (count === undefined) return invalid('use /tail [@<name>] [<number>]');
  return { kind: 'tail', name: named?.name, count };
};

const profile: Parser = (argument) => {
  if (argument === '') return { kind: 'profile' };
  const parsed = parseName(argument);
  if (parsed === undefined || parsed.rest.trim() !== '') {
    return invalid("use /profile <name>, in quotes when it has spaces: /profile 'Alice B'");
  }
  return { kind: 'rename', name: parsed.name };
};

const help: Parser = () => ({ kind: 'help' });
const quit = plain({ kind: 'quit' });
const ownProfile = plain({ kind: 'profile' });

const parsers: Readonly<Record<string, Parser>> = {
  connect,
  c: connect,
  contacts: plain({ kind: 'contacts' }),
  chats,
  cs: chats,
  tail,
  t: tail,
  profile,
  p: profile,
  user: ownProfile,
  u: ownProfile,
  delete: aboutContact('delete'),
  d: aboutContact('delete'),
  code: aboutContact('code'),
  info: aboutContact('info'),
  i: aboutContact('info'),
  smp: (argument) => (argument === '' ? { kind: 'servers' } : invalid('servers are given with the option --server')),
  help,
  h: help,
  version: plain({ kind: 'version' }),
  v: plain({ kind: 'version' }),
  quit,
  q: quit,
  exit: quit,
};

/** Commands that Tab completes. */
export const commandNames: readonly string[] = Object.keys(parsers).filter((name) => name.length > 2);

/** Undefined for an empty line. */
export function parseCommand(line: string): CliCommand | undefined {
  const text = line.trim();
  if (text === '') return undefined;
  if (text.startsWith('@')) return parseSend(line.trimStart().slice(1));
  if (text.startsWith('#')) return invalid('groups are not supported');
  if (!text.startsWith('/')) return invalid('to send a message begin with @<name>; /help lists the commands');
  const match = /^\/(\S*)\s*([\s\S]*)$/.exec(text);
  const name = match?.[1] ?? '';
  const parser = Object.hasOwn(parsers, name) ? parsers[name] : undefined;
  return parser === undefined
    ? invalid(`no such command: /${name}; /help lists the commands`)
    : parser(match?.[2] ?? '');
}

function parseSend(line: string): CliCommand {
  const parsed = parseName(line);
  if (parsed === undefined) return invalid('use @<name> <text>');
  const text = parsed.rest.replace(/^\s/, '');
  if (text.trim() === '') return invalid(`what should be sent? Use @<name> <text>`);
  return { kind: 'send', name: parsed.name, text: unquoted(text) };
}

function unquoted(text: string): string {
  if (!/^".*"\s*$/s.test(text)) return text;
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'string' && value.trim() !== '' ? value : text;
  } catch {
    return text;
  }
}

function parseCount(text: string, otherwise: number): number | undefined {
  if (text === '') return otherwise;
  return /^[1-9]\d{0,8}$/.test(text) ? Number(text) : undefined;
}
