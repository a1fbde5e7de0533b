/** Runs commands on a chat and shows its events; knows nothing of how lines are typed. */

import { AgentError } from '../../../agent/index.ts';
import { abortable } from '../../../base/index.ts';
import type { ChatApi, ChatEvent, ChatId, Contact } from '../../../chat/index.ts';
import { quoteName } from '../name-syntax.ts';
import type { Display } from '../show/display.ts';
import { renderEvent } from '../show/events.ts';
import { receiptMark, renderDeletion, renderItem, renderReaction, renderUpdate } from '../show/items.ts';
import { command as commandText, error as errorText, line } from '../show/look.ts';
import { contactName, fullContactName } from '../show/names.ts';
import { safeLine } from '../show/safe-text.ts';
import { version } from '../version.ts';
import { errorWords, TerminalCommandError } from '../words.ts';
import { codeLines, featureLines, infoLines, profileLines, setFeature, verify } from './about.ts';
import { type CliCommand, commandName } from './command.ts';
import type { ContactList } from './contact-list.ts';
import { contactByName, NoContactError } from './contact-names.ts';
import type { CommandContext } from './context.ts';
import { helpLines, isTopic, noServerLines, unknownTopic } from './help.ts';
import { chatLines, contactLines, search, tail } from './lists.ts';
import { deleteMessage, edit, react, reveal, send } from './messages.ts';
import { parseCommand } from './parse.ts';
import type { HeldPaste } from './pastes.ts';
import { pin, pinLines, unpin } from './pins.ts';
import { didYouMean } from './similar.ts';
import { quotesHint, requireClearName } from './unquoted-names.ts';

/** `quit`: the person asked to leave. */
export type Outcome = 'ok' | 'failed' | 'quit';

export interface SessionOptions {
  readonly chat: ChatApi;
  readonly contacts: ContactList;
  /** Whom text without a name goes to at the start. */
  readonly addressee?: ChatId | undefined;
  readonly display: Display;
  readonly now: () => number;
  readonly signal: AbortSignal;
  /** Told whom the person talks to from now on: only commands change that, never what arrives. */
  readonly onActive?: (contact: Contact | undefined) => void;
  /** Where lines wait that were pasted. */
  readonly paste?: HeldPaste;
}

export class Session {
  readonly #ctx: CommandContext;
  readonly #signal: AbortSignal;
  #active: ChatId | undefined;
  #sendingFailed = false;

  constructor({ chat, contacts, addressee, display, now, signal, onActive, paste }: SessionOptions) {
    const setActive = (contact: Contact | undefined) => {
      this.#active = contact?.chatId;
      onActive?.(contact);
    };
    this.#active = addressee;
    this.#signal = signal;
    this.#ctx = { chat, contacts, display, now, paste, onActive: setActive };
  }

  /** A message could not be sent in this run, and never will be. */
  get sendingFailed(): boolean {
    return this.#sendingFailed;
  }

