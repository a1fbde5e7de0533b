/** Where lines go: a terminal keeps them above the line that is being typed, the plain display writes them. */
import type { ChatItem, Contact } from '../../chat/index.ts';
import { plainStyle, receiptMark, renderItem, type Style } from './render.ts';
import { safeLine } from './safe-text.ts';

export interface Display {
  readonly style: Style;
  print(lines: readonly string[]): void;
  printError(lines: readonly string[]): void;
  /** How things stand with servers: of no use to a script that reads the output. */
  status(lines: readonly string[]): void;
  /** A message that was sent here; its receipts follow through {@link receipt}. */
  sentItem(item: ChatItem, contact: Contact): void;
  receipt(item: ChatItem, contact: Contact): void;
  /** A QR code of `text`, where there is room for one. */
  qrCode(text: string): void;
}

/** Line by line: messages and answers to `out`, what went wrong to `err`. */
export function plainDisplay(out: (text: string) => void, err: (text: string) => void, now: () => number): Display {
  const write = (to: (text: string) => void, lines: readonly string[]) => {
    if (lines.length > 0) to(`${lines.join('\n')}\n`);
  };
  return {
    style: plainStyle,
    print: (lines) => write(out, lines),
    printError: (lines) => write(err, lines),
    status: (lines) => write(err, lines),
    sentItem: (item, contact) => write(out, renderItem(item, contact, now(), plainStyle)),
    receipt(item, contact) {
      const line = receiptLine(item, contact, now(), plainStyle);
      if (line === undefined) return;
      write(line.failed ? err : out, [line.text]);
    },
    qrCode() {},
  };
}

/** `✓✓ 19:26 @alice hello`: one line that tells of a receipt; undefined while there is none. */
export function receiptLine(
  item: ChatItem,
  contact: Contact,
  now: number,
  style: Style,
): { readonly text: string; readonly failed: boolean } | undefined {
  const mark = receiptMark(item);
  if (mark === '' || item.direction.kind !== 'sent') return undefined;
  const [first = '', ...others] = renderItem(item, contact, now, style);
  const text = `${mark} ${first}${others.length > 0 ? ' …' : ''}`;
  const { status } = item.direction;
  return status.kind === 'failed'
    ? { text: style.error(`${text} — not sent: ${safeLine(status.reason)}`), failed: true }
    : { text, failed: false };
}
