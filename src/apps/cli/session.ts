/** Runs commands on a chat and shows its events; knows nothing of how lines are typed. */
import { type Chat, ChatError, type ChatEvent, type ChatItem, type Contact, quoteName } from '../../chat/index.ts';
import { type CliCommand, parseCommand } from './commands.ts';
import type { Display } from './display.ts';
import { helpLines, noServerLines } from './help.ts';
import {
  contactName,
  fullContactName,
  receiptMark,
  renderEvent,
  renderItem,
  renderItemWithMark,
  renderUpdate,
  serverHost,
} from './render.ts';
import { safeLine } from './safe-text.ts';
import { version } from './version.ts';

/** `quit`: the person asked to leave. */
export type Outcome = 'ok' | 'failed' | 'quit';

/** Longest line of a conversation in `/chats`. */
const PREVIEW_LENGTH = 120;

export interface SessionOptions {
  readonly chat: Chat;
  readonly display: Display;
  readonly now: () => number;
  readonly signal: AbortSignal;
  /** Told when a conversation becomes the one that plain text would go to. */
  readonly onActive?: (localName: string) => void;
}

export class Session {
  readonly #chat: Chat;
  readonly #display: Display;
  readonly #now: () => number;
  readonly #signal: AbortSignal;
  readonly #onActive: (localName: string) => void;

  constructor({ chat, display, now, signal, onActive }: SessionOptions) {
    this.#chat = chat;
    this.#display = display;
    this.#now = now;
    this.#signal = signal;
    this.#onActive = onActive ?? (() => {});
  }

