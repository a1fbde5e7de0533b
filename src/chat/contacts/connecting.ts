/** How contacts come to be: what the agent tells of connections that are being made. */
import type { AgentEvent, ConnId } from '../../agent/index.ts';
import type { ChatContext } from '../context.ts';
import { undescribed } from '../events/failure.ts';
import { encodeInfo } from '../messages/outgoing.ts';
import { agreedChatVersion, type DecodedChatMessage, decodeChatBody } from '../protocol/index.ts';
import * as store from '../store/index.ts';
import { toContact } from './contact.ts';
import { profileFor, tellProfile } from './features.ts';
import { applyProfile, applyVersions } from './profile-update.ts';

type EventOf<K extends AgentEvent['kind']> = Extract<AgentEvent, { kind: K }>;

/** Somebody used our invitation: an invitation lets whoever has it in. */
export function receiveConfirmation(ctx: ChatContext, event: EventOf<'confirmation'>): void {
  const { sql, agent } = ctx;
  sql.transaction(() => {
    const contact = store.contactByConnection(sql, event.connId);
    const profile = store.findProfile(sql);
    if (contact === undefined || profile === undefined) {
      agent.deleteConnection(event.connId, { waitDelivery: false });
      return;
    }
    const updated = applyInfo(ctx, contact, event.info);
    if (updated === undefined) {
      agent.deleteConnection(event.connId, { waitDelivery: false });
      store.deleteChat(sql, contact.chatId);
      ctx.emit({ kind: 'changed', chatId: contact.chatId, itemId: undefined, change: 'deleted' });
      return;
    }
    store.setContactState(sql, contact.chatId, 'connecting');
    const { connId, confirmationId } = event;
    agent.allowConnection(
      connId,
      confirmationId,
      encodeInfo({ kind: 'x.info', profile: profileFor(profile, updated), other: {} }),
    );
    ctx.emit({ kind: 'contactConnecting', contact: toContact({ ...updated, state: 'connecting' }) });
  });
}

/** The profile of who made the invitation that we used. */
export function receiveInfo(ctx: ChatContext, event: EventOf<'info'>): void {
  ctx.sql.transaction(() => {
    const contact = store.contactByConnection(ctx.sql, event.connId);
    if (contact === undefined) return;
    applyInfo(ctx, contact, event.info);
    ctx.emit({ kind: 'changed', chatId: contact.chatId, itemId: undefined, change: 'contact' });
  });
}

export function receiveConnected(ctx: ChatContext, connId: ConnId, pq: boolean): void {
  const { sql } = ctx;
  sql.transaction(() => {
    const contact = store.contactByConnection(sql, connId);
    if (contact === undefined) return;
    store.setContactState(sql, contact.chatId, 'connected');
    store.setContactPq(sql, contact.chatId, pq);
    const connected = toContact({ ...contact, state: 'connected', pq });
    ctx.emit({ kind: 'contactConnected', contact: connected });
    const profile = store.findProfile(sql);
    if (profile !== undefined && store.takeOwedProfile(sql, contact.chatId)) {
      tellProfile(ctx, profile, { ...contact, state: 'connected' });
    }
    if (pq) ctx.emit({ kind: 'pqEncryption', contact: connected, enabled: true });
  });
}

/**
 * Reads `x.info` out of a confirmation; anything else leaves the contact without a profile, and connected. Undefined,
 * and said so, when there is no version in common.
 */
function applyInfo(ctx: ChatContext, contact: store.StoredContact, info: Uint8Array): store.StoredContact | undefined {
  const [decoded]: readonly (DecodedChatMessage | undefined)[] = decodeChatBody(info);
  if (decoded?.kind !== 'message') {
    ctx.logger.info('a confirmation came without a readable profile');
    return contact;
  }
  const { versions, event } = decoded.message;
  if (versions !== undefined) {
    applyVersions(ctx, contact, versions);
    if (agreedChatVersion(versions) === undefined) {
      ctx.emit({ kind: 'connectionFailed', contact: toContact(contact), reason: 'too-old', ...undescribed });
      return undefined;
    }
  }
  return event.kind === 'x.info' || event.kind === 'x.contact' ? applyProfile(ctx, contact, event.profile) : contact;
}
