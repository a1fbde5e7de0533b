/** Where lines go: a terminal keeps them above the line that is being typed, others are written one after another. */
import type { ChatItem, Contact, ItemId } from '../../../chat/index.ts';
import { failureWords } from '../words.ts';
import { dayLine, receiptMark, renderFull, renderItem, shortText } from './items.ts';
import { error, hanging, type Line, line, sourceText, spokenText } from './look.ts';
import { contactName } from './names.ts';
import { safeLine } from './safe-text.ts';
import { shortMessage } from './shorten.ts';
import { isSameDay } from './times.ts';

export interface Display {
  /** Columns that there are for a line. */
  readonly columns: number;
  /** Lists say the day once for all messages of it, rather than with each. */
  readonly byDay: boolean;
  print(lines: readonly Line[]): void;
  printError(lines: readonly Line[]): void;
  /** Whether servers are reached: of no use to a script that reads the output. */
  serverNotice(lines: readonly Line[], connected: boolean): void;
  /** A message that was received, or what became of it. */
  received(lines: readonly Line[], itemId: ItemId): void;
  /** A message that was sent here; its receipts follow through {@link receipt}. */
  sentItem(item: ChatItem, contact: Contact): void;
  receipt(item: ChatItem, contact: Contact): void;
  /** A message that was changed here: it keeps its place, where it can still be reached. */
  editedItem(item: ChatItem, contact: Contact): void;
  /** A QR code of `text`, where there is room for one. */
  qrCode(text: string): Promise<void>;
  /** Asks before something that cannot be undone; true where nobody can be asked. */
  confirm(question: string): Promise<boolean>;
}

/** Lines are this long for what is laid out, where nothing says how wide the output is. */
const COLUMNS = 80;

type Write = (text: string) => void;

const writeLines = (to: Write, lines: readonly Line[], textOf: (of: Line) => string) => {
  if (lines.length > 0) to(lines.map((each) => `${textOf(each)}\n`).join(''));
};

/**
 * For scripts. Line by line: messages and answers to `out`, what went wrong to `err`; texts as they were typed.
 * `isTerminal`: a person reads the output, so of a very long message only the start is shown as it arrives.
 */
export function plainDisplay(out: Write, err: Write, now: () => number, isTerminal = false): Display {
  const print = (lines: readonly Line[]) => writeLines(out, lines, sourceText);
  const printError = (lines: readonly Line[]) => writeLines(err, lines, sourceText);
  let told = false;
  return {
    columns: COLUMNS,
    byDay: false,
    print,
    printError,
    // Nothing is said while all is well: what is on standard error went wrong, or is right again.
    serverNotice(lines, connected) {
      if (!connected || told) printError(lines);
      told = !connected;
    },
    received: isTerminal ? (lines) => print(shortMessage(lines)) : print,
    sentItem: (item, contact) => print(renderItem(item, contact, now())),
    receipt(item, contact) {
      const shown = receiptLine(item, contact, now());
      if (shown !== undefined) (shown.failed ? printError : print)([shown.line]);
    },
    editedItem: (item, contact) => print(renderItem(item, contact, now(), '[edited]')),
    qrCode: async () => {},
    confirm: async () => true,
  };
}

/**
 * For a terminal whose lines are read aloud, or that cannot move its cursor: nothing is drawn twice, and no sign stands
 * for a word.
 */
export function spokenDisplay(
  write: Write,
  now: () => number,
  ask: (question: string) => Promise<string | undefined>,
): Display {
  const print = (lines: readonly Line[]) => writeLines(write, lines, spokenText);
  let day = now();
  return {
    // Nothing is laid out in columns: that is hard to listen to.
    columns: 0,
    byDay: true,
    print,
    printError: print,
    serverNotice: print,
    received(lines) {
      if (!isSameDay(day, now())) print([dayLine(now())]);
      day = now();
      print(shortMessage(lines));
    },
    // The terminal has shown what was typed.
    sentItem: () => {},
    receipt(item, contact) {
      if (item.direction.kind !== 'sent') return;
      const { status } = item.direction;
      if (status.kind !== 'failed') {
        const [first] = markedItem({ ...item, text: shortText(item.text), quote: undefined }, contact, now());
        if (first !== undefined && status.kind !== 'pending') print([first]);
        return;
      }
      const reason = safeLine(failureWords(status.reason));
      const start = renderItem(item, contact, now()).slice(0, 1).map(spokenText).join('');
      print([line(error(`not sent to ${contactName(contact)}: ${start}: ${reason}`))]);
    },
    editedItem: (item, contact) => print([line(`message to ${contactName(contact)} changed: ${shortText(item.text)}`)]),
    qrCode: async () => {},
    confirm: async (question) => isYes(await ask(question)),
  };
}

/** Whether an answer is a yes; anything else, and none, is a no. */
export function isYes(answer: string | undefined): boolean {
  return /^\s*y(?:es)?\s*$/i.test(answer ?? '');
}

/** `✓✓ 19:26 @alice hello`: one line that tells of a receipt; undefined while there is none. */
export function receiptLine(
  item: ChatItem,
  contact: Contact,
  now: number,
): { readonly line: Line; readonly failed: boolean } | undefined {
  const mark = receiptMark(item);
  if (mark === '' || item.direction.kind !== 'sent') return undefined;
  const [shown] = renderItem({ ...item, text: shortText(item.text), quote: undefined }, contact, now);
  const receipt = hanging(6, `${mark} `, ...(shown?.spans ?? []));
  const { status } = item.direction;
  if (status.kind !== 'failed') return { line: receipt, failed: false };
  return {
    line: line(error(`${sourceText(receipt)} — not sent: ${safeLine(failureWords(status.reason))}`)),
    failed: true,
  };
}

/** How a sent message is shown from now on, where it stands. */
export function markedItem(item: ChatItem, contact: Contact, now: number): readonly Line[] {
  return renderFull({ ...item, reactions: [] }, contact, now);
}
