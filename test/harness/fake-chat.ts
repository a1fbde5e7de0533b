/** A chat without network and database, for tests of its faces. */
import {
  type Chat,
  ChatError,
  type ChatEvent,
  type ChatFeature,
  type ChatItem,
  type ChatStatus,
  type Contact,
  type ContactDetails,
  type ContactId,
  chatFeatures,
  defaultChatPreferences,
  type FeatureAllowed,
  type FeatureState,
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
  state: ChatStatus = { connected: ['smp://fingerprint=@localhost:5223'], disconnected: [], sending: 0 };
  readonly history: string[] = [];
  addresseeId: ContactId | undefined;
  readonly #unread = new Set<ItemId>();
  readonly #allowed = new Map<ChatFeature, FeatureAllowed>();
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
      verified: false,
      createdAt: this.now,
      ...more,
    };
    this.#contacts.push(contact);
    return contact;
  }

  receive(contact: Contact, text: string, integrity: { readonly kind: 'ok' | 'bad-hash' } = { kind: 'ok' }): void {
    const item = this.#add(contact.contactId, text, { kind: 'received', integrity });
    this.#unread.add(item.itemId);
    this.onEvent({ kind: 'messageReceived', contact, item });
  }

  /** Changes an item as a peer would, without telling. */
  change(itemId: ItemId, changes: Partial<ChatItem>): ChatItem {
    const at = this.#items.findIndex((each) => each.itemId === itemId);
    if (at < 0) throw new ChatError('no-item', 'There is no such message.');
    const item: ChatItem = { ...this.#items[at]!, ...changes };
    this.#items[at] = item;
    return item;
  }

  setStatus(itemId: ItemId, status: SendStatus): void {
    const item = this.change(itemId, { direction: { kind: 'sent', status } });
    const contact = this.#contacts.find((each) => each.contactId === item.contactId)!;
    this.onEvent({ kind: 'messageStatus', contact, item });
  }

  #add(contactId: ContactId, text: string, direction: ChatItem['direction']): ChatItem {
    const itemId = (this.#items.length + 1) as ItemId;
    const item: ChatItem = {
      itemId,
      contactId,
      timestamp: this.now,
      text,
      content: { kind: 'text', text },
      quote: undefined,
      forwarded: false,
      live: false,
      edited: false,
      deletedAt: undefined,
      reactions: [],
      direction,
    };
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
      features: this.features(contactId),
    };
  }

  securityCode(contactId: ContactId): string | undefined {
    const contact = this.#contacts.find((each) => each.contactId === contactId);
    return contact?.state === 'connected' ? '12345 67890' : undefined;
  }

  items(contactId: ContactId | undefined, count: number): readonly ChatItem[] {
    return this.#items.filter((each) => contactId === undefined || each.contactId === contactId).slice(-count);
  }

  sendText(contactId: ContactId, text: string, quoted?: ItemId): ChatItem {
    const item = this.#add(contactId, text, { kind: 'sent', status: { kind: 'pending' } });
    if (quoted === undefined) return item;
    const of = this.#items.find((each) => each.itemId === quoted)!;
    return this.change(item.itemId, {
      quote: { text: of.text, author: of.direction.kind === 'sent' ? 'us' : 'contact' },
    });
  }

  search = (contactId: ContactId | undefined, text: string, count: number) =>
    this.items(contactId, 1000)
      .filter((item) => item.text.includes(text))
      .slice(-count);

  itemByStart(contactId: ContactId, author: 'us' | 'contact' | 'anybody', start: string): ChatItem {
    const item = this.items(contactId, 1000).findLast(
      ({ text, direction }) =>
        text.startsWith(start) && (author === 'anybody' || (direction.kind === 'sent') === (author === 'us')),
    );
    if (item === undefined) throw new ChatError('no-item', `There is no message that begins with "${start}".`);
    return item;
  }

  editMessage = (itemId: ItemId, text: string) => this.change(itemId, { text, edited: true });

  deleteMessage(itemId: ItemId, scope: 'everyone' | 'here') {
    if (scope === 'everyone') return { item: this.change(itemId, { deletedAt: this.now }), removed: false };
    const at = this.#items.findIndex((each) => each.itemId === itemId);
    return { item: this.#items.splice(at, 1)[0]!, removed: true };
  }

  react = (itemId: ItemId, reaction: string, add: boolean) =>
    this.change(itemId, { reactions: add ? [{ reaction, count: 1, ours: true }] : [] });

  clear(contactId: ContactId): void {
    for (const { itemId } of this.items(contactId, 1000)) this.deleteMessage(itemId, 'here');
  }

  unread = () =>
    this.#contacts
      .map((contact) => ({
        contact,
        items: this.#items.filter(({ contactId }) => contactId === contact.contactId),
      }))
      .map(({ contact, items }) => ({
        contact,
        count: items.filter(({ itemId }) => this.#unread.has(itemId)).length,
        within: items.length - items.findIndex(({ itemId }) => this.#unread.has(itemId)),
      }))
      .filter(({ count }) => count > 0);
  markRead = (itemIds: readonly ItemId[]) => {
    for (const itemId of itemIds) this.#unread.delete(itemId);
  };

  verify(contactId: ContactId, given: string | undefined) {
    const code = this.securityCode(contactId)!;
    return { verified: given === code, code };
  }

  setFeature = (feature: ChatFeature, allow: FeatureAllowed) => void this.#allowed.set(feature, allow);

  ownFeatures = () =>
    chatFeatures.map((feature) => ({
      feature,
      allow: this.#allowed.get(feature) ?? defaultChatPreferences[feature].allow,
    }));

  features = (_: ContactId): readonly FeatureState[] =>
    this.ownFeatures().map(({ feature, allow }) => {
      const enabled = allow !== 'no';
      return { feature, ours: allow, theirs: 'yes', forUs: enabled, forContact: enabled };
    });

  status = () => this.state;
  inputHistory = () => this.history;
  addressee = () => this.#contacts.find((each) => each.contactId === this.addresseeId);
  setAddressee = (contactId: ContactId | undefined) => {
    this.addresseeId = contactId;
  };
  rememberInput = (line: string) => void this.history.push(line);

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
