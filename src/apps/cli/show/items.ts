/** Messages as lines for a person, as the official terminal app shows them. */
import { type ChatItem, type Contact, type Integrity, parseMarkdown } from '../../../chat/index.ts';
import { noticeWords } from '../words.ts';
import { dim, error, hanging, type Line, type Mark, type Span, span } from './look.ts';
import { contactName, nameSpan } from './names.ts';
import { safeLine, safeLines } from './safe-text.ts';
import { clockTime, dayText, isSameDay, shortTime } from './times.ts';

/** Continued lines of a message are indented, so that none can pass for a line of somebody else. */
const INDENT = '      ';

/** Longest part of a message that is shown to say which one is meant, in columns. */
const QUOTE_COLUMNS = 60;
/** Most characters from here on are wide. That is near enough where nothing has to line up. */
const WIDE_FROM = 0x2e80;

/** Columns that the receipt of a sent message takes. */
const RECEIPT_ROOM = 3;

/** `✓`: on the server, `✓✓`: with the contact. Empty while it waits. */
export function receiptMark(item: ChatItem): string {
  if (item.direction.kind !== 'sent') return '';
  const { status } = item.direction;
  switch (status.kind) {
    case 'pending':
      return '';
    case 'sent':
      return '✓';
    case 'delivered':
      return status.intact ? '✓✓' : '✓✓!';
    case 'failed':
      return '✗';
  }
}

/** What a message says, or words for what stands in its place. */
export function itemText({ notice, text }: ChatItem): string {
  return notice === undefined ? text : noticeWords[notice];
}

const TAB = '    ';

/** The text of a message with its markdown as marks, a part list for each of its lines. */
export function textLines(text: string): readonly (readonly Span[])[] {
  return safeLines(text).map((each) =>
    parseMarkdown(each.replaceAll('\t', TAB)).flatMap(({ text: part, source, format }): Span[] => {
      if (format === undefined) return [span(part)];
      const mark: Mark = format.kind === 'colored' ? { kind: 'color', color: format.color } : format;
      // Without its signs code could be taken for words, and a hidden secret for nothing at all.
      if (format.kind === 'code') return [{ text: source, source, mark }];
      if (format.kind !== 'secret') return [{ text: part, source, mark }];
      return [span('#'), { text: part, source: part, mark }, span('#')];
    }),
  );
}

/** `19:26 @alice hello` or `19:26 bob> hello`, without the receipt. `note`: said before the text. */
export function renderItem(item: ChatItem, contact: Contact, now: number, note = ''): readonly Line[] {
  return withTime(item, contact, shortTime(item.timestamp, now), note);
}

function withTime(item: ChatItem, contact: Contact, time: string, note: string): readonly Line[] {
  const name = contactName(contact);
  const party = nameSpan(contact, item.direction.kind === 'sent' ? `@${name}` : `${name}>`);
  const start = [dim(time), ' ', party, ' '] as const;
  const before = note === '' ? [] : [dim(note), ' '];
  const [first = [], ...others] = textLines(itemText(item));
  const body = [first, ...others];
  const context = contextOf(item);
  const [head, ...rest] = context === undefined ? body : [[dim(context)], ...body];
  const lines = [message(...start, ...before, ...(head ?? [])), ...rest.map((parts) => message(INDENT, ...parts))];
  if (item.deletedAt !== undefined)
    changeLast(lines, ({ spans }) => ({ spans: [...spans, error(' [marked deleted]')] }));
  if (item.direction.kind === 'sent') changeLast(lines, () => ({ tail: { span: span(''), room: RECEIPT_ROOM } }));
  const gap = item.direction.kind === 'received' ? integrityText(item.direction.integrity) : undefined;
  return gap === undefined ? lines : [message(...start, error(gap)), ...lines];
}

const message = (...parts: readonly (string | Span)[]) => hanging(INDENT.length, ...parts);

function changeLast(lines: Line[], change: (last: Line) => Partial<Line>): void {
  const last = lines.pop();
  if (last !== undefined) lines.push({ ...last, ...change(last) });
}

/** What comes on a line before the text: the message that it answers, or that it was passed on. */
function contextOf(item: ChatItem): string | undefined {
  if (item.quote === undefined) return item.forwarded ? '-> forwarded' : undefined;
  const own = (item.quote.author === 'us') === (item.direction.kind === 'sent');
  return quoteText(item.quote.text, own);
}

