/** What Tab adds: the rest of a command, or of a contact's name. */
import { commandNames } from '../commands.ts';

/** The text to insert at the cursor; empty when nothing, or more than one thing, fits. */
export function completion(before: string, names: readonly string[]): string {
  const command = /^\/([a-z]+)$/.exec(before)?.[1];
  if (command !== undefined) return common(command, commandNames, ' ');
  const name = /^(?:@|\/[a-z]+ @)([^\s@]*)$/.exec(before)?.[1];
  return name === undefined ? '' : common(name, names, ' ');
}

/** What all candidates have in common beyond the start, and `end` when there is just one. */
function common(start: string, candidates: readonly string[], end: string): string {
  const rests = candidates.filter((each) => each.startsWith(start)).map((each) => each.slice(start.length));
  const [first, ...others] = rests;
  if (first === undefined) return '';
  if (others.length === 0) return first + end;
  let length = 0;
  while (length < first.length && others.every((each) => each[length] === first[length])) length++;
  return first.slice(0, length);
}
