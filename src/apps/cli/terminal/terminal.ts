/** The chat on a terminal: keys go to the line editor, lines and events to the screen. */
import { type Chat, quoteName } from '../../../chat/index.ts';
import { type Display, receiptLine } from '../display.ts';
import { receiptMark, renderItem, renderItemWithMark, type Style } from '../render.ts';
import type { Outcome } from '../session.ts';
import { completion } from './complete.ts';
import { LineEditor } from './editor.ts';
import { type Key, KeyReader } from './keys.ts';
import type { TerminalPort } from './port.ts';
import { qrLines } from './qr.ts';
import { Screen } from './screen.ts';

export interface TerminalOptions {
  readonly port: TerminalPort;
  readonly style: Style;
  readonly now: () => number;
}

export class Terminal {
  readonly #port: TerminalPort;
  readonly #screen: Screen;
  readonly #editor = new LineEditor();
  readonly #keys = new KeyReader();
  readonly display: Display;

  constructor({ port, style, now }: TerminalOptions) {
    this.#port = port;
    const screen = new Screen(port);
    this.#screen = screen;
    this.display = {
      style,
      print: (lines) => lines.length > 0 && screen.print(lines),
      printError: (lines) => lines.length > 0 && screen.print(lines),
      status: (lines) => lines.length > 0 && screen.print(lines),
      sentItem: (item, contact) => screen.print(renderItem(item, contact, now(), style), item.itemId),
      receipt(item, contact) {
        const failed = item.direction.kind === 'sent' && item.direction.status.kind === 'failed';
        if (!failed && screen.replace(item.itemId, renderItemWithMark(item, contact, now(), style))) return;
        // Above the screen already: the one that matters gets a line of its own.
        const line = receiptMark(item) === '✓' ? undefined : receiptLine(item, contact, now(), style);
        if (line !== undefined) screen.print([line.text]);
      },
      qrCode(text) {
        const lines = qrLines(text, port.columns, port.rows);
        screen.print(lines.length > 0 ? lines : ['(the window is too small for the QR code)']);
      },
    };
  }

  /** The contact that text without a recipient goes to. */
  setActive(localName: string): void {
    this.#editor.recipient = `@${quoteName(localName)} `;
  }

  /** Reads keys until the person leaves. Commands run one after another. */
  run(chat: Chat, execute: (line: string) => Promise<Outcome>, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      let tail = Promise.resolve();
      const finish = () => {
        signal.removeEventListener('abort', finish);
        this.#port.stop();
        resolve();
      };
      const submit = (line: string) => {
        tail = tail.then(async () => {
          if ((await execute(line)) === 'quit') finish();
        });
      };
      const onKey = (key: Key) => {
        const action = this.#editor.press(key);
        if (action.kind === 'quit') return finish();
        if (action.kind === 'redraw') this.#screen.redraw(true);
        if (action.kind === 'complete') this.#complete(chat);
        this.#screen.setLine(this.#editor.line);
        if (action.kind === 'submit') submit(action.line);
      };
      signal.addEventListener('abort', finish, { once: true });
      this.#port.start(
        (chunk) => this.#keys.read(chunk).forEach(onKey),
        () => this.#screen.redraw(false),
        finish,
      );
    });
  }

  /** Takes the typed line away; nothing is to be printed afterwards. */
  close(): void {
    this.#screen.close();
  }

  #complete(chat: Chat): void {
    const names = chat.contacts().map((contact) => quoteName(contact.localName));
    const text = completion(this.#editor.line.before, names);
    if (text !== '') this.#editor.insert(text);
  }
}