  /** Keeps lines that were pasted together from being run, and says how to go on. */
  holdPaste(pasted: string): void {
    const { paste, display } = this.#ctx;
    if (paste !== undefined) display.printError(paste.hold(pasted, this.#addressee()));
  }

  /** Runs one line; what goes wrong is shown, never thrown. */
  async run(typed: string): Promise<Outcome> {
    const command = parseCommand(typed);
    if (command === undefined) return 'ok';
    if (command.kind === 'quit') return 'quit';
    if (command.kind === 'invalid') {
      this.#fail(
        this.#explain(new Error(command.reason + quotesHint(typed, this.#ctx.contacts.all())), typed, undefined),
      );
      return 'failed';
    }
    try {
      const name = commandName(command);
      if (name !== undefined) requireClearName(typed, name, this.#ctx.contacts.all());
      await this.#execute(command);
      return 'ok';
    } catch (error) {
      if (this.#signal.aborted) return 'quit';
      this.#fail(this.#explain(error, typed, commandName(command)));
      return 'failed';
    }
  }

  handle(event: ChatEvent): void {
    const { display, now, onActive } = this.#ctx;
    switch (event.kind) {
      case 'messageReceived':
        // One that is still being typed is shown when it is finished.
        if (!event.item.live) display.received(renderItem(event.item, event.contact, now()), event.item.itemId);
        break;
      case 'messageUpdated':
        if (!event.item.live) display.received(renderUpdate(event.item, event.contact, now()), event.item.itemId);
        break;
      case 'messageDeleted':
        display.received(renderDeletion(event.item, event.contact, now(), event.removed), event.item.itemId);
        break;
      case 'messageReaction':
        display.received(
          renderReaction(event.item, event.contact, now(), event.reaction, event.added),
          event.item.itemId,
        );
        break;
      case 'messageStatus':
        if (event.item.direction.kind === 'sent' && event.item.direction.status.kind === 'failed') {
          this.#sendingFailed = true;
        }
        if (receiptMark(event.item) !== '') display.receipt(event.item, event.contact);
        break;
      case 'changed':
        break;
      default: {
        if (event.kind === 'contactUpdated' && event.contact.chatId === this.#active) onActive(event.contact);
        const { lines, failed } = renderEvent(event);
        if (event.kind === 'serverConnected' || event.kind === 'serverDisconnected') {
          display.serverNotice(lines, event.kind === 'serverConnected');
        } else if (failed) display.printError(lines);
        else display.print(lines);
      }
    }
  }

  /** What went wrong, of which command, and which contact was probably meant. */
  #explain(error: unknown, typed: string, name: string | undefined): string {
    const message = errorWords(error) + wayOn(error, name);
    const label = /^\s*(\/\S*)/.exec(typed)?.[1] ?? (name === undefined ? '' : `@${quoteName(name)}`);
    const isNamed = label === '' || message.includes(label) || (!label.startsWith('/') && message.includes(name ?? ''));
    const isUnknown = error instanceof NoContactError && name !== undefined;
    const names = isUnknown ? this.#ctx.contacts.all().map(({ localName }) => localName) : [];
    const hint = didYouMean(name ?? '', names, (each) => `@${quoteName(each)}`);
    return `${isNamed ? '' : `${label}: `}${message}${hint}`;
  }

  #fail(message: string): void {
    this.#ctx.display.printError(message.split('\n').map((each) => line(errorText(safeLine(each)))));
  }

  async #execute(command: Exclude<CliCommand, { readonly kind: 'quit' | 'invalid' }>): Promise<void> {
    const ctx = this.#ctx;
    const { chat, display } = ctx;
    switch (command.kind) {
      case 'invite':
        return this.#invite();
      case 'connect':
        return this.#connect(command.link);
      case 'send':
      case 'reply':
        return send(ctx, command);
      case 'edit':
        return edit(ctx, command);
      case 'deleteMessage':
        return deleteMessage(ctx, command);
      case 'react':
        return react(ctx, command);
      case 'reveal':
        return reveal(ctx, command);
      case 'pin':
        return pin(ctx, command);
      case 'unpin':
        return unpin(ctx, command);
      case 'pins':
        return display.print(await pinLines(ctx, command.name));
      case 'sendPaste':
        return this.#sendPaste(command.name);
      case 'dropPaste':
        return display.print([line(`${this.#held().drop()} pasted lines are forgotten`)]);
      case 'contacts':
        return display.print(contactLines(ctx));
      case 'chats':
        return display.print(await chatLines(ctx, command.count));
      case 'tail':
        return tail(ctx, command.name, command.count);
      case 'search':
        return search(ctx, command.name, command.text, command.count);
      case 'clear':
        return this.#clear(command.name);
      case 'profile':
        return display.print(await profileLines(ctx));
      case 'rename': {
        const { profile } = await chat.profiles.rename({ displayName: command.name });
        return display.print([line(`your name is ${quoteName(profile.displayName)} now; your contacts will be told`)]);
      }
      case 'delete':
        return this.#delete(command.name);
      case 'code':
        return display.print(await codeLines(ctx, await contactByName(chat, command.name)));
      case 'verify':
        return verify(ctx, command);
      case 'info':
        return display.print(await infoLines(ctx, await contactByName(chat, command.name)));
      case 'features':
        return display.print(await featureLines(ctx, command.name));
      case 'setFeature':
        return setFeature(ctx, command);
      case 'servers': {
        const { servers } = await chat.servers.list();
        return display.print((servers.length === 0 ? noServerLines : servers.map(safeLine)).map((each) => line(each)));
      }
      case 'help':
        if (!isTopic(command.topic)) throw new TerminalCommandError(unknownTopic(command.topic));
        return display.print(helpLines(command.topic, display.columns));
      case 'version':
        return display.print([line(`Sotto ${version()}`)]);
    }
  }

  #addressee(): Contact | undefined {
    return this.#ctx.contacts.all().find(({ chatId }) => chatId === this.#active);
  }

