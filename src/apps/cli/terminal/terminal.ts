/** The chat on a terminal: keys go to the line editor, lines and events to the screen. */
import type { ChatApi, ChatEvent, ChatId, ChatItem, Contact, ItemId } from '../../../chat/index.ts';
import type { ContactList } from '../commands/contact-list.ts';
import { LastTexts } from '../commands/last-texts.ts';
import { printLastConversation } from '../commands/lists.ts';
import { refusedPasteText } from '../commands/pastes.ts';
import { ShownMessages } from '../commands/read.ts';
import { addressedBy, asEditOfLast, leavesEcho, toRemember } from '../commands/recall.ts';
import type { Outcome } from '../commands/session.ts';
import { keepTypedLine, storeAddressee, typedLines } from '../commands/typed-lines.ts';
import { addressOf, isClearName } from '../commands/unquoted-names.ts';
import { type Display, isYes, markedItem, receiptLine } from '../show/display.ts';
import { dayLine, itemText, receiptMark, renderItem, renderListed, shortText } from '../show/items.ts';
import { dim, error, hanging, type Line, line, span } from '../show/look.ts';
import { contactName, nameSpan } from '../show/names.ts';
import { type Abilities, type Paint, painter } from '../show/paint.ts';
import { safeLine } from '../show/safe-text.ts';
import { byItem, shortLine, shortMessage } from '../show/shorten.ts';
import { isSameDay } from '../show/times.ts';
import { errorWords } from '../words.ts';
import { completion } from './complete.ts';
import { LineEditor } from './editor.ts';
import { type Key, KeyReader } from './keys.ts';
import type { TerminalPort } from './port.ts';
import { type Input, PROMPT, Screen } from './screen.ts';
import { fitted, readStanding, type Standing, statusText } from './status.ts';
import { wrapLine } from './wrap.ts';

export interface TerminalOptions {
  readonly port: TerminalPort;
  readonly abilities: Abilities;
  readonly chat: ChatApi;
  readonly contacts: ContactList;
  /** Lines that were typed before, oldest first. */
  readonly history?: readonly string[];
  /** Whom text without a recipient goes to at the start. */
  readonly addressee?: ChatId | undefined;
  readonly now: () => number;
  /** Deletes without a question. */
  readonly askNothing: boolean;
  /** Where a QR code goes that is too large for the terminal. */
  readonly qrFile?: string;
}

/** A name in the prompt has as much room, however narrow the terminal is. */
const MIN_NAME_COLUMNS = 4;

const refusedPaste = [line(error(refusedPasteText))];
const heldPaste = [line(dim('pasted lines wait behind the prompt: Enter runs them as one line, Ctrl+C forgets them'))];

/** A question that waits for its answer, which is typed in place of a command. */
interface Question {
  readonly text: string;
  readonly editor: LineEditor;
  readonly answer: (text: string | undefined) => void;
}

export class Terminal {
  readonly #port: TerminalPort;
  readonly #chat: ChatApi;
  readonly #contacts: ContactList;
  readonly #lastTexts: LastTexts;
  #standing: Standing | undefined;
  readonly #now: () => number;
  readonly #screen: Screen;
  readonly #paint: Paint;
  readonly #editor: LineEditor;
  readonly #keys = new KeyReader();
  /** Whom text without a recipient goes to. Only the person changes that. */
  #addressee: Contact | undefined;
  /** What came since the person pressed a key. */
  readonly #shown = new ShownMessages();
  #question: Question | undefined;
  #isClosed = false;
  /** Typed lines that are in the database. */
  #stored: ReadonlySet<string>;
  /** The status is being read, and may have changed since. */
  #isReading = false;
  #isStale = false;
  /** The message that the line which runs has sent or changed. */
  #itemOfLine: ItemId | undefined;
  /** Messages that were sent in this run. */
  readonly #sent = new Set<ItemId>();
  #day: number;
  readonly display: Display;

