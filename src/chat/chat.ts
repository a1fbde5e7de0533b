/** The chat itself: commands of faces on one side, events of the agent on the other, one database between them. */
import { type Agent, type AgentEvent, type ConnId, isDatabaseError, type NewConnection } from '../agent/index.ts';
import { formatSmpServer } from '../protocol/index.ts';
import {
  type Chat,
  ChatError,
  type ChatItem,
  type Contact,
  type ContactDetails,
  type ContactId,
  type Profile,
  type SendStatus,
} from './api.ts';
import { receiveConfirmation, receiveConnected, receiveInfo } from './contacts/connecting.ts';
import { toContact } from './contacts/contact.ts';
import type { ChatContext } from './context.ts';
import { receiveMessage, receiveUnreadable } from './messages/incoming.ts';
import { DIRECT_PQ, encodeInfo, sendEvent } from './messages/outgoing.ts';
import {
  defaultChatPreferences,
  encodeContainer,
  isValidName,
  localName,
  securityCode,
  simpleContainer,
  textContent,
} from './protocol/index.ts';
import * as store from './store/index.ts';

/** Local name of an invitation that nobody has used, and of a contact that has not told its name. */
const UNNAMED = 'invitation';

export class ChatEngine implements Chat {
  readonly #ctx: ChatContext;
  readonly #agent: Agent;
  readonly #servers: readonly string[];

  constructor(ctx: ChatContext, servers: readonly string[]) {
    this.#ctx = ctx;
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
      store.oweProfile(sql);
      for (const { connId, state } of store.allContacts(sql)) {
        if (connId !== undefined && state === 'connected')
          sendEvent(this.#ctx, connId, { kind: 'x.info', profile, other: {} });
      }
    });
    return profile;
  }

  start(): void {
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
    const contact = store.contactByLocalName(this.#ctx.sql, name);
    if (contact === undefined)
      throw new ChatError(
        'no-contact',
        `There is no contact "${name}". /contacts lists them; names with spaces are written in quotes: @'Alice B' hello`,
      );
    return toContact(contact);
  }

  contactDetails(contactId: ContactId): ContactDetails {
    const contact = this.#requireContact(contactId);
    const info = contact.connId === undefined ? undefined : this.#agent.connectionInfo(contact.connId);
    return {
      contact: toContact(contact),
      receivingServers: info?.receivingServers ?? [],
      sendingServers: info?.sendingServers ?? [],
      chatVersion: contact.chatVersion,
      agentVersion: info?.agentVersion,
    };
  }

  securityCode(contactId: ContactId): string | undefined {
    const { connId, state } = this.#requireContact(contactId);
    if (connId === undefined || state !== 'connected') return undefined;
    const { ratchetHash } = this.#agent.connectionInfo(connId);
    return ratchetHash && securityCode(ratchetHash);
  }

  items(contactId: ContactId | undefined, count: number): readonly ChatItem[] {
    return store.lastItems(this.#ctx.sql, contactId, count);
  }

  sendText(contactId: ContactId, text: string): ChatItem {
    const { sql, clock } = this.#ctx;
    if (text.trim() === '') throw new ChatError('text', 'There is nothing to send: write a text after the name.');
    const { connId, state, localName: name } = this.#requireContact(contactId);
    if (connId === undefined) throw new ChatError('not-connected', `${name} has deleted the connection.`);
    if (state !== 'connected') throw new ChatError('not-connected', `${name} is not connected yet.`);
    return sql.transaction(() => {
      const container = simpleContainer(textContent(text));
      const sent = sendEvent(this.#ctx, connId, { kind: 'x.msg.new', container });
      const item = store.insertItem(sql, {
        contactId,
        connId,
        msgId: sent.msgId,
        position: 0,
        sharedMsgId: sent.sharedMsgId,
        timestamp: clock.now(),
        text,
        event: encodeContainer(container),
        direction: { kind: 'sent', status: { kind: 'pending' } },
      });
      return item!;
    });
  }

  async deleteContact(contactId: ContactId): Promise<void> {
    const { sql } = this.#ctx;
    const { connId, state } = this.#requireContact(contactId);
    sql.transaction(() => {
      if (connId !== undefined) {
        if (state === 'connected') sendEvent(this.#ctx, connId, { kind: 'x.direct.del', other: {} });
        this.#agent.deleteConnection(connId, { waitDelivery: state === 'connected' });
      }
      store.deleteContactRow(sql, contactId);
    });
  }

  servers(): readonly string[] {
    return this.#servers;
  }

  idle(): boolean {
    return this.#agent.idle;
  }

  async stop(): Promise<void> {
    await this.#agent.stop();
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
      case 'receipt':
        for (const { msgId, intact } of event.receipts) {
          this.#setStatus(event.connId, msgId, { kind: 'delivered', intact });
        }
        break;
      case 'sent':
        this.#setStatus(event.connId, event.msgId, { kind: 'sent' });
        break;
      case 'sendFailed':
        this.#setStatus(event.connId, event.msgId, { kind: 'failed', reason: event.error.message });
        break;
      case 'connectionFailed':
      case 'subscriptionEnded':
      case 'error':
        this.#handleFailure(event);
        break;
      case 'serverConnected':
      case 'serverDisconnected':
        ctx.emit({ kind: event.kind, server: formatSmpServer(event.server) });
        break;
    }
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

  #requireContact(contactId: ContactId): store.StoredContact {
    const contact = store.findContact(this.#ctx.sql, contactId);
    if (contact === undefined) throw new ChatError('no-contact', 'There is no such contact.');
    return contact;
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
        if (contact !== undefined) store.deleteContactRow(sql, contact.contactId);
      },
    };
  }

  #contactOf(connId: ConnId): Contact {
    return toContact(store.contactByConnection(this.#ctx.sql, connId)!);
  }
}

function checkName(displayName: string): string {
  const name = displayName.trim();
  if (isValidName(name)) return name;
  throw new ChatError(
    'name',
    `"${name}" cannot be a name. Use up to 50 letters, digits, spaces and symbols, without ' and beginning with a letter, digit or emoji.`,
  );
}