  #held(): HeldPaste {
    const { paste } = this.#ctx;
    if (paste === undefined || paste.isEmpty) throw new TerminalCommandError('there are no pasted lines that wait');
    return paste;
  }

  async #sendPaste(name: string | undefined): Promise<void> {
    const { chat, display } = this.#ctx;
    const held = this.#held();
    const { contact, text } = name === undefined ? held.message() : held.messageTo(await contactByName(chat, name));
    if (contact === undefined) throw new TerminalCommandError('whom is it for? Use /send @<name>');
    await send(this.#ctx, { kind: 'send', name: contact.localName, text });
    display.print([line(`${held.drop()} pasted lines go to @${contactName(contact)} as one message`)]);
  }

  async #needServers(): Promise<void> {
    const { servers } = await this.#ctx.chat.servers.list();
    if (servers.length === 0) throw new TerminalCommandError(noServerLines.join('\n'));
  }

  async #invite(): Promise<void> {
    const { chat, display } = this.#ctx;
    await this.#needServers();
    const { link } = await abortable(chat.contacts.invite(), this.#signal);
    const shown = { text: link, source: link, mark: { kind: 'link', uri: link } } as const;
    display.print([line('invitation link, to pass to one contact over another channel:'), line(shown)]);
    await display.qrCode(link);
    display.print([line('the contact connects with ', commandText('/c <link>'))]);
  }

  async #connect(link: string): Promise<void> {
    const { chat, display } = this.#ctx;
    await this.#needServers();
    const { contact } = await abortable(chat.contacts.connect({ link }), this.#signal);
    const name = contact.profile === undefined ? '' : ` to ${fullContactName(contact)}`;
    display.print([line(`connecting${name}: the contact appears as soon as both sides have answered`)]);
  }

  async #delete(name: string): Promise<void> {
    const { chat, display } = this.#ctx;
    const contact = await contactByName(chat, name);
    const shown = contactName(contact);
    const question = contact.state === 'invited' ? 'take the link back?' : `delete ${shown} and all messages?`;
    if (!(await this.#confirmed(question))) return;
    await chat.contacts.delete({ chatId: contact.chatId });
    if (contact.chatId === this.#active) this.#ctx.onActive(undefined);
    display.print([line(`${shown}: contact is deleted`)]);
  }

  async #clear(name: string): Promise<void> {
    const { chat, display } = this.#ctx;
    const contact = await contactByName(chat, name);
    if (!(await this.#confirmed(`delete all messages with ${contactName(contact)}?`))) return;
    await chat.chats.clear({ chatId: contact.chatId });
    display.print([line(`${contactName(contact)}: all messages are removed from this device`)]);
  }

  async #confirmed(question: string): Promise<boolean> {
    const { display } = this.#ctx;
    const yes = await display.confirm(`${question} (yes/no) `);
    if (!yes) display.print([line('nothing was deleted')]);
    return yes;
  }
}

/** The commands that help where the error itself cannot name them. */
function wayOn(error: unknown, name: string | undefined): string {
  const isLost = error instanceof AgentError && error.kind === 'session-lost';
  if (!isLost || name === undefined) return '';
  return ` Use /delete @${quoteName(name)}, then /c for a new link.`;
}