  constructor(options: TerminalOptions) {
    const { port, abilities, chat, contacts, history = [], addressee, now, askNothing, qrFile } = options;
    this.#port = port;
    this.#chat = chat;
    this.#contacts = contacts;
    this.#lastTexts = new LastTexts(chat);
    void this.#lastTexts.load(history, contacts.all());
    this.#now = now;
    this.#paint = painter(abilities);
    this.#day = now();
    this.#stored = new Set(history);
    this.#editor = new LineEditor(history, (typed) =>
      asEditOfLast(typed, contacts.all(), (chatId) => this.#lastTexts.of(chatId)),
    );
    this.#screen = new Screen(port);
    this.display = this.#makeDisplay(askNothing, qrFile);
    this.#setAddressee(contacts.all().find(({ chatId }) => chatId === addressee));
  }

  #makeDisplay(askNothing: boolean, qrFile: string | undefined): Display {
    const screen = this.#screen;
    const now = this.#now;
    const port = this.#port;
    const print = (lines: readonly Line[]) => {
      const printed = [...byItem(lines)].map((group) => {
        const id = group[0]?.item;
        return {
          layout: () => this.#rows(group),
          of: id === undefined ? undefined : ({ id, form: 'listed' } as const),
        };
      });
      screen.printAll(printed);
    };
    const printMessage = (lines: readonly Line[], id?: ItemId) => {
      if (!isSameDay(this.#day, now())) print([dayLine(now())]);
      this.#day = now();
      screen.print(() => this.#rows(lines), id === undefined ? undefined : { id, form: 'sent' });
    };
    /** Shows how a message is from now on wherever it is on the screen; false where it is not. */
    const update = (item: ChatItem, contact: Contact) =>
      screen.replace(item.itemId, (form) => {
        const lines = form === 'listed' ? renderListed(item, contact) : markedItem(item, contact, now());
        return () => this.#rows(lines);
      });
    return {
      get columns() {
        return port.columns;
      },
      byDay: true,
      print,
      printError: print,
      // The status says it.
      serverNotice: () => {},
      received: (lines, itemId) => {
        this.#shown.add(itemId);
        printMessage(shortMessage(lines));
      },
      sentItem: (item, contact) => {
        this.#sent.add(item.itemId);
        this.#lastTexts.sent(item);
        this.#itemOfLine = item.itemId;
        printMessage(renderItem(item, contact, now()), item.itemId);
      },
      editedItem: (item, contact) => {
        this.#itemOfLine = item.itemId;
        if (update(item, contact)) print([line(`message changed: ${shortText(itemText(item))}`)]);
        else printMessage(renderItem(item, contact, now(), '[edited]'), item.itemId);
      },
      receipt: (item, contact) => {
        const failed = item.direction.kind === 'sent' && item.direction.status.kind === 'failed';
        if (!failed && update(item, contact)) return;
        // Above the screen already: the one that matters gets a line of its own, if the message was ever on it.
        const matters = failed || (this.#sent.has(item.itemId) && receiptMark(item) !== '✓');
        const receipt = matters ? receiptLine(item, contact, now()) : undefined;
        if (receipt !== undefined) print([receipt.line]);
      },
      qrCode: async (text) => {
        const { qrLines, qrSize, writeQrFile } = await import('./qr.ts');
        const layout = () => qrLines(text, port.columns, port.rows);
        if (layout().length > 0) return screen.print(layout);
        const { columns, rows } = qrSize(text);
        const small = `(the QR code needs a window of ${columns} columns and ${rows} rows, this one has ${port.columns} and ${port.rows}`;
        if (qrFile !== undefined) writeQrFile(text, qrFile);
        print([line(dim(qrFile === undefined ? `${small})` : `${small}; it is in the file ${safeLine(qrFile)})`))]);
      },
      confirm: async (question) => askNothing || isYes(await this.#ask(question)),
    };
  }

  /** The contact that text without a recipient goes to from now on, and after a restart. */
  setActive(contact: Contact | undefined): void {
    this.#setAddressee(contact);
    this.#attemptLater(storeAddressee(this.#chat, contact?.chatId));
    this.#show();
  }

  /**
   * A command that ran is about this contact. It does not change the addressee, as the person may have chosen another one since
   * the line was entered; but a contact that is gone is nobody's, and a new name shows.
   */
  follow(contact: Contact | undefined): void {
    const current = this.#addressee?.chatId;
    if (
      contact === undefined
        ? !this.#contacts.all().some(({ chatId }) => chatId === current)
        : contact.chatId === current
    ) {
      this.setActive(contact);
    }
  }

  #setAddressee(contact: Contact | undefined): void {
    this.#addressee = contact;
    this.#updateRecipient();
  }

  /** Contacts come and get other names: what is unmistakable now need not be so when the line is entered. */
  #updateRecipient(): void {
    const contact = this.#addressee;
    this.#editor.recipient = contact === undefined ? '' : addressOf(contact, this.#contacts.all());
  }

  /** Shows where the person left off. */
  async resume(): Promise<void> {
    const ctx = { chat: this.#chat, contacts: this.#contacts, display: this.display, now: this.#now };
    this.#shown.add(...(await printLastConversation(ctx)));
  }

  /** Something has happened: an event, or a command. */
  handle(event: ChatEvent): void {
    void this.#lastTexts.handle(event);
    const removes = event.kind === 'changed' && ['edited', 'deleted', 'cleared'].includes(event.change);
    if (removes) this.#attemptLater(this.#forgetGone());
    this.refresh();
  }

  /** The status may have changed. */
  refresh(): void {
    this.#isStale = true;
    if (this.#isReading) return;
    const read = async () => {
      // What happens meanwhile is read once more, however much that is.
      while (this.#isStale && !this.#isClosed) {
        this.#isStale = false;
        this.#standing = await readStanding(this.#chat);
        this.#screen.setStatus(this.#status());
      }
    };
    this.#isReading = true;
    this.#attemptLater(
      read().finally(() => {
        this.#isReading = false;
      }),
    );
  }

  #status(): string {
    const text = this.#standing === undefined ? '' : statusText(this.#standing, this.#contacts.all());
    return this.#paint(span(fitted(text, this.#port.columns), { kind: 'dim' }));
  }

  /** What is done beside commands must not end them when it fails, as it does on a full disk. */
  #attempt(action: () => void): void {
    try {
      action();
    } catch (cause) {
      this.display.printError([line(error(safeLine(errorWords(cause))))]);
    }
  }

  #attemptLater(action: Promise<unknown>): void {
    action.catch((cause: unknown) => {
      // A command that was under way when the person left.
      if (!this.#isClosed) this.display.printError([line(error(safeLine(errorWords(cause))))]);
    });
  }

  /** Reads keys until the person leaves. Commands run one after another. */
  run(execute: (line: string) => Promise<Outcome>, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      let tail = Promise.resolve();
      const finish = () => {
        signal.removeEventListener('abort', finish);
        this.#question?.answer(undefined);
        this.#port.stop();
        resolve();
      };
      const submit = (text: string) => {
        // At once: the next line may be typed before the command has run.
        const contact = addressedBy(text, this.#contacts.all());
        if (contact !== undefined) this.setActive(contact);
        tail = tail.then(async () => {
          // A message is shown as it was sent; of what failed the line is of use, too.
          if (leavesEcho(text)) this.display.print([hanging(PROMPT.length, dim(`${PROMPT}${safeLine(text)}`))]);
          this.#itemOfLine = undefined;
          const outcome = await execute(text);
          await this.#remember(text).catch((cause: unknown) => {
            this.display.printError([line(error(safeLine(errorWords(cause))))]);
          });
          if (outcome === 'quit') finish();
          else this.refresh();
        });
      };
      const onKey = (key: Key) => {
        if (key.kind === 'suspend') return this.#suspend();
        if (key.kind === 'refused-paste') this.display.printError(refusedPaste);
        // Who did not see it coming would type on at its end.
        if (key.kind === 'paste' && key.unmarked === true) this.display.print(heldPaste);
        if (this.#question !== undefined) this.#answer(this.#question, key);
        // Lines that were entered just before are run, but for what waits for a server.
        else if (this.#press(key, submit) === 'quit') return void setImmediate(finish);
        this.#show();
      };
      signal.addEventListener('abort', finish, { once: true });
      this.#port.start(
        (chunk) => this.#keys.read(chunk).forEach(onKey),
        () => {
          this.#attempt(() => this.#screen.resize(this.#input(), this.#status()));
        },
        finish,
      );
      this.#show();
      this.refresh();
    });
  }

  /** Takes the typed line away; nothing is to be printed afterwards. */
  close(): void {
    this.#isClosed = true;
    this.#screen.close();
  }

  #press(key: Key, submit: (line: string) => void): 'quit' | undefined {
    this.#seen();
    if (key.kind === 'enter' || (key.kind === 'text' && key.text === ' ')) this.#updateRecipient();
    const action = this.#editor.press(key);
    if (action.kind === 'quit') return 'quit';
    if (action.kind === 'redraw') this.#screen.clear();
    if (action.kind === 'complete') this.#complete();
    if (action.kind === 'submit') {
      this.#show();
      submit(action.line);
    }
    return undefined;
  }

  #suspend(): void {
    this.#screen.leave();
    this.#port.suspend(() => {
      this.#screen.comeBack();
      this.refresh();
    });
  }

  /** Whoever presses a key has seen what was shown until then. */
  #seen(): void {
    if (this.#shown.isEmpty) return;
    this.#attemptLater(this.#shown.markRead(this.#chat).then(() => this.refresh()));
  }

  #show(): void {
    this.#screen.setInput(this.#input());
  }

  #input(): Input {
    const question = this.#question;
    const { before, after } = (question?.editor ?? this.#editor).line;
    return { ...(question === undefined ? this.#prompt() : { prompt: question.text }), before, after };
  }

  /** `@bob> `, in the colour of the contact; a long name is cut, so that there is room to type. */
  #prompt(): Pick<Input, 'prompt' | 'paint'> {
    const contact = this.#addressee;
    if (contact === undefined) return { prompt: PROMPT };
    const room = Math.max(MIN_NAME_COLUMNS, Math.floor(this.#port.columns / 2) - PROMPT.length);
    const prompt = `${fitted(`@${contactName(contact)}`, room)}${PROMPT}`;
    return { prompt, paint: (text) => this.#paint(nameSpan(contact, text)) };
  }

  #ask(text: string): Promise<string | undefined> {
    return new Promise((resolve) => {
      const answer = (given: string | undefined) => {
        this.#question = undefined;
        if (given !== undefined) this.display.print([line(safeLine(`${text}${given}`))]);
        this.#show();
        resolve(given);
      };
      this.#question = { text, editor: new LineEditor(), answer };
      this.#show();
    });
  }

  #answer({ editor, answer }: Question, key: Key): void {
    const action = editor.press(key);
    if (action.kind === 'submit') answer(action.line);
    else if (action.kind === 'quit' || key.kind === 'enter') answer('no');
  }

  async #remember(text: string): Promise<void> {
    const remembered = toRemember(text);
    if (remembered === undefined) return this.#forgetGone();
    const { name } = remembered;
    const contacts = this.#contacts.all();
    const contact = contacts.find(({ localName }) => localName === name);
    // A line about nobody, or about who knows whom, would stay when conversations go.
    const isOfContact = contact !== undefined && isClearName(text, contact.localName, contacts);
    if (name === undefined || isOfContact) await keepTypedLine(this.#chat, text, contact?.chatId, this.#itemOfLine);
    await this.#forgetGone();
  }

  /** Lines that went with a message or a conversation are not brought back either. */
  async #forgetGone(): Promise<void> {
    const stored = new Set(await typedLines(this.#chat));
    this.#editor.forget(new Set([...this.#stored].filter((line) => !stored.has(line))));
    this.#stored = stored;
  }

  #complete(): void {
    const { before } = this.#editor.line;
    const names = this.#contacts.all().map((contact) => contact.localName);
    const completed = completion(before, names);
    if (completed.before !== before) this.#editor.replaceBefore(completed.before);
    else if (completed.choices.length > 0) this.display.print([line(dim(completed.choices.join('  ')))]);
  }

  #rows(lines: readonly Line[]): readonly string[] {
    return lines.flatMap((each) =>
      wrapLine(shortLine(each), this.#port.columns).map((row) => row.map(this.#paint).join('')),
    );
  }
}
