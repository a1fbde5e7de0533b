/**
 * Limits on what is laid out for a terminal. A message that is a few bytes on the wire can hold tens of thousands of
 * characters or lines; official apps send none that is longer than these limits.
 */
import { dim, type Line, line } from './look.ts';

/** Lines of one message that are shown as it arrives: nobody can drive away all others with a single one. */
const MAX_LINES = 200;
/** Characters of one line, and of one message as it arrives: layout takes about a microsecond for each. */
const MAX_CHARACTERS = 16_000;

const lengthOf = ({ spans }: Line) => spans.reduce((sum, { text }) => sum + text.length, 0);

/** A line that is short enough to be laid out. */
export function shortLine(of: Line, room = MAX_CHARACTERS): Line {
  const length = lengthOf(of);
  if (length <= room) return of;
  let left = room;
  const spans = of.spans.flatMap((part) => {
    const text = part.text.slice(0, left);
    left -= text.length;
    return text === '' ? [] : [{ ...part, text, source: text }];
  });
  return { ...of, spans: [...spans, dim(`… (${length - room} more characters)`)] };
}

/** The start of a message that arrives; the last line says what is left out. */
export function shortMessage(lines: readonly Line[]): readonly Line[] {
  const shown: Line[] = [];
  let room = MAX_CHARACTERS;
  for (const each of lines.slice(0, MAX_LINES)) {
    if (room <= 0) break;
    shown.push(shortLine(each, room));
    room -= lengthOf(each);
  }
  if (shown.length === lines.length) return shown;
  const more = `(${lines.length - shown.length} more lines: sotto chat -e '/tail @<name> 1' shows all)`;
  return [...shown, line(dim(more))];
}

/** Lines of the same message together, and those between. */
export function byItem(lines: readonly Line[]): readonly (readonly Line[])[] {
  const groups: Line[][] = [];
  for (const each of lines) {
    const last = groups.at(-1);
    if (last !== undefined && last[0]?.item === each.item) last.push(each);
    else groups.push([each]);
  }
  return groups;
}

/** {@link shortMessage} of each message in a list, for one that nobody asked for. */
export function shortMessages(lines: readonly Line[]): readonly Line[] {
  return byItem(lines).flatMap(shortMessage);
}
