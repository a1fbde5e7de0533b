/**
 * Chat events that arrive: each is stored, or acted on, in one transaction with its acknowledgement. Nothing a peer
 * sends is fatal; what is not understood is kept and shown by a sensible text, or does nothing.
 */
import type { AgentEvent } from '../../agent/index.ts';
import type { Integrity, ItemNotice } from '../api/index.ts';
import { toContact } from '../contacts/contact.ts';
import { applyProfile, applyVersions } from '../contacts/profile-update.ts';
import type { ChatContext } from '../context.ts';
import {
  type ChatMessage,
  contentText,
  type DecodedChatMessage,
  decodeChatBody,
  encodeChatMessage,
  encodeContainer,
  eventName,
  type MsgContainer,
} from '../protocol/index.ts';
import * as store from '../store/index.ts';
import { type ItemOfUpdate, receiveDelete, receiveReaction, receiveUpdate } from './changes.ts';
import { isRefused, refusedItem } from './refused.ts';

type MessageEvent = Extract<AgentEvent, { kind: 'message' }>;

/** Stores one received agent message, which may hold several events, and acknowledges it. */
export function receiveMessage(ctx: ChatContext, event: MessageEvent): void {
  const { sql, agent } = ctx;
  const { connId, msgId, meta } = event;
  sql.transaction(() => {
    const contact = store.contactByConnection(sql, connId);
    let receipt = false;
    if (contact === undefined) {
      // Of a contact that was deleted: nothing more of it is wanted.
      agent.deleteConnection(connId, { waitDelivery: false });
      return;
    }
    if (meta.pq !== contact.pq) {
      store.setContactPq(sql, contact.chatId, meta.pq);
      ctx.emit({ kind: 'pqEncryption', contact: toContact({ ...contact, pq: meta.pq }), enabled: meta.pq });
    }
    readableOnce(decodeChatBody(event.body)).forEach((decoded, position) => {
      // An earlier event of the batch may have changed the contact.
      const current = store.contactByConnection(sql, connId);
      if (current !== undefined) receipt = receiveOne(ctx, current, decoded, event, position) || receipt;
    });
    agent.ackMessage(connId, msgId, { receipt });
    // It deleted the connection: the same from our side.
    if (store.contactByConnection(sql, connId) === undefined) agent.deleteConnection(connId, { waitDelivery: false });
  });
}

/** One line stands for all that cannot be read of a message, however much that is. */
function readableOnce(elements: readonly DecodedChatMessage[]): readonly DecodedChatMessage[] {
  const first = elements.findIndex(({ kind }) => kind !== 'message');
  return elements.filter(({ kind }, i) => kind === 'message' || i === first);
}

const unreadable = {
  text: '',
  notice: 'unreadable',
  event: undefined,
  sharedMsgId: undefined,
  edited: false,
} as const;

/** In place of a message whose handling failed: it must not stand before all that come after it. */
export function receiveUnreadable(ctx: ChatContext, event: MessageEvent): void {
  ctx.sql.transaction(() => {
    const contact = store.contactByConnection(ctx.sql, event.connId);
    if (contact !== undefined) storeItem(ctx, contact, unreadable, event, 0);
    ctx.agent.ackMessage(event.connId, event.msgId, { receipt: false });
  });
}

/** A line where the conversation broke: what comes later is not shown, and nothing is sent. */
export function receiveSessionLost(ctx: ChatContext, event: Extract<AgentEvent, { kind: 'sessionLost' }>): void {
  const contact = store.contactByConnection(ctx.sql, event.connId);
  if (contact === undefined) return;
  const meta = { integrity: { kind: 'ok' }, brokerTs: event.brokerTs } as const;
  storeItem(
    ctx,
    contact,
    { ...unreadable, notice: 'session-lost' },
    { connId: event.connId, msgId: event.msgId, meta },
    0,
  );
}

