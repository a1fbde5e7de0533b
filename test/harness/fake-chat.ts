/** A chat without network and database, for tests of its faces. */
import {
  type Chat,
  ChatError,
  type ChatEvent,
  type ChatItem,
  type Contact,
  type ContactDetails,
  type ContactId,
  defaultChatPreferences,
  type ItemId,
  isValidName,
  type Profile,
  type SendStatus,
} from '../../src/chat/index.ts';

export function profileNamed(displayName: string, fullName = ''): Profile {
  return { displayName, fullName, shortDescr: undefined, image: undefined, preferences: defaultChatPreferences };
}

export class FakeChat implements Chat {
  onEvent: (event: ChatEvent) => void = () => {};
  now = 0;
  started = false;
  stopped = false;
  /** What {@link idle} says. */
  busy = false;
  serverList: readonly string[] = ['smp://fingerprint=@localhost:5223'];
  readonly links: string[] = [];
  readonly #contacts: Contact[] = [];
  readonly #items: ChatItem[] = [];
  #profile: Profile | undefined;

  constructor(displayName?: string) {
    this.#profile = displayName === undefined ? undefined : profileNamed(displayName);
  }

  addContact(localName: string, more: Partial<Contact> = {}): Contact {
    const contact: Contact = {
      contactId: (this.#contacts.length + 1) as ContactId,
      localName,
      profile: profileNamed(localName),
      state: 'connected',
      pqEncryption: true,
      createdAt: this.now,
      ...more,
    };
    this.#contacts.push(contact);
    return contact;
  }

  receive(contact: Contact, text: string, integrity: { readonly kind: 'ok' | 'bad-hash' } = { kind: 'ok' }): void {
    const item = this.#add(contact.contactId, text, { kind: 'received', integrity });
    this.onEvent({ kind: 'messageReceived', contact, item });
  }

  setStatus(itemId: ItemId, status: SendStatus): void {
    const at = this.#items.findIndex((each) => each.itemId === itemId);
    const item: ChatItem = { ...this.#items[at]!, direction: { kind: 'sent', status } };
    this.#items[at] = item;
    const contact = this.#contacts.find((each) => each.contactId === item.contactId)!;
    this.onEvent({ kind: 'messageStatus', contact, item });
  }

  #add(contactId: ContactId, text: string, direction: ChatItem['direction']): ChatItem {
    const itemId = (this.#items.length + 1) as ItemId;
    const item: ChatItem = { itemId, contactId, timestamp: this.now, text, content: { kind: 'text', text }, direction };
    this.#items.push(item);
    return item;
  }

  profile = () => this.#profile;

  createProfile(displayName: string): Profile {
    if (!isValidName(displayName)) throw new ChatError('name', `"${displayName}" is not a name`);
    this.#profile = profileNamed(displayName);
    return this.#profile;
  }

  renameProfile = (displayName: string) => this.createProfile(displayName);

  start(): void {
    this.started = true;
  }

  async createInvitation(): Promise<{ readonly contact: Contact; readonly link: string }> {
    const contact = this.addContact('invitation', { state: 'invited', profile: undefined });
    return { contact, link: 'simplex:/invitation#/?v=7&smp=abc' };
  }

  async connect(link: string): Promise<Contact> {
    if (!link.startsWith('simplex:')) throw new ChatError('state', 'That is not an invitation link.');
    this.links.push(link);
    return this.addContact('invitation', { state: 'connecting', profile: undefined });
  }

  contacts = () => this.#contacts;

  contactByName(localName: string): Contact {
    const contact = this.#contacts.find((each) => each.localName === localName);
    if (contact === undefined) throw new ChatError('no-contact', `There is no contact "${localName}".`);
    return contact;
  }

  contactDetails(contactId: ContactId): ContactDetails {
    const contact = this.#contacts.find((each) => each.contactId === contactId)!;
    return {
      contact,
      receivingServers: ['smp://fingerprint=@here:5223'],
      sendingServers: [],
      chatVersion: 15,
      agentVersion: undefined,
    };
  }

  securityCode(contactId: ContactId): string | undefined {
    const contact = this.#contacts.find((each) => each.contactId === contactId);
    return contact?.state === 'connected' ? '12345 67890' : undefined;
  }

  items(contactId: ContactId | undefined, count: number): readonly ChatItem[] {
    return this.#items.filter((each) => contactId === undefined || each.contactId === contactId).slice(-count);
  }

  sendText = (contactId: ContactId, text: string) =>
    this.#add(contactId, text, { kind: 'sent', status: { kind: 'pending' } });

  async deleteContact(contactId: ContactId): Promise<void> {
    const at = this.#contacts.findIndex((each) => each.contactId === contactId);
    this.#contacts.splice(at, 1);
  }

  servers = () => this.serverList;
  idle = () => !this.busy;

  async stop(): Promise<void> {
    this.stopped = true;
  }
}
