/** A chat without network and database, for tests of its faces. */
import {
  type Chat,
  ChatError,
  type ChatEvent,
  type ChatFeature,
  type ChatId,
  type ChatItem,
  type ChatStatus,
  type Contact,
  type ContactDetails,
  chatFeatures,
  defaultChatPreferences,
  type FaceList,
  type FaceValue,
  type FeatureAllowed,
  type FeatureState,
  type ItemId,
  type ItemsNextTo,
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
  readonly #values = new Map<string, FaceValue[]>();
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
      chatId: (this.#contacts.length + 1) as ChatId,
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
    const item = this.#add(contact.chatId, text, { kind: 'received', integrity });
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
    const contact = this.#contacts.find((each) => each.chatId === item.chatId)!;
    this.onEvent({ kind: 'messageStatus', contact, item });
  }

  #add(chatId: ChatId, text: string, direction: ChatItem['direction']): ChatItem {
    const itemId = (this.#items.length + 1) as ItemId;
    const item: ChatItem = {
      itemId,
      chatId,
      timestamp: this.now,
      text,
      notice: undefined,
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

  contactDetails(chatId: ChatId): ContactDetails {
    const contact = this.#contacts.find((each) => each.chatId === chatId)!;
    return {
      contact,
      receivingServers: ['smp://fingerprint=@here:5223'],
      sendingServers: [],
      chatVersion: 15,
      agentVersion: undefined,
      features: this.features(chatId),
    };
  }

  securityCode(chatId: ChatId): string | undefined {
    const contact = this.#contacts.find((each) => each.chatId === chatId);
    return contact?.state === 'connected' ? '12345 67890' : undefined;
  }

  items(chatId: ChatId | undefined, count: number, { before }: ItemsNextTo = {}): readonly ChatItem[] {
    return this.#items
      .filter((each) => chatId === undefined || each.chatId === chatId)
      .filter(({ itemId }) => before === undefined || itemId < before)
      .slice(-count);
  }

  sendText(chatId: ChatId, text: string, quoted?: ItemId): ChatItem {
    const item = this.#add(chatId, text, { kind: 'sent', status: { kind: 'pending' } });
    if (quoted === undefined) return item;
    const of = this.#items.find((each) => each.itemId === quoted)!;
    return this.change(item.itemId, {
      quote: { text: of.text, author: of.direction.kind === 'sent' ? 'us' : 'contact' },
    });
  }

  search = (chatId: ChatId | undefined, text: string, count: number) =>
    this.items(chatId, 1000)
      .filter((item) => item.text.includes(text))
      .slice(-count);

  editMessage = (itemId: ItemId, text: string) => this.change(itemId, { text, edited: true });

  deleteMessage(itemId: ItemId, scope: 'everyone' | 'here') {
    if (scope === 'everyone') return { item: this.change(itemId, { deletedAt: this.now }), removed: false };
    const at = this.#items.findIndex((each) => each.itemId === itemId);
    return { item: this.#items.splice(at, 1)[0]!, removed: true };
  }

  react = (itemId: ItemId, reaction: string, add: boolean) =>
    this.change(itemId, { reactions: add ? [{ reaction, count: 1, ours: true }] : [] });

  clear(chatId: ChatId): void {
    for (const { itemId } of this.items(chatId, 1000)) this.deleteMessage(itemId, 'here');
  }

  unread = () =>
    this.#contacts
      .map((contact) => ({
        contact,
        items: this.#items.filter(({ chatId }) => chatId === contact.chatId),
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

  verify(chatId: ChatId, given: string | undefined) {
    const code = this.securityCode(chatId)!;
    return { verified: given === code, code };
  }

  setFeature = (feature: ChatFeature, allow: FeatureAllowed) => void this.#allowed.set(feature, allow);

  ownFeatures = () =>
    chatFeatures.map((feature) => ({
      feature,
      allow: this.#allowed.get(feature) ?? defaultChatPreferences[feature].allow,
    }));

  features = (_: ChatId): readonly FeatureState[] =>
    this.ownFeatures().map(({ feature, allow }) => {
      const enabled = allow !== 'no';
      return { feature, ours: allow, theirs: 'yes', forUs: enabled, forContact: enabled };
    });

  status = () => this.state;
  faceValues = ({ list }: FaceList) => this.#values.get(list) ?? [];
  addFaceValue = ({ list }: FaceList, value: FaceValue, keep: number) =>
    void this.#values.set(list, [...(this.#values.get(list) ?? []), value].slice(-keep));
  removeFaceValues = ({ list }: FaceList, values?: readonly string[]) =>
    void this.#values.set(
      list,
      (this.#values.get(list) ?? []).filter(({ value }) => values !== undefined && !values.includes(value)),
    );

  async deleteContact(chatId: ChatId): Promise<void> {
    const at = this.#contacts.findIndex((each) => each.chatId === chatId);
    this.#contacts.splice(at, 1);
  }

  servers = () => this.serverList;
  idle = () => !this.busy;

  async stop(): Promise<void> {
    this.stopped = true;
  }
}