/** Acts on one event; true when its sender wants to know that it arrived. */
function receiveOne(
  ctx: ChatContext,
  contact: store.StoredContact,
  decoded: DecodedChatMessage,
  received: MessageEvent,
  position: number,
): boolean {
  if (decoded.kind !== 'message') {
    ctx.logger.info(decoded.kind === 'invalid' ? `unreadable chat message: ${decoded.reason}` : 'inline file part');
    storeItem(ctx, contact, unreadable, received, position);
    return false;
  }
  const { message } = decoded;
  if (message.versions !== undefined) applyVersions(ctx, contact, message.versions);
  switch (message.event.kind) {
    case 'x.msg.new':
      receiveNew(ctx, contact, message, message.event.container, received, position);
      return true;
    case 'x.info':
      applyProfile(ctx, contact, message.event.profile);
      return false;
    case 'x.direct.del': {
      store.detachContact(ctx.sql, contact);
      const gone = toContact({ ...contact, state: 'deleted-by-peer', connId: undefined });
      for (const item of store.failPending(ctx.sql, contact.chatId, 'deleted-by-peer')) {
        ctx.emit({ kind: 'messageStatus', contact: gone, item });
      }
      ctx.emit({ kind: 'contactDeletedByPeer', contact: gone });
      return false;
    }
    case 'x.msg.update': {
      const item = receiveUpdate(ctx, contact, message.event);
      if (item !== undefined) storeItem(ctx, contact, item, received, position);
      return false;
    }
    case 'x.msg.del':
      receiveDelete(ctx, contact, message.event.msgId, received.meta.brokerTs);
      return false;
    case 'x.msg.react':
      receiveReaction(ctx, contact, message.event.msgId, message.event.reaction, message.event.add);
      return false;
    case 'x.ok':
    case 'x.info.probe':
    case 'x.info.probe.check':
    case 'x.info.probe.ok':
      return false;
    default:
      receiveOther(ctx, contact, message, received, position);
      return false;
  }
}

function receiveNew(
  ctx: ChatContext,
  contact: store.StoredContact,
  message: ChatMessage,
  container: MsgContainer,
  received: MessageEvent,
  position: number,
): void {
  const { content } = container;
  const item = isRefused(ctx, contact, content)
    ? refusedItem(message.msgId)
    : {
        text: contentText(content),
        notice: undefined,
        event: encodeContainer(container),
        sharedMsgId: message.msgId,
        edited: false,
      };
  storeItem(ctx, contact, item, received, position);
}

/** What a person should know of, though this version can do nothing with it. */
const noticeable: Readonly<Record<string, ItemNotice>> = {
  'x.call.inv': 'call',
  'x.grp.inv': 'group-invitation',
};

function receiveOther(
  ctx: ChatContext,
  contact: store.StoredContact,
  message: ChatMessage,
  received: MessageEvent,
  position: number,
): void {
  const { connId, msgId } = received;
  const kept = { chatId: contact.chatId, connId, msgId, position, message: encodeChatMessage(message) };
  if (!store.keepEvent(ctx.sql, kept, ctx.clock.now())) ctx.logger.info('an event was too large to be kept');
  const notice = noticeable[eventName(message.event)];
  if (notice !== undefined) {
    storeItem(ctx, contact, { ...unreadable, notice, sharedMsgId: message.msgId }, received, position);
  }
}

function storeItem(
  ctx: ChatContext,
  contact: store.StoredContact,
  item: ItemOfUpdate,
  received: Pick<MessageEvent, 'connId' | 'msgId'> & {
    readonly meta: Pick<MessageEvent['meta'], 'integrity' | 'brokerTs'>;
  },
  position: number,
): void {
  // Only the first item of a message says how the message fits after the one before.
  const integrity: Integrity = position === 0 ? received.meta.integrity : { kind: 'ok' };
  const stored = store.insertItem(ctx.sql, {
    ...item,
    chatId: contact.chatId,
    authorId: contact.authorId,
    connId: received.connId,
    msgId: received.msgId,
    position,
    timestamp: received.meta.brokerTs,
    direction: { kind: 'received', integrity },
  });
  if (stored !== undefined) ctx.emit({ kind: 'messageReceived', contact: toContact(contact), item: stored });
}
