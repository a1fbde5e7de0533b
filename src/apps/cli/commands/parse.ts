/**
 * The command language, as users of the official terminal app know it.
 *
 *   line     = "@" name " " text                        — send
 *            | (">" / ">>") "@" name "(" start ")" text — answer the contact's message, or one's own
 *            | "!" "@" name ["(" start ")"] text        — change a message
 *            | ("\\" / "\\\\") "@" name start             — delete a message for everyone, or here
 *            | ("+" / "-") reaction name start          — react, or take it back
 *            | "/" command
 *   name     = word | "'" text with spaces "'"          — with or without "@" in front in commands
 *   start    = how the message begins; nothing for the last one
 *   text     = anything; a JSON string stands for what is in it, so that it can have line breaks
 */

import { type ChatFeature, connectionLinksIn, type FeatureAllowed } from '../../../chat/index.ts';
import { parseName } from '../name-syntax.ts';
import { type CliCommand, invalid } from './command.ts';
import { parseAboutMessage, parseSend } from './parse-messages.ts';
import { didYouMean } from './similar.ts';

/** How many items `/tail` shows, and conversations `/chats`, unless told. */
const TAIL_COUNT = 10;
const CHATS_COUNT = 20;

type Parser = (argument: string) => CliCommand;

/** A command that takes nothing. */
const plain =
  (command: CliCommand): Parser =>
  (argument) =>
    argument === '' ? command : invalid('this command takes no argument');

/** A command about one contact. */
const aboutContact =
  (kind: 'delete' | 'code' | 'info' | 'clear'): Parser =>
  (argument) => {
    const parsed = parseName(argument.replace(/^@/, ''));
    if (parsed === undefined || parsed.rest.trim() !== '') {
      return invalid(`use /${kind} @<name>, in quotes when the name has spaces: /${kind} @'Alice B'`);
    }
    return { kind, name: parsed.name };
  };

