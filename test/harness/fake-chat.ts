/** A chat without network and database, for tests of its faces. */
import * as v from 'valibot';
import { AgentError } from '../../src/agent/index.ts';
import type { Handlers } from '../../src/chat/handlers.ts';
import {
  apiOver,
  type Chat,
  ChatError,
  type ChatEvent,
  type ChatFeature,
  type ChatId,
  type ChatItem,
  type CommandOutput,
  type Contact,
  chatFeatures,
  defaultChatPreferences,
  definitionOf,
  type FaceList,
  type FaceValue,
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

const ADDRESSEE = { face: 'terminal', list: 'addressee' };

export class FakeChat {
  onEvent: (event: ChatEvent) => void = () => {};
  now = 0;
  started = false;
  stopped = false;
  /** What {@link idle} says. */
  busy = false;
  state: CommandOutput<'servers.status'> = {
    connected: ['smp://fingerprint=@localhost:5223'],
    disconnected: [],
    sending: 0,
  };
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
    if (at < 0) throw new ChatError('no-item');
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
    if (!isValidName(displayName)) throw new ChatError('name', { name: displayName });
    this.#profile = profileNamed(displayName);
    return this.#profile;
  }

  renameProfile = (displayName: string) => this.createProfile(displayName);

  start(): void {
    this.started = true;
  }

  createInvitation(): { readonly contact: Contact; readonly link: string } {
    const contact = this.addContact('invitation', { state: 'invited', profile: undefined });
    return { contact, link: 'simplex:/invitation#/?v=7&smp=abc' };
  }

  async connect(link: string): Promise<Contact> {
    if (!link.startsWith('simplex:')) throw new AgentError('link.unreadable');
    this.links.push(link);
    return this.addContact('invitation', { state: 'connecting', profile: undefined });
  }

  contactList = () => this.#contacts;

  contactByName(localName: string): Contact {
    const contact = this.#contacts.find((each) => each.localName === localName);
    if (contact === undefined) throw new ChatError('no-contact');
    return contact;
  }

  contactDetails(chatId: ChatId): CommandOutput<'contacts.get'> {
    const contact = this.#contacts.find((each) => each.chatId === chatId);
    if (contact === undefined) throw new ChatError('no-contact');
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

  items(
    chatId: ChatId | undefined,
    count: number,
    { before }: { readonly before?: ItemId | undefined } = {},
  ): readonly ChatItem[] {
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

  deleteContact(chatId: ChatId): void {
    const at = this.#contacts.findIndex((each) => each.chatId === chatId);
    this.#contacts.splice(at, 1);
    this.onEvent({ kind: 'changed', chatId, itemId: undefined, change: 'deleted' });
  }

  idle = () => !this.busy;

  async stop(): Promise<void> {
    this.stopped = true;
  }

  /** The same as faces have it: each command calls what is above. */
  get api(): Chat {
    const api = apiOver(async (name, input) => {
      const definition = definitionOf(name)!;
      return (this.#handlers[name] as (checked: unknown) => unknown)(v.parse(definition.input, input));
    });
    return {
      ...api,
      withRights: () => api,
      start: () => this.start(),
      idle: () => this.idle(),
      stop: () => this.stop(),
    };
  }

  /** Whom the terminal keeps as the addressee, and the lines that it keeps. */
  get addressee(): Contact | undefined {
    const chatId = this.faceValues(ADDRESSEE).at(-1)?.chatId;
    return this.#contacts.find((contact) => contact.chatId === chatId);
  }

  storeAddressee(chatId: ChatId | undefined): void {
    this.addFaceValue(ADDRESSEE, { value: '', chatId, itemId: undefined }, 1);
  }

  get lines(): readonly string[] {
    return this.faceValues({ face: 'terminal', list: 'lines' }).map(({ value }) => value);
  }

  /** What a terminal and its session are given of it. */
  get face() {
    const contacts = { all: () => this.contactList() };
    return { chat: this.api, contacts, addressee: this.addressee?.chatId, history: this.lines };
  }

  readonly #handlers: Handlers = {
    'profiles.get': () => ({ profile: this.profile() }),
    'profiles.create': ({ displayName }) => ({ profile: this.createProfile(displayName) }),
    'profiles.rename': ({ displayName }) => ({ profile: this.renameProfile(displayName) }),
    'contacts.list': ({ after = 0 as ChatId }) => ({ contacts: this.#contacts.filter(({ chatId }) => chatId > after) }),
    'contacts.get': ({ chatId }) => this.contactDetails(chatId),
    'contacts.find': ({ name }) => {
      const contact = this.#contacts.find(({ localName }) => localName === name);
      return { contact, alike: contact === undefined ? [] : [contact], formerly: undefined };
    },
    'contacts.invite': () => this.createInvitation(),
    'contacts.connect': async ({ link }) => ({ contact: await this.connect(link) }),
    'contacts.delete': ({ chatId }) => {
      this.deleteContact(chatId);
      return {};
    },
    'contacts.securityCode': ({ chatId }) => ({ code: this.securityCode(chatId) }),
    'contacts.verify': ({ chatId, code }) => this.verify(chatId, code),
    'chats.list': () => ({
      chats: this.#contacts
        .map((contact) => ({
          contact,
          last: this.items(contact.chatId, 1)[0],
          unread: this.unread().find((each) => each.contact === contact)?.count ?? 0,
        }))
        .toSorted((a, b) => (b.last?.itemId ?? 0) - (a.last?.itemId ?? 0)),
    }),
    'chats.unread': ({ count = 1_000 }) => {
      const all = this.unread();
      return {
        chats: all.slice(0, count),
        messages: all.reduce((sum, each) => sum + each.count, 0),
        conversations: all.length,
      };
    },
    'chats.clear': ({ chatId }) => {
      this.clear(chatId);
      return {};
    },
    'messages.list': ({ chatId, count, before }) => ({ items: this.items(chatId, count, { before }) }),
    'messages.get': ({ itemId }) => ({ item: this.change(itemId, {}) }),
    'messages.search': ({ chatId, text, count }) => ({ items: this.search(chatId, text, count) }),
    'messages.send': ({ chatId, text, quoted }) => ({ item: this.sendText(chatId, text, quoted) }),
    'messages.edit': ({ itemId, text }) => ({ item: this.editMessage(itemId, text) }),
    'messages.delete': ({ itemId, scope }) => this.deleteMessage(itemId, scope),
    'messages.react': ({ itemId, emoji, add }) => ({ item: this.react(itemId, emoji, add) }),
    'messages.pin': ({ itemId }) => ({ item: this.change(itemId, {}) }),
    'messages.pins': () => ({ items: [] }),
    'messages.markRead': ({ itemIds }) => {
      this.markRead(itemIds);
      return {};
    },
    'settings.ownFeatures': () => ({ features: this.ownFeatures() }),
    'settings.features': ({ chatId }) => ({ features: this.features(chatId) }),
    'settings.setFeature': ({ feature, allow }) => {
      this.setFeature(feature, allow);
      return {};
    },
    'servers.list': () => ({ servers: this.serverList }),
    'servers.status': () => this.state,
    'faces.list': (place) => ({ values: this.faceValues(place) }),
    'faces.add': ({ face, list, keep, ...value }) => {
      this.addFaceValue({ face, list }, value, keep);
      return {};
    },
    'faces.remove': ({ face, list, values }) => {
      this.removeFaceValues({ face, list }, values);
      return {};
    },
    'events.since': () => ({ events: [], complete: true, last: 0 }),
  };
}
