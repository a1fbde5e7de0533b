/**
 * The markdown of messages, as the official apps have it. It is part of the text that travels; faces show it as styles.
 *
 *   text    = *(line break / fragment)
 *   fragment = "*" bold "*" / "_" italic "_" / "~" struck "~" / "`" code "`" / 1*"#" secret 1*"#"
 *            / "!" colour " " coloured "!" / link / email / word          — none begins or ends with a space
 *   colour  = "1" to "6", or the name or first letter of red, green, blue, yellow, cyan, magenta
 */

import { linkBounds, withoutInvisible } from '../../base/index.ts';

export const markdownColors = ['red', 'green', 'blue', 'yellow', 'cyan', 'magenta'] as const;
export type MarkdownColor = (typeof markdownColors)[number];

export type TextFormat =
  | { readonly kind: 'bold' | 'italic' | 'strike' | 'code' | 'secret' }
  | { readonly kind: 'colored'; readonly color: MarkdownColor }
  /** `uri`: where it leads, with the scheme that a bare domain lacks. */
  | { readonly kind: 'link'; readonly uri: string };

/** Part of a text and how it is meant to look: `text` without the signs of the format, `source` with them. */
export interface FormattedText {
  readonly text: string;
  readonly source: string;
  readonly format: TextFormat | undefined;
}

const signs = { '*': 'bold', _: 'italic', '~': 'strike', '`': 'code' } as const;

/** Parts in order, whose sources are the text; line breaks are in parts without format. */
export function parseMarkdown(text: string): readonly FormattedText[] {
  const parts: FormattedText[] = [];
  const add = (part: FormattedText) => {
    const last = parts.at(-1);
    if (part.text === '') return;
    if (last !== undefined && last.format === undefined && part.format === undefined) {
      parts[parts.length - 1] = plain(last.text + part.text);
    } else parts.push(part);
  };
  for (const [index, line] of text.split('\n').entries()) {
    if (index > 0) add(plain('\n'));
    for (let rest = line; rest !== ''; ) {
      const { parts: found, length } = fragment(rest);
      for (const part of found) add(part);
      rest = rest.slice(length);
    }
  }
  return parts;
}

interface Fragment {
  readonly parts: readonly FormattedText[];
  /** How much of the line it takes. */
  readonly length: number;
}

const plain = (text: string): FormattedText => ({ text, source: text, format: undefined });
const edgesAreText = (text: string) => text !== '' && !text.startsWith(' ') && !text.endsWith(' ');

/** What a line begins with. */
function fragment(line: string): Fragment {
  const first = line[0] ?? '';
  if (Object.hasOwn(signs, first)) return between(line, first as keyof typeof signs);
  if (first === '#') return secret(line);
  if (first === ' ') {
    const spaces = /^ +/.exec(line)?.[0] ?? ' ';
    return { parts: [plain(spaces)], length: spaces.length };
  }
  return (first === '!' ? colored(line) : undefined) ?? word(line);
}

function between(line: string, sign: keyof typeof signs): Fragment {
  const end = line.indexOf(sign, 1);
  if (end < 0) return { parts: [plain(line)], length: line.length };
  const text = line.slice(1, end);
  const source = line.slice(0, end + 1);
  const parts = edgesAreText(text) ? [{ text, source, format: { kind: signs[sign] } }] : [plain(source)];
  return { parts, length: end + 1 };
}

/** More signs than one on either side belong to the secret. */
function secret(line: string): Fragment {
  const match = /^#(#*)([^#]*)(#*)/.exec(line);
  const [whole = line, before = '', text = '', after = ''] = match ?? [];
  const inside = before + text + after.slice(1);
  const hidden = after !== '' && edgesAreText(text);
  return {
    parts: [hidden ? { text: inside, source: whole, format: { kind: 'secret' } } : plain(whole)],
    length: whole.length,
  };
}

function colored(line: string): Fragment | undefined {
  const match = /^!(1|2|3|4|5|6|r(?:ed)?|g(?:reen)?|b(?:lue)?|y(?:ellow)?|c(?:yan)?|m(?:agenta)?) ([^ !][^!]*)!/.exec(
    line,
  );
  const [whole = '', name = '', text = ''] = match ?? [];
  if (!edgesAreText(text)) return undefined;
  const color = markdownColors.find((each, i) => each.startsWith(name) || name === String(i + 1));
  return color && { parts: [{ text, source: whole, format: { kind: 'colored', color } }], length: whole.length };
}

const CONNECTION = /^(?:simplex:|https?:\/\/[^/]+)\/(?:invitation|contact)/;
const URI = /^(?:https?:\/\/|simplex:\/)/;
const MIN_URI_LENGTH = 10;
const DOMAIN = /^(?:[^.\s]{3,8}\.)?[A-Za-z]{1,24}\.[A-Za-z]{2,8}$/;
const EMAIL = /^[\w.!#$%&'*+/=?^`{|}~-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+$/;

function word(line: string): Fragment {
  const whole = /^[^ ]+/.exec(line)?.[0] ?? line;
  const { start, end } = linkBounds(whole);
  const core = whole.slice(start, end);
  // Official apps take no link that stands in brackets; one to connect by is found wherever it is.
  const bracketed = /^[([{]/.test(whole) && !CONNECTION.test(core);
  const uri = bracketed ? undefined : linkTarget(withoutInvisible(core));
  if (uri === undefined) return { parts: [plain(whole)], length: whole.length };
  const link: FormattedText = { text: core, source: core, format: { kind: 'link', uri } };
  return { parts: [plain(whole.slice(0, start)), link, plain(whole.slice(end))], length: whole.length };
}

function linkTarget(text: string): string | undefined {
  if (text.length >= MIN_URI_LENGTH && URI.test(text)) return text;
  if (DOMAIN.test(text)) return `https://${text}`;
  return EMAIL.test(text) ? `mailto:${text}` : undefined;
}