const connect: Parser = (argument) => {
  if (argument === '') return { kind: 'invite' };
  if (/^(?:incognito|i)(?:\s|$)/.test(argument)) return invalid('incognito profiles are not supported');
  if (/^(?:short|s)$/.test(argument)) return invalid('short links are not supported, use /connect');
  // A link is pasted with the text around it, and with the line breaks of the window it was copied from.
  const links = connectionLinksIn(argument);
  if (links.length > 1) return invalid('there is more than one link: use /c <link> with one of them');
  return { kind: 'connect', link: links[0] ?? argument.replace(/\s+/g, '') };
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

const search: Parser = (argument) => {
  const named = argument.startsWith('@') ? parseName(argument.slice(1)) : undefined;
  const rest = (named?.rest ?? argument).trim();
  const [, number, words] = /^(\d+)\s+(.+)$/s.exec(rest) ?? [];
  const count = parseCount(number ?? '', TAIL_COUNT);
  const text = words ?? rest;
  if (count === undefined || text === '') return invalid('use /search [@<name>] [<number>] <text>');
  return { kind: 'search', name: named?.name, count, text };
};

const verify: Parser = (argument) => {
  const parsed = parseName(argument.replace(/^@/, ''));
  const code = parsed?.rest.trim() ?? '';
  if (parsed === undefined || !/^[\d\s]*$/.test(code)) {
    return invalid('use /verify @<name> <the code that your contact sees>, or without a code to forget it');
  }
  return { kind: 'verify', name: parsed.name, code: code === '' ? undefined : code };
};

const reveal: Parser = (argument) => {
  const parsed = parseName(argument.replace(/^@/, ''));
  if (parsed === undefined) return invalid('use /reveal @<name> [<how the message begins>]');
  return { kind: 'reveal', name: parsed.name, start: parsed.rest.trim() };
};

const pin =
  (kind: 'pin' | 'unpin'): Parser =>
  (argument) => {
    const parsed = parseName(argument.replace(/^@/, ''));
    const start = parsed?.rest.trim() ?? '';
    if (parsed === undefined || start === '') return invalid(`use /${kind} @<name> <how the message begins>`);
    return { kind, name: parsed.name, start };
  };

const pins: Parser = (argument) => {
  if (argument === '') return { kind: 'pins', name: undefined };
  const parsed = parseName(argument.replace(/^@/, ''));
  if (parsed === undefined || parsed.rest.trim() !== '') return invalid('use /pins [@<name>]');
  return { kind: 'pins', name: parsed.name };
};

const sendPaste: Parser = (argument) => {
  if (argument === '') return { kind: 'sendPaste', name: undefined };
  const parsed = parseName(argument.replace(/^@/, ''));
  if (parsed === undefined || parsed.rest.trim() !== '') return invalid('use /send [@<name>]');
  return { kind: 'sendPaste', name: parsed.name };
};

/** What `/set` calls the features. */
export const featureWords: Readonly<Record<string, ChatFeature>> = {
  delete: 'fullDelete',
  reactions: 'reactions',
  voice: 'voice',
  calls: 'calls',
};

const allowWords: Readonly<Record<string, FeatureAllowed>> = {
  yes: 'yes',
  on: 'yes',
  no: 'no',
  off: 'no',
  always: 'always',
};

const set: Parser = (argument) => {
  const usage = `use /set ${Object.keys(featureWords).join('|')} [@<name>] yes|no|always, or /set [@<name>]`;
  const [, word = '', rest = ''] = /^([a-z]*)\s*(.*)$/s.exec(argument) ?? [];
  const named = rest.startsWith('@') ? parseName(rest.slice(1)) : undefined;
  if (rest.startsWith('@') && named === undefined) return invalid(usage);
  const value = (named?.rest ?? rest).trim();
  if (word === '' && value === '') return { kind: 'features', name: named?.name };
  const feature = Object.hasOwn(featureWords, word) ? featureWords[word] : undefined;
  const allow = Object.hasOwn(allowWords, value) ? allowWords[value] : undefined;
  if (feature === undefined || allow === undefined) return invalid(usage);
  return { kind: 'setFeature', feature, name: named?.name, allow };
};

const profile: Parser = (argument) => {
  if (argument === '') return { kind: 'profile' };
  const parsed = parseName(argument);
  if (parsed === undefined || parsed.rest.trim() !== '') {
    return invalid("use /profile <name>, in quotes when it has spaces: /profile 'Alice B'");
  }
  return { kind: 'rename', name: parsed.name };
};

const help: Parser = (argument) => ({ kind: 'help', topic: argument.toLowerCase() });
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
  search,
  '?': search,
  clear: aboutContact('clear'),
  verify,
  reveal,
  pin: pin('pin'),
  unpin: pin('unpin'),
  pins,
  send: sendPaste,
  drop: plain({ kind: 'dropPaste' }),
  set,
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
  markdown: plain({ kind: 'help', topic: 'markdown' }),
  m: plain({ kind: 'help', topic: 'markdown' }),
  version: plain({ kind: 'version' }),
  v: plain({ kind: 'version' }),
  quit,
  q: quit,
  exit: quit,
};

/** Commands for what was pasted where Tab completes nothing. */
const pasteCommands = ['send', 'drop'];

/** Commands that Tab completes. */
export const commandNames: readonly string[] = Object.keys(parsers).filter(
  (name) => name.length > 2 && !pasteCommands.includes(name),
);

/** Undefined for an empty line. */
export function parseCommand(line: string): CliCommand | undefined {
  const text = line.trim();
  if (text === '') return undefined;
  if (text.startsWith('@')) return parseSend(line.trimStart().slice(1));
  if (text.startsWith('#')) return invalid('groups are not supported');
  const message = parseAboutMessage(text);
  if (message !== undefined) return message;
  if (!text.startsWith('/')) return invalid('to send a message begin with @<name>; /help lists the commands');
  const match = /^\/(\S*)\s*([\s\S]*)$/.exec(text);
  const name = match?.[1] ?? '';
  const parser = Object.hasOwn(parsers, name) ? parsers[name] : undefined;
  if (parser === undefined) {
    const hint = didYouMean(name, commandNames, (each) => `/${each}`);
    return invalid(`no such command: /${name}.${hint} /help lists the commands`);
  }
  return asTyped(parser(match?.[2] ?? ''), name);
}

/** How to use a command, with the name by which it was called. */
function asTyped(command: CliCommand, name: string): CliCommand {
  if (command.kind !== 'invalid') return command;
  const usual = /^use \/([a-z]+)\b/.exec(command.reason)?.[1];
  return usual === undefined ? command : invalid(command.reason.replaceAll(`/${usual} `, `/${name} `));
}

function parseCount(text: string, otherwise: number): number | undefined {
  if (text === '') return otherwise;
  return /^[1-9]\d{0,8}$/.test(text) ? Number(text) : undefined;
}
