/** The core of a chat: what commands do, on the database and the agent. Synchronous, but for what needs a server. */
import type { Agent, ConnId, NewConnection } from '../agent/index.ts';
import {
  ChatError,
  type ChatId,
  type ChatItem,
  type CommandOutput,
  type Contact,
  type FaceList,
  type FaceValue,
  type FeatureState,
  type ItemId,
  MAX_PAGE,
  type Profile,
} from './api/index.ts';
import { requireContact, toContact } from './contacts/contact.ts';
import { featureStates, oweEverybody, ownFeatures, setFeature, tellSome } from './contacts/features.ts';
import { checkVerified, currentCode, verify } from './contacts/verification.ts';
import type { ChatContext } from './context.ts';
import { removeOldEvents } from './events/log.ts';
import { deleteMessage, editMessage, react, sendMessage } from './messages/composing.ts';
import { DIRECT_PQ, encodeInfo, sendIfPossible } from './messages/outgoing.ts';
import { pinMessage } from './messages/pins.ts';
import { removeMost } from './messages/removal.ts';
import {
  type ChatFeature,
  defaultChatPreferences,
  type FeatureAllowed,
  isValidName,
  localName,
} from './protocol/index.ts';
import type { Reachability } from './reachability.ts';
import { indexSlice } from './search/indexing.ts';
import { searchQuery } from './search/words.ts';
import { Slices } from './slices.ts';
import * as store from './store/index.ts';

/** Local name of an invitation that nobody has used, and of a contact that has not told its name. */
const UNNAMED = 'invitation';

/** Where a list goes on: before an item, or after it. */
export interface ItemsNextTo {
  readonly before?: ItemId | undefined;
  readonly after?: ItemId | undefined;
}

export class ChatCore {
  readonly #ctx: ChatContext;
  readonly #agent: Agent;
  readonly #servers: readonly string[];
  readonly #reachability: Reachability;
  /** Tells contacts of a new profile. */
  readonly #telling: Slices;
  /** Indexes what was stored before there was an index. */
  readonly #indexing: Slices;
  /** Looks at each start whether compared codes are still in use. */
  readonly #verifying: Slices;
  #lastVerified: ChatId | undefined;