/** `> text` of the other side, `>> text` of one's own. */
function quoteText(text: string, own: boolean): string {
  return `${own ? '>>' : '>'} ${shortText(text)}`;
}

/** The start of a message on one line, to say which one is meant; without its secrets. */
export function shortText(text: string): string {
  // Line by line, as the message is: a mark that one line leaves open must not hide what the next hides.
  const shown = parseMarkdown(text)
    .map((part) => (part.format?.kind === 'secret' ? '#…#' : part.text))
    .join('')
    .replaceAll('\n', ' ');
  const safe = safeLine(shown);
  let columns = 0;
  let length = 0;
  for (const char of safe) {
    columns += (char.codePointAt(0) ?? 0) < WIDE_FROM ? 1 : 2;
    if (columns > QUOTE_COLUMNS) return `${safe.slice(0, length)}…`;
    length += char.length;
  }
  return safe;
}

/** `19:26 bob> [edited] hello`: what its sender has changed. */
export function renderUpdate(item: ChatItem, contact: Contact, now: number): readonly Line[] {
  return renderItem(item, contact, now, item.edited ? '[edited]' : '');
}

/** `bob> [deleted] hello` */
export function renderDeletion(item: ChatItem, contact: Contact, now: number, removed: boolean): readonly Line[] {
  // What was taken back is not shown once more.
  const shown = { ...item, text: shortText(itemText(item)), notice: undefined, deletedAt: undefined, quote: undefined };
  return renderItem(shown, contact, now, removed ? '[deleted]' : '[marked deleted]');
}

/** `19:26 bob> >> hello` and below it `+ 👍` */
export function renderReaction(
  item: ChatItem,
  contact: Contact,
  now: number,
  reaction: string,
  added: boolean,
): readonly Line[] {
  const quoted = quoteText(itemText(item), item.direction.kind === 'sent');
  const start = [dim(shortTime(now, now)), ' ', nameSpan(contact, `${contactName(contact)}>`), ' '];
  return [message(...start, dim(quoted)), message(INDENT, `${added ? '+' : '-'} ${safeLine(reaction)}`)];
}

/** An item with the state of its delivery and its reactions, for lists. */
export function renderFull(item: ChatItem, contact: Contact, now: number): readonly Line[] {
  return full(item, contact, shortTime(item.timestamp, now));
}

function full(item: ChatItem, contact: Contact, time: string): readonly Line[] {
  const lines = [...withTime(item, contact, time, item.edited ? '[edited]' : '')];
  const mark = receiptMark(item);
  if (mark !== '') changeLast(lines, () => ({ tail: { span: dim(` ${mark}`), room: RECEIPT_ROOM } }));
  if (item.reactions.length > 0) {
    const counts = item.reactions.map(({ reaction, count }) => `${safeLine(reaction)} ${count}`);
    lines.push(message(INDENT, counts.join(' ')));
  }
  return lines;
}

/** Items with a line for each day, and the time of each. */
export function renderByDay(items: readonly ChatItem[], contacts: (item: ChatItem) => Contact | undefined): Line[] {
  let day: number | undefined;
  return items.flatMap((item) => {
    const contact = contacts(item);
    if (contact === undefined) return [];
    const isNew = day === undefined || !isSameDay(day, item.timestamp);
    day = item.timestamp;
    const lines = renderListed(item, contact);
    return isNew ? [dayLine(item.timestamp), ...lines] : lines;
  });
}

/** An item as a list by days shows it. */
export function renderListed(item: ChatItem, contact: Contact): readonly Line[] {
  return full(item, contact, clockTime(item.timestamp)).map((each) => ({ ...each, item: item.itemId }));
}

export function dayLine(timestamp: number): Line {
  return hanging(0, dim(dayText(timestamp)));
}

function integrityText(integrity: Integrity): string | undefined {
  switch (integrity.kind) {
    case 'ok':
      return undefined;
    case 'skipped': {
      const count = integrity.to - integrity.from + 1;
      return count === 1 ? '[1 message before this one is missing]' : `[${count} messages before this one are missing]`;
    }
    case 'bad-id':
      return '[the number of this message is out of order]';
    case 'bad-hash':
      return '[the messages before this one are not the ones that were sent]';
    case 'duplicate':
      return '[this message was received before]';
  }
}
