/** What was sent to each contact last, for whoever brings a line back to change it. */
import type { ChatApi, ChatEvent, ChatId, ChatItem, Contact } from '../../../chat/index.ts';
import { findByStart } from './beginnings.ts';
import { parseCommand } from './parse.ts';

/** Contacts of the newest kept lines that are looked up at the start. */
const MAX_LOOKED_UP = 20;

export class LastTexts {
  readonly #api: ChatApi;
  readonly #texts = new Map<ChatId, string>();

  constructor(api: ChatApi) {
    this.#api = api;
  }

  of(chatId: ChatId): string | undefined {
    return this.#texts.get(chatId);
  }

  sent(item: ChatItem): void {
    this.#texts.set(item.chatId, item.text);
  }

  /** Looks up the contacts that lines of before were sent to. */
  async load(lines: readonly string[], contacts: readonly Contact[]): Promise<void> {
    const names = lines.toReversed().flatMap((line) => {
      const command = parseCommand(line);
      return command?.kind === 'send' || command?.kind === 'reply' ? [command.name] : [];
    });
    for (const name of [...new Set(names)].slice(0, MAX_LOOKED_UP)) {
      const contact = contacts.find(({ localName }) => localName === name);
      if (contact !== undefined) await this.#read(contact.chatId);
    }
  }

  /** A message that is changed or deleted may have been the last one. */
  async handle(event: ChatEvent): Promise<void> {
    const concerns = event.kind === 'changed' && ['sent', 'edited', 'deleted', 'cleared'].includes(event.change);
    if (concerns && event.chatId !== undefined && this.#texts.has(event.chatId)) {
      await this.#read(event.chatId);
    }
  }

  async #read(chatId: ChatId): Promise<void> {
    const last = await findByStart(this.#api, chatId, 'us', '').catch(() => undefined);
    if (last === undefined) this.#texts.delete(chatId);
    else this.#texts.set(chatId, last.text);
  }
}
