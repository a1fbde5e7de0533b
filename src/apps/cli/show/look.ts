/** Lines for a person, apart from how a terminal shows them: text in parts, and what each part is. */
import type { ChatId, ItemId, MarkdownColor } from '../../../chat/index.ts';

/** What a part of a line is. */
export type Mark =
  | { readonly kind: 'bold' | 'italic' | 'strike' | 'code' | 'secret' | 'dim' | 'error' | 'command' | 'heading' }
  | { readonly kind: 'color'; readonly color: MarkdownColor }
  /** The name of a contact: each has a colour of its own. */
  | { readonly kind: 'name'; readonly of: ChatId }
  | { readonly kind: 'link'; readonly uri: string };

export interface Span {
  readonly text: string;
  /** With the signs of its format, as it was typed. */
  readonly source: string;
  readonly mark: Mark | undefined;
}

/** `hang`: columns that its rows after the first are indented by, where it is too long for one. */
export interface Line {
  readonly spans: readonly Span[];
  readonly hang: number;
  readonly tail: Tail | undefined;
  /** The message that it is of, where a list shows it. */
  readonly item?: ItemId;
}

/** What stands at the end of a line and may change: as much room is kept for it, so that no other row changes. */
export interface Tail {
  readonly span: Span;
  readonly room: number;
}

export function span(text: string, mark?: Mark): Span {
  return { text, source: text, mark };
}

export const dim = (text: string) => span(text, { kind: 'dim' });
export const error = (text: string) => span(text, { kind: 'error' });
export const command = (text: string) => span(text, { kind: 'command' });
export const heading = (text: string) => span(text, { kind: 'heading' });

/** A line of parts. */
export function line(...parts: readonly (string | Span)[]): Line {
  return { spans: parts.map((part) => (typeof part === 'string' ? span(part) : part)), hang: 2, tail: undefined };
}

/** What follows `start` on later rows begins where its text does. */
export function hanging(hang: number, ...parts: readonly (string | Span)[]): Line {
  return { ...line(...parts), hang };
}

/** A line as it was typed, without looks: for output that no person reads. */
export function sourceText(of: Line): string {
  return allSpans(of)
    .map((part) => part.source)
    .join('');
}

const allSpans = ({ spans, tail }: Line) => (tail === undefined ? spans : [...spans, tail.span]);

/** Signs at the end of a line, in words. */
const spokenTails: Readonly<Record<string, string>> = {
  ' ✓': ', sent',
  ' ✓✓': ', delivered',
  ' ✓✓!': ', delivered, but not as it was sent',
  ' ✗': ', not sent',
};

/** A line as it is read aloud: secrets are not. */
export function spokenText({ spans, tail }: Line): string {
  const text = spans.map((part) => (part.mark?.kind === 'secret' ? '[secret]' : part.text)).join('');
  const sign = tail?.span.text ?? '';
  return text + (spokenTails[sign] ?? sign);
}
