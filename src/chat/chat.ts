/** The chat itself: commands of faces on one side, events of the agent on the other, one database between them. */
import { type Agent, type AgentEvent, type ConnId, isDatabaseError, type NewConnection } from '../agent/index.ts';
import { formatSmpServer } from '../protocol/index.ts';
import {
  type Chat,
  ChatError,
  type ChatId,
  type ChatItem,
  type ChatStatus,
  type Contact,
  type ContactDetails,
  type FaceList,
  type FaceValue,
  type FeatureState,
  type ItemId,
  type ItemsNextTo,
  type Profile,
  type SendStatus,
} from './api.ts';
import { receiveConfirmation, receiveConnected, receiveInfo } from './contacts/connecting.ts';
import { requireContact, toContact } from './contacts/contact.ts';
import { featureStates, ownFeatures, setFeature, tellEverybody } from './contacts/features.ts';
import { checkVerified, currentCode, verify } from './contacts/verification.ts';
import type { ChatContext } from './context.ts';
import { deleteMessage, editMessage, react, sendMessage } from './messages/composing.ts';
import { receiveMessage, receiveSessionLost, receiveUnreadable } from './messages/incoming.ts';
import { DIRECT_PQ, encodeInfo, sendIfPossible } from './messages/outgoing.ts';
import {
  type ChatFeature,
  defaultChatPreferences,
  type FeatureAllowed,
  localName,
  nameProblem,
  quoteName,
} from './protocol/index.ts';
import { indexSlice } from './search/indexing.ts';
import { searchQuery } from './search/words.ts';
import * as store from './store/index.ts';

/** Local name of an invitation that nobody has used, and of a contact that has not told its name. */
const UNNAMED = 'invitation';

export class ChatEngine implements Chat {
  readonly #ctx: ChatContext;
  readonly #agent: Agent;
  readonly #servers: readonly string[];
  readonly #onStopped: () => void;
  /** Servers of conversations, and whether they are reached. */
  readonly #reached = new Map<string, boolean>();

  /** `onStopped` lets go of what was made for this chat alone. */
  constructor(ctx: ChatContext, servers: readonly string[], onStopped: () => void = () => {}) {
    this.#ctx = ctx;
    this.#onStopped = onStopped;
    this.#agent = ctx.agent;
    this.#servers = servers;
  }

  profile(): Profile | undefined {
    return store.findProfile(this.#ctx.sql);
  }

  createProfile(displayName: string): Profile {
    if (this.profile() !== undefined)
      throw new ChatError('state', 'There is a profile already. Use /p <name> to rename it.');
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
      tellEverybody(this.#ctx, profile);
    });
    return profile;
  }