  constructor(ctx: ChatContext, servers: readonly string[], reachability: Reachability) {
    this.#ctx = ctx;
    this.#agent = ctx.agent;
    this.#servers = servers;
    this.#reachability = reachability;
    this.#telling = new Slices(ctx.clock, ctx.logger, () => tellSome(ctx));
    this.#indexing = new Slices(ctx.clock, ctx.logger, () => indexSlice(ctx.sql));
    this.#verifying = new Slices(ctx.clock, ctx.logger, () => {
      this.#lastVerified = checkVerified(ctx, this.#lastVerified);
      return this.#lastVerified !== undefined;
    });
  }

  profile(): Profile | undefined {
    return store.findProfile(this.#ctx.sql);
  }

  createProfile(displayName: string): Profile {
    if (this.profile() !== undefined) throw new ChatError('profile-exists');
    const profile: Profile = {
      displayName: checkName(displayName),
      fullName: '',
      shortDescr: undefined,
      image: undefined,
      preferences: defaultChatPreferences,
    };
    store.putProfile(this.#ctx.sql, profile);
    return profile;
  }

  renameProfile(displayName: string): Profile {
    const { sql } = this.#ctx;
    const profile: Profile = { ...this.#requireProfile(), displayName: checkName(displayName) };
    sql.transaction(() => {
      store.putProfile(sql, profile);
      oweEverybody(this.#ctx);
      this.#ctx.emit({ kind: 'changed', chatId: undefined, itemId: undefined, change: 'settings' });
    });
    this.#telling.wake();
    return profile;
  }

  start(): void {
    const { sql, clock, logger } = this.#ctx;
    try {
      removeOldEvents(sql, clock.now());
      store.removeOldCommands(sql, clock.now());
    } catch (error) {
      // On a full disk old events stay a little longer.
      logger.warn(`old events stay: ${error instanceof Error ? error.message : String(error)}`);
    }
    this.#agent.start();
    this.#verifying.wake();
    this.#telling.wake();
    this.#indexing.wake();
  }

  async createInvitation(signal: AbortSignal): Promise<{ readonly contact: Contact; readonly link: string }> {
    this.#requireProfile();
    const { connId, link } = await this.#agent.createConnection(this.#newConnection('invited'), signal);
    return { contact: this.#contactOf(connId), link };
  }

  async connect(link: string, signal: AbortSignal): Promise<Contact> {
    const profile = this.#requireProfile();
    const info = encodeInfo({ kind: 'x.info', profile, other: {} });
    const connId = await this.#agent.joinConnection(link, info, this.#newConnection('connecting'), signal);
    return this.#contactOf(connId);
  }

  /** `count` contacts after one, in the order they were made. */
  contacts(after?: ChatId, count = -1): readonly Contact[] {
    return store.contactsAfter(this.#ctx.sql, after, count).map(toContact);
  }

  findContact(name: string): CommandOutput<'contacts.find'> {
    const { sql } = this.#ctx;
    const alike = store.contactsNamedLike(sql, name).map(toContact);
    // As it is written; else the only one that a person would take for it.
    const contact = alike.find((each) => each.localName === name) ?? (alike.length === 1 ? alike[0] : undefined);
    const former = contact === undefined ? store.contactFormerlyNamed(sql, name) : undefined;
    return { contact, alike, formerly: former && toContact(former) };
  }

  contactDetails(chatId: ChatId): CommandOutput<'contacts.get'> {
    const contact = requireContact(this.#ctx, chatId);
    const info = contact.connId === undefined ? undefined : this.#agent.connectionInfo(contact.connId);
    return {
      contact: toContact(contact),
      receivingServers: info?.receivingServers ?? [],
      sendingServers: info?.sendingServers ?? [],
      chatVersion: contact.chatVersion,
      agentVersion: info?.agentVersion,
      features: featureStates(this.#ctx, contact),
    };
  }

  securityCode(chatId: ChatId): string | undefined {
    return currentCode(this.#ctx, requireContact(this.#ctx, chatId));
  }

  items(chatId: ChatId | undefined, count: number, next: ItemsNextTo = {}): readonly ChatItem[] {
    return store.listItems(this.#ctx.sql, chatId, { ...next, count });
  }

  item(itemId: ItemId): ChatItem {
    const item = store.findItem(this.#ctx.sql, itemId)?.item;
    if (item === undefined) throw new ChatError('no-item');
    return item;
  }

  /** Finds what is indexed; {@link indexed} waits for the rest. */
  search(chatId: ChatId | undefined, text: string, count: number, before?: ItemId): readonly ChatItem[] {
    const query = searchQuery(text);
    if (query === undefined) throw new ChatError('blank');
    return store.searchItems(this.#ctx.sql, chatId, query, { before, count });
  }

  /** Resolves when all messages are indexed. */
  indexed(): Promise<void> {
    return this.#indexing.finish();
  }

  sendText(chatId: ChatId, text: string, quoted?: ItemId): ChatItem {
    return sendMessage(this.#ctx, chatId, text, quoted);
  }

  editMessage(itemId: ItemId, text: string): ChatItem {
    return editMessage(this.#ctx, itemId, text);
  }

  deleteMessage(itemId: ItemId, scope: 'everyone' | 'here'): { readonly item: ChatItem; readonly removed: boolean } {
    return deleteMessage(this.#ctx, itemId, scope);
  }

  react(itemId: ItemId, emoji: string, add: boolean): ChatItem {
    return react(this.#ctx, itemId, emoji, add);
  }

  pinMessage(itemId: ItemId, add: boolean): ChatItem {
    return pinMessage(this.#ctx, itemId, add);
  }

  pinnedItems(chatId: ChatId | undefined, count: number, before?: ItemId): readonly ChatItem[] {
    return store.pinnedItems(this.#ctx.sql, chatId, { before, count });
  }

  /** Removes most messages of a conversation in pieces; the newest one at the beginning. */
  removeMost(chatId: ChatId, signal: AbortSignal): Promise<ItemId | undefined> {
    requireContact(this.#ctx, chatId);
    return removeMost(this.#ctx, chatId, signal);
  }

  /** Empties a conversation up to a message, or all of it. */
  clear(chatId: ChatId, last?: ItemId): void {
    const { sql, emit } = this.#ctx;
    requireContact(this.#ctx, chatId);
    sql.transaction(() => {
      store.removeItems(sql, chatId, last);
      emit({ kind: 'changed', chatId, itemId: undefined, change: 'cleared' });
    });
  }

  /** The `count` conversations with the newest messages, newest first. */
  chats(count: number): CommandOutput<'chats.list'>['chats'] {
    const { sql } = this.#ctx;
    return store.latestChats(sql, count).map(({ chatId, itemId }) => ({
      contact: toContact(requireContact(this.#ctx, chatId)),
      last: itemId === undefined ? undefined : store.findItem(sql, itemId)?.item,
      unread: store.unreadCount(sql, chatId),
    }));
  }

  /** The first `count` conversations that nobody has read to their end. */
  unread(count = MAX_PAGE): CommandOutput<'chats.unread'>['chats'] {
    const counts = [...store.unreadCounts(this.#ctx.sql, count)];
    return counts.map(([id, unread]) => ({ contact: toContact(requireContact(this.#ctx, id)), ...unread }));
  }

  unreadTotals(): Pick<CommandOutput<'chats.unread'>, 'messages' | 'conversations'> {
    return store.unreadTotals(this.#ctx.sql);
  }

  markRead(itemIds: readonly ItemId[]): void {
    const { sql, emit } = this.#ctx;
    sql.transaction(() => {
      const chats = store.markItemsRead(sql, itemIds);
      for (const chatId of chats) emit({ kind: 'changed', chatId, itemId: undefined, change: 'read' });
    });
  }

  verify(chatId: ChatId, code: string | undefined): { readonly verified: boolean; readonly code: string } {
    return verify(this.#ctx, chatId, code);
  }

  setFeature(feature: ChatFeature, allow: FeatureAllowed, chatId: ChatId | undefined): void {
    this.#ctx.sql.transaction(() => {
      setFeature(this.#ctx, this.#requireProfile(), feature, allow, chatId);
      this.#ctx.emit({ kind: 'changed', chatId, itemId: undefined, change: 'settings' });
    });
    this.#telling.wake();
  }

  ownFeatures(): CommandOutput<'settings.ownFeatures'>['features'] {
    return ownFeatures(this.#requireProfile());
  }

  features(chatId: ChatId): readonly FeatureState[] {
    return featureStates(this.#ctx, requireContact(this.#ctx, chatId));
  }

  status(): CommandOutput<'servers.status'> {
    return { ...this.#reachability.servers(), sending: store.pendingCount(this.#ctx.sql) };
  }

  faceValues(list: FaceList): readonly FaceValue[] {
    return store.faceValues(this.#ctx.sql, list);
  }

  addFaceValue(list: FaceList, value: FaceValue, keep: number): void {
    if (value.chatId !== undefined) requireContact(this.#ctx, value.chatId);
    if (value.itemId !== undefined) this.item(value.itemId);
    store.addFaceValue(this.#ctx.sql, list, value, keep);
  }

  removeFaceValues(list: FaceList, values?: readonly string[]): void {
    store.removeFaceValues(this.#ctx.sql, list, values);
  }

  deleteContact(chatId: ChatId): void {
    const { sql, emit } = this.#ctx;
    const { connId, state } = requireContact(this.#ctx, chatId);
    sql.transaction(() => {
      if (connId !== undefined) {
        const told = state === 'connected' && sendIfPossible(this.#ctx, connId, { kind: 'x.direct.del', other: {} });
        this.#agent.deleteConnection(connId, { waitDelivery: told });
      }
      store.deleteChat(sql, chatId);
      emit({ kind: 'changed', chatId, itemId: undefined, change: 'deleted' });
    });
    this.#reachability.forgetUnused();
  }

  servers(): readonly string[] {
    return this.#servers;
  }

  /** True when nothing waits to be sent or acknowledged. */
  idle(): boolean {
    return this.#agent.idle && !this.#telling.busy;
  }

  async stop(): Promise<void> {
    this.#telling.stop();
    this.#indexing.stop();
    this.#verifying.stop();
    await this.#agent.stop();
  }

  #requireProfile(): Profile {
    const profile = this.profile();
    if (profile === undefined) throw new ChatError('no-profile');
    return profile;
  }

  /** Contacts are stored and removed with their connections. */
  #newConnection(state: 'invited' | 'connecting'): NewConnection {
    const { sql, clock, emit } = this.#ctx;
    return {
      pq: DIRECT_PQ,
      stored: (connId) => {
        const name = localName(UNNAMED, (candidate) => store.contactByLocalName(sql, candidate) !== undefined);
        const chatId = store.insertContact(sql, { connId, localName: name, state }, clock.now());
        emit({ kind: 'changed', chatId, itemId: undefined, change: 'contact' });
      },
      removed: (connId) => {
        const contact = store.contactByConnection(sql, connId);
        if (contact === undefined) return;
        store.deleteChat(sql, contact.chatId);
        emit({ kind: 'changed', chatId: contact.chatId, itemId: undefined, change: 'deleted' });
      },
    };
  }

  #contactOf(connId: ConnId): Contact {
    return toContact(store.contactByConnection(this.#ctx.sql, connId)!);
  }
}

function checkName(displayName: string): string {
  const name = displayName.normalize('NFC').trim();
  if (!isValidName(name)) throw new ChatError('name', { name });
  return name;
}
