/**
 * Pastes of several lines, on a terminal that is read by lines. They are held until the person says what is to become of
 * them, so that no line of a pasted text runs as a command.
 */
import type { ChatId, Contact } from '../../../chat/index.ts';
import { command, type Line, line } from '../show/look.ts';
import { contactName } from '../show/names.ts';
import type { CliCommand } from './command.ts';
import type { ContactList } from './contact-list.ts';
import { parseCommand } from './parse.ts';
import { MAX_PASTE } from './paste-limits.ts';
import { isClearName, namedLike } from './unquoted-names.ts';

export const refusedPasteText = `nothing was pasted: it is longer than ${MAX_PASTE} characters, paste it in smaller pieces`;

/** A line that was typed has no line break in it; lines that were pasted together have. */
export const isPaste = (typed: string) => typed.includes('\n');

/** Commands that name a contact, and stand for something else than the text of a message. */
const aboutMessages: ReadonlySet<CliCommand['kind']> = new Set(['send', 'reply', 'edit', 'deleteMessage', 'react']);

const counted = (count: number, more: string) => (count === 1 ? `1 ${more}line was` : `${count} ${more}lines were`);
const countLines = (text: string) => text.split('\n').length;

/** What `/send` would send. */
interface PastedMessage {
  readonly contact: Contact | undefined;
  readonly text: string;
}

export class HeldPaste {
  readonly #contacts: ContactList;
  #text: string | undefined;
  /** Whom the person was told that it goes to. */
  #told: ChatId | undefined;

  constructor(contacts: ContactList) {
    this.#contacts = contacts;
  }

  get isEmpty(): boolean {
    return this.#text === undefined;
  }

  /** Holds pasted lines, after those that wait already; gives what the person is told. */
  hold(pasted: string, addressee: Contact | undefined): readonly Line[] {
    const before = this.#text === undefined ? '' : `${this.#text}\n`;
    if (before.length + pasted.length > MAX_PASTE) return [line(refusedPasteText)];
    this.#text = before + pasted;
    const [more, all] = before === '' ? ['', ''] : ['more ', ` (${countLines(this.#text)} wait now)`];
    const contact = this.#meant(addressee).contact;
    this.#told = contact?.chatId;
    return [
      line(`${counted(countLines(pasted), more)} pasted${all}; nothing was sent, and no command was run`),
      ...(contact === undefined
        ? [line(command('/send @<name>'), ' sends them as one message, ', command('/drop'), ' forgets them')]
        : [
            line(command('/send'), ` sends them as one message to @${contactName(contact)}, `),
            line(command('/send @<name>'), ' to somebody else, ', command('/drop'), ' forgets them'),
          ]),
    ];
  }

  /** The message that waits, for the contact that the person was told; nobody, when that was nobody or is not so any more. */
  message(): PastedMessage {
    const told = this.#contacts.all().find(({ chatId }) => chatId === this.#told);
    const meant = this.#meant(told);
    return meant.contact?.chatId === this.#told ? meant : { ...meant, contact: undefined };
  }

  /**
   * For the contact that it begins with, as `@bob hello` does, or else for `addressee`. For nobody when it begins as a message
   * to somebody who is not known or not clear, or as another command.
   */
  #meant(addressee: Contact | undefined): PastedMessage {
    const text = this.#text ?? '';
    const own = parseCommand(text);
    if (own === undefined || !(text.startsWith('@') || aboutMessages.has(own.kind)))
      return { contact: addressee, text };
    if (own.kind !== 'send') return { contact: undefined, text };
    const contacts = this.#contacts.all();
    const contact = namedLike(contacts, own.name);
    if (contact !== undefined && isClearName(text, own.name, contacts)) return { contact, text: own.text };
    return { contact: undefined, text };
  }

  /** All that waits, as a message for `contact`. */
  messageTo(contact: Contact): PastedMessage {
    return { contact, text: this.#text ?? '' };
  }

  /** Forgets what waits, and gives how many lines it was. */
  drop(): number {
    const count = this.#text === undefined ? 0 : countLines(this.#text);
    this.#text = undefined;
    return count;
  }
}

const answers: ReadonlySet<CliCommand['kind'] | undefined> = new Set(['sendPaste', 'dropPaste'] as const);

/**
 * Lines as they were typed, without those that were pasted: `hold` gets these. Most copied texts end without a line break, so
 * the terminal keeps their last line until Enter: the first line behind a paste is taken for it, unless it answers what is
 * to become of the paste, or is empty.
 */
export async function* withoutPastes(
  lines: AsyncIterable<string> | Iterable<string>,
  hold: (pasted: string) => void,
): AsyncGenerator<string> {
  let mayBeRest = false;
  for await (const typed of lines) {
    const isRest = mayBeRest && typed.trim() !== '' && !answers.has(parseCommand(typed)?.kind);
    mayBeRest = isPaste(typed);
    if (mayBeRest || isRest) hold(typed);
    else yield typed;
  }
}
