/** Contacts as a face knows them: read once, then kept up to date by events. Lists and names need no command each time. */
import { type ChatApi, ChatError, type ChatEvent, type ChatId, type Contact, MAX_PAGE } from '../../../chat/index.ts';

export interface ContactList {
  /** In the order they were made. */
  all(): readonly Contact[];
}

/** All contacts, a page at a time. */
export async function readContacts(api: ChatApi): Promise<readonly Contact[]> {
  const all: Contact[] = [];
  for (;;) {
    const after = all.at(-1)?.chatId;
    const { contacts } = await api.contacts.list({ after, count: MAX_PAGE });
    all.push(...contacts);
    if (contacts.length < MAX_PAGE) return all;
  }
}

export class KnownContacts implements ContactList {
  readonly #api: ChatApi;
  readonly #contacts = new Map<ChatId, Contact>();
  #sorted: readonly Contact[] | undefined;

  constructor(api: ChatApi) {
    this.#api = api;
  }

  async load(): Promise<void> {
    for (const contact of await readContacts(this.#api)) this.put(contact);
  }

  all(): readonly Contact[] {
    this.#sorted ??= [...this.#contacts.values()].sort((a, b) => a.chatId - b.chatId);
    return this.#sorted;
  }

  put(contact: Contact): void {
    this.#contacts.set(contact.chatId, contact);
    this.#sorted = undefined;
  }

  /** Takes over what an event tells; resolves once that is done. */
  async handle(event: ChatEvent): Promise<void> {
    if ('contact' in event && event.contact !== undefined) this.put(event.contact);
    else if (event.kind === 'changed' && event.chatId !== undefined && event.itemId === undefined) {
      // At once: whoever deleted it goes on as soon as the command has its answer.
      if (event.change === 'deleted') this.#remove(event.chatId);
      else await this.#read(event.chatId);
    }
  }

  async #read(chatId: ChatId): Promise<void> {
    try {
      this.put((await this.#api.contacts.get({ chatId })).contact);
    } catch (error) {
      if (error instanceof ChatError && error.code === 'no-contact') this.#remove(chatId);
    }
  }

  #remove(chatId: ChatId): void {
    this.#contacts.delete(chatId);
    this.#sorted = undefined;
  }
}
