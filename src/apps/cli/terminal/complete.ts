/** What Tab adds: the rest of a command, of a contact's name, or of what a command takes. */

import { fold } from '../../../chat/index.ts';
import { commandNames, featureWords } from '../commands/parse.ts';
import { topicNames } from '../commands/topics.ts';
import { quoteName } from '../name-syntax.ts';

export interface Completion {
  /** What is to stand before the cursor. */
  readonly before: string;
  /** What fits, where it is more than one thing. */
  readonly choices: readonly string[];
}

/** Commands that take a contact's name, with or without `@`. */
const OF_CONTACT =
  /^(\/(?:t|tail|\?|search|i|info|d|delete|clear|code|verify|reveal|pins?|unpin|set(?: [a-z]+)?) @?)(.*)$/s;
const OF_MESSAGE = /^((?:>>?|!|\\\\?) ?@|[+-]\S+ @?|@)(.*)$/s;

export function completion(before: string, names: readonly string[]): Completion {
  const command = /^\/([a-z]*)$/.exec(before)?.[1];
  if (command !== undefined) return complete('/', command, commandNames);
  const [, help = '', topic] = /^(\/(?:help|h) )([a-z]*)$/.exec(before) ?? [];
  if (topic !== undefined) return complete(help, topic, topicNames);
  const [, set = '', feature] = /^(\/set )([a-z]*)$/.exec(before) ?? [];
  if (feature !== undefined && feature !== '') return complete(set, feature, Object.keys(featureWords));
  const [, start = '', name] = OF_MESSAGE.exec(before) ?? OF_CONTACT.exec(before) ?? [];
  return name === undefined ? { before, choices: [] } : completeName(start, name, names);
}

/** Quotes are added where the name needs them. */
function completeName(start: string, typed: string, names: readonly string[]): Completion {
  const quoted = typed.startsWith("'");
  const found = complete('', quoted ? typed.slice(1) : typed, names);
  const only = names.find((name) => `${name} ` === found.before);
  if (only !== undefined) return { before: `${start}${quoteName(only)} `, choices: [] };
  if (found.choices.length === 0 || found.before === '') return { before: start + typed, choices: found.choices };
  const mark = quoted || found.before.includes(' ') ? "'" : '';
  return { before: `${start}${mark}${found.before}`, choices: found.choices.map(quoteName) };
}

/** Adds what all candidates have in common beyond what is typed, and a space when there is just one. */
function complete(start: string, typed: string, candidates: readonly string[]): Completion {
  const wanted = fold(typed);
  const choices = candidates.filter((each) => fold(each).startsWith(wanted));
  const [first, ...others] = choices;
  if (first === undefined) return { before: start + typed, choices: [] };
  if (others.length === 0) return { before: `${start}${first} `, choices: [] };
  let length = typed.length;
  while (length < first.length && others.every((each) => each[length] === first[length])) length++;
  const common = length > typed.length ? first.slice(0, length) : typed;
  return { before: start + common, choices };
}