  /** Runs one line; what goes wrong is shown, never thrown. */
  async run(line: string): Promise<Outcome> {
    const command = parseCommand(line);
    if (command === undefined) return 'ok';
    if (command.kind === 'quit') return 'quit';
    if (command.kind === 'invalid') {
      this.#fail(command.reason);
      return 'failed';
    }
    try {
      await this.#execute(command);
      return 'ok';
    } catch (error) {
      if (this.#signal.aborted) return 'quit';
      this.#fail(error instanceof Error ? error.message : String(error));
      return 'failed';
    }
  }

  handle(event: ChatEvent): void {
    switch (event.kind) {
      case 'messageReceived':
        this.#onActive(event.contact.localName);
        this.#display.print(renderItem(event.item, event.contact, this.#now(), this.#display.style));
        break;
      case 'messageUpdated':
        this.#display.print(renderUpdate(event.item, event.contact, this.#now(), this.#display.style));
        break;
      case 'messageStatus':
        if (receiptMark(event.item) !== '') this.#display.receipt(event.item, event.contact);
        break;
      default: {
        if (event.kind === 'contactConnected') this.#onActive(event.contact.localName);
        const { lines, failed } = renderEvent(event, this.#display.style);
        if (event.kind === 'serverConnected' || event.kind === 'serverDisconnected') this.#display.status(lines);
        else if (failed) this.#display.printError(lines);
        else this.#display.print(lines);
      }
    }
  }

  #fail(message: string): void {
    const { style } = this.#display;
    this.#display.printError(message.split('\n').map((line) => style.error(safeLine(line))));
  }

  async #execute(command: Exclude<CliCommand, { readonly kind: 'quit' | 'invalid' }>): Promise<void> {
    const display = this.#display;
    switch (command.kind) {
      case 'invite':
        return this.#invite();
      case 'connect': {
        this.#needServers();
        const contact = await this.#chat.connect(command.link, this.#signal);
        const name = contact.profile === undefined ? '' : ` to ${fullContactName(contact)}`;
        return display.print([`connecting${name}: the contact appears as soon as both sides have answered`]);
      }
      case 'send': {
        const contact = this.#contact(command.name);
        const item = this.#chat.sendText(contact.contactId, command.text);
        this.#onActive(contact.localName);
        return display.sentItem(item, contact);
      }
      case 'contacts':
        return display.print(this.#contactLines());
      case 'chats':
        return display.print(this.#chatLines(command.count));
      case 'tail': {
        const contact = command.name === undefined ? undefined : this.#contact(command.name);
        return display.print(this.#itemLines(this.#chat.items(contact?.contactId, command.count)));
      }
      case 'profile':
        return display.print(this.#profileLines());
      case 'rename': {
        const profile = this.#chat.renameProfile(command.name);
        return display.print([`your name is ${quoteName(profile.displayName)} now; your contacts will be told`]);
      }
      case 'delete': {
        const contact = this.#contact(command.name);
        await this.#chat.deleteContact(contact.contactId);
        return display.print([`${contactName(contact)}: contact is deleted`]);
      }
      case 'code':
        return display.print(this.#codeLines(this.#contact(command.name)));
      case 'info':
        return display.print(this.#infoLines(this.#contact(command.name)));
      case 'servers': {
        const servers = this.#chat.servers();
        return display.print(servers.length === 0 ? noServerLines : servers.map(safeLine));
      }
      case 'help':
        return display.print(helpLines(display.style));
      case 'version':
        return display.print([`Sotto ${version()}`]);
    }
  }

  /** A name is looked up as it is typed; the message names it when there is no such contact. */
  #contact(name: string): Contact {
    return this.#chat.contactByName(name);
  }

  #needServers(): void {
    if (this.#chat.servers().length === 0) throw new ChatError('state', noServerLines.join('\n'));
  }

  async #invite(): Promise<void> {
    this.#needServers();
    const { link } = await this.#chat.createInvitation(this.#signal);
    const { style } = this.#display;
    this.#display.print(['invitation link, to pass to one contact over another channel:', '', link, '']);
    this.#display.qrCode(link);
    this.#display.print([`the contact connects with ${style.command('/c <link>')}`]);
  }

  #contactLines(): readonly string[] {
    const contacts = this.#chat.contacts();
    if (contacts.length === 0) return [`no contacts yet: ${this.#display.style.command('/c')} makes an invitation`];
    const byName = (a: Contact, b: Contact) => a.localName.localeCompare(b.localName);
    return contacts.toSorted(byName).map((contact) => `${fullContactName(contact)}${this.#stateNote(contact)}`);
  }

  #stateNote(contact: Contact): string {
    switch (contact.state) {
      case 'invited':
        return `: a link that nobody has used yet, /delete @${contactName(contact)} takes it back`;
      case 'connecting':
        return ': connecting';
      case 'deleted-by-peer':
        return ': the contact has ended the conversation';
      case 'connected':
        return contact.pqEncryption ? ': connected, PQ on' : ': connected, PQ off';
    }
  }

  /** The last message of each conversation, the newest at the bottom. */
  #chatLines(count: number): readonly string[] {
    const latest = this.#chat
      .contacts()
      .filter((contact) => contact.state !== 'invited')
      .map((contact) => ({ contact, item: this.#chat.items(contact.contactId, 1).at(-1) }))
      .toSorted((a, b) => (a.item?.timestamp ?? a.contact.createdAt) - (b.item?.timestamp ?? b.contact.createdAt))
      .slice(-count);
    return latest.map(({ contact, item }) => {
      if (item === undefined) return `      @${contactName(contact)}`;
      const line = renderItem(item, contact, this.#now(), this.#display.style).at(-1) ?? '';
      const characters = [...line];
      return characters.length > PREVIEW_LENGTH ? `${characters.slice(0, PREVIEW_LENGTH).join('')}…` : line;
    });
  }

  #itemLines(items: readonly ChatItem[]): readonly string[] {
    const contacts = new Map(this.#chat.contacts().map((contact) => [contact.contactId, contact]));
    return items.flatMap((item) => {
      const contact = contacts.get(item.contactId);
      return contact === undefined ? [] : renderItemWithMark(item, contact, this.#now(), this.#display.style);
    });
  }

  #profileLines(): readonly string[] {
    const profile = this.#chat.profile();
    if (profile === undefined) return ['no profile yet'];
    const name = quoteName(safeLine(profile.displayName));
    const fullName = profile.fullName === '' ? '' : ` (${safeLine(profile.fullName)})`;
    return [`user profile: ${name}${fullName}`, `to change the name: ${this.#display.style.command('/p <name>')}`];
  }

  #codeLines(contact: Contact): readonly string[] {
    const code = this.#chat.securityCode(contact.contactId);
    const name = contactName(contact);
    if (code === undefined) throw new ChatError('not-connected', `${name}: no security code until it is connected`);
    return [`${name} security code:`, code, `it is the same on both sides when nobody is in between: compare them`];
  }

  #infoLines(contact: Contact): readonly string[] {
    const details = this.#chat.contactDetails(contact.contactId);
    const hosts = (servers: readonly string[]) => servers.map(serverHost).join(', ') || 'none';
    return [
      `contact ID: ${contact.contactId}`,
      `contact ${fullContactName(contact)}${this.#stateNote(contact)}`,
      `receiving messages via: ${hosts(details.receivingServers)}`,
      `sending messages via: ${hosts(details.sendingServers)}`,
      `end-to-end encryption: ${contact.pqEncryption ? 'quantum resistant (PQ on)' : 'standard (PQ off)'}`,
      `chat protocol version: ${details.chatVersion ?? 'not known yet'}`,
      `agent protocol version: ${details.agentVersion ?? 'not known yet'}`,
    ];
  }
}