  start(): void {
    checkVerified(this.#ctx);
    this.#agent.start();
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

  contacts(): readonly Contact[] {
    return store.allContacts(this.#ctx.sql).map(toContact);
  }

  contactByName(name: string): Contact {
    const alike = store.contactsNamedLike(this.#ctx.sql, name);
    // As it is written; else the only one that a person would take for it.
    const contact = alike.find(({ localName: each }) => each === name) ?? (alike.length === 1 ? alike[0] : undefined);
    if (contact === undefined && alike.length > 1) {
      const names = alike.map(({ localName: each }) => quoteName(each)).join(', ');
      throw new ChatError(
        'no-contact',
        `There is more than one contact with a name like "${name}": ${names}. Press Tab after @ to write one exactly.`,
      );
    }
    const former = contact === undefined ? store.contactFormerlyNamed(this.#ctx.sql, name) : undefined;
    if (former !== undefined) {
      const now = quoteName(former.localName);
      // No other name may be offered: it could be that of who wants to be taken for the contact.
      throw new ChatError('name', `There is no contact "${name}" any more: it is called ${now} now. Use @${now}`);
    }
    if (contact === undefined)
      throw new ChatError(
        'no-contact',
        `There is no contact "${name}". /contacts lists them; names with spaces are written in quotes: @'Alice B' hello`,
      );
    return toContact(contact);
  }

  contactDetails(chatId: ChatId): ContactDetails {
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

  search(chatId: ChatId | undefined, text: string, count: number): readonly ChatItem[] {
    const query = searchQuery(text);
    if (query === undefined) throw new ChatError('text', 'What should be searched for? It needs a letter or a digit.');
    // What was stored before there was an index.
    while (indexSlice(this.#ctx.sql));
    return store.searchItems(this.#ctx.sql, chatId, query, { count });
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

  clear(chatId: ChatId): void {
    const { sql } = this.#ctx;
    requireContact(this.#ctx, chatId);
    sql.transaction(() => store.removeItems(sql, chatId));
  }

  unread(): ReturnType<Chat['unread']> {
    const counts = [...store.unreadCounts(this.#ctx.sql)];
    return counts.map(([id, unread]) => ({ contact: toContact(requireContact(this.#ctx, id)), ...unread }));
  }

  markRead(itemIds: readonly ItemId[]): void {
    store.markItemsRead(this.#ctx.sql, itemIds);
  }

  verify(chatId: ChatId, code: string | undefined): { readonly verified: boolean; readonly code: string } {
    return verify(this.#ctx, chatId, code);
  }

  setFeature(feature: ChatFeature, allow: FeatureAllowed, chatId: ChatId | undefined): void {
    setFeature(this.#ctx, this.#requireProfile(), feature, allow, chatId);
  }

  ownFeatures(): ReturnType<Chat['ownFeatures']> {
    return ownFeatures(this.#requireProfile());
  }

  features(chatId: ChatId): readonly FeatureState[] {
    return featureStates(this.#ctx, requireContact(this.#ctx, chatId));
  }

  status(): ChatStatus {
    const known = [...this.#reached];
    return {
      connected: known.filter(([, reached]) => reached).map(([server]) => server),
      disconnected: known.filter(([, reached]) => !reached).map(([server]) => server),
      sending: store.pendingCount(this.#ctx.sql),
    };
  }

  faceValues(list: FaceList): readonly FaceValue[] {
    return store.faceValues(this.#ctx.sql, list);
  }

  addFaceValue(list: FaceList, value: FaceValue, keep: number): void {
    store.addFaceValue(this.#ctx.sql, list, value, keep);
  }

  removeFaceValues(list: FaceList, values?: readonly string[]): void {
    store.removeFaceValues(this.#ctx.sql, list, values);
  }

  async deleteContact(chatId: ChatId): Promise<void> {
    const { sql } = this.#ctx;
    const { connId, state } = requireContact(this.#ctx, chatId);
    sql.transaction(() => {
      if (connId !== undefined) {
        const told = state === 'connected' && sendIfPossible(this.#ctx, connId, { kind: 'x.direct.del', other: {} });
        this.#agent.deleteConnection(connId, { waitDelivery: told });
      }
      store.deleteChat(sql, chatId);
    });
    for (const [server, reached] of this.#reached) this.#setReached(server, reached);
  }

  servers(): readonly string[] {
    return this.#servers;
  }

  idle(): boolean {
    return this.#agent.idle;
  }

  async stop(): Promise<void> {
    await this.#agent.stop();
    this.#onStopped();
    this.#ctx.sql.close();
  }

  /** Handles what the agent tells. A failure here is reported, and keeps nothing else from being handled. */
  handle(event: AgentEvent): void {
    try {
      this.#handle(event);
    } catch (error) {
      // The agent undoes its part with ours, and both are tried again.
      if (isDatabaseError(error)) throw error;
      const message = error instanceof Error ? error.message : String(error);
      this.#ctx.logger.error(`${event.kind} could not be handled: ${message}`);
      if (event.kind === 'message') receiveUnreadable(this.#ctx, event);
      this.#ctx.emit({ kind: 'error', contact: undefined, message });
    }
  }

  #handle(event: AgentEvent): void {
    const ctx = this.#ctx;
    switch (event.kind) {
      case 'confirmation':
        receiveConfirmation(ctx, event);
        break;
      case 'info':
        receiveInfo(ctx, event);
        break;
      case 'connected':
        receiveConnected(ctx, event.connId, event.pq);
        break;
      case 'message':
        receiveMessage(ctx, event);
        break;
      case 'sessionLost':
        receiveSessionLost(ctx, event);
        break;
      case 'receipt':
        for (const { msgId, intact } of event.receipts) {
          this.#setStatus(event.connId, msgId, { kind: 'delivered', intact });
        }
        break;
      case 'sent':
        this.#setStatus(event.connId, event.msgId, { kind: 'sent' });
        break;
      case 'sendFailed':
        this.#handleSendFailure(event);
        break;
      case 'connectionFailed':
      case 'subscriptionEnded':
      case 'error':
        this.#handleFailure(event);
        break;
      case 'serverConnected':
      case 'serverDisconnected':
        this.#setReached(formatSmpServer(event.server), event.kind === 'serverConnected');
        ctx.emit({ kind: event.kind, server: formatSmpServer(event.server) });
        break;
    }
  }

  /** A server that nothing is received from is connected to when there is something to send, and then let go. */
  #setReached(server: string, reached: boolean): void {
    if (reached || this.#receivesFrom(server)) this.#reached.set(server, reached);
    else this.#reached.delete(server);
  }

  #receivesFrom(server: string): boolean {
    return store
      .allContacts(this.#ctx.sql)
      .some(
        ({ connId }) => connId !== undefined && this.#agent.connectionInfo(connId).receivingServers.includes(server),
      );
  }

  #handleSendFailure({ connId, msgId, error }: Extract<AgentEvent, { kind: 'sendFailed' }>): void {
    if (store.isSentItem(this.#ctx.sql, connId, msgId)) {
      this.#setStatus(connId, msgId, { kind: 'failed', reason: error.message });
      return;
    }
    const contact = store.contactByConnection(this.#ctx.sql, connId);
    const message = `A change (an edit, a reaction, a new name) could not be sent: ${error.message}`;
    if (contact !== undefined) this.#ctx.emit({ kind: 'error', contact: toContact(contact), message });
  }

  #handleFailure(event: Extract<AgentEvent, { kind: 'connectionFailed' | 'subscriptionEnded' | 'error' }>): void {
    const stored = event.connId && store.contactByConnection(this.#ctx.sql, event.connId);
    const contact = stored && toContact(stored);
    if (event.kind === 'error') {
      this.#ctx.emit({ kind: 'error', contact, message: event.error.message });
    } else if (contact !== undefined && event.kind === 'connectionFailed') {
      this.#ctx.emit({ kind: 'connectionFailed', contact, reason: event.error.message });
    } else if (contact !== undefined && event.kind === 'subscriptionEnded' && event.deleted) {
      const message = 'The server has deleted the queue: nothing can be received from this contact any more.';
      this.#ctx.emit({ kind: 'error', contact, message });
    } else if (contact !== undefined) {
      this.#ctx.emit({ kind: 'subscriptionEnded', contact });
    }
  }

  #setStatus(connId: ConnId, msgId: Parameters<typeof store.updateSendStatus>[2], status: SendStatus): void {
    const { sql } = this.#ctx;
    const item = store.updateSendStatus(sql, connId, msgId, status);
    const contact = store.contactByConnection(sql, connId);
    if (item !== undefined && contact !== undefined) {
      this.#ctx.emit({ kind: 'messageStatus', contact: toContact(contact), item });
    }
  }

  #requireProfile(): Profile {
    const profile = this.profile();
    if (profile === undefined) throw new ChatError('no-profile', 'Choose a name for your profile first.');
    return profile;
  }

  /** Contacts are stored and removed with their connections. */
  #newConnection(state: 'invited' | 'connecting'): NewConnection {
    const { sql, clock } = this.#ctx;
    return {
      pq: DIRECT_PQ,
      stored: (connId) => {
        const name = localName(UNNAMED, (candidate) => store.contactByLocalName(sql, candidate) !== undefined);
        store.insertContact(sql, { connId, localName: name, state }, clock.now());
      },
      removed: (connId) => {
        const contact = store.contactByConnection(sql, connId);
        if (contact !== undefined) store.deleteChat(sql, contact.chatId);
      },
    };
  }

  #contactOf(connId: ConnId): Contact {
    return toContact(store.contactByConnection(this.#ctx.sql, connId)!);
  }
}

function checkName(displayName: string): string {
  const name = displayName.normalize('NFC').trim();
  const problem = nameProblem(name);
  if (problem !== undefined) throw new ChatError('name', problem);
  return name;
}
