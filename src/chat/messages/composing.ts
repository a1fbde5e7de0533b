/**
 * What a person does with messages: sends, answers, changes, deletes and reacts. Each is stored and handed to the agent
 * in one transaction, or refused with a `ChatError` that says why.
 */
import type { ConnId } from '../../agent/index.ts';
import { ChatError, type ChatId, type ChatItem, type ItemId } from '../api/index.ts';
import { requireConnected } from '../contacts/contact.ts';
import { featureState } from '../contacts/features.ts';
import type { ChatContext } from '../context.ts';
import {
  encodeContainer,
  encodeQuote,
  isBlank,
  MAX_REACTIONS,
  type MsgContainer,
  quoteOf,
  reactionEmojis,
  type SharedMsgId,
  simpleContainer,
  textContent,
} from '../protocol/index.ts';
import * as store from '../store/index.ts';
import { sendEvent } from './outgoing.ts';

/** How long a message can be changed, and deleted for everyone, after it was sent: as in the official apps. */
const CHANGE_TIME_MS = 24 * 3600 * 1000;

export function sendMessage(ctx: ChatContext, chatId: ChatId, text: string, quoted: ItemId | undefined): ChatItem {
  const { sql, clock } = ctx;
  if (isBlank(text)) throw new ChatError('blank');
  const { connId } = requireConnected(ctx, chatId);
  const container: MsgContainer = {
    ...simpleContainer(textContent(text)),
    quote: quoted === undefined ? undefined : quoteItem(ctx, chatId, quoted),
  };
  return sql.transaction(() => {
    const sent = sendEvent(ctx, connId, { kind: 'x.msg.new', container });
    store.markRead(sql, chatId);
    const item = store.insertItem(sql, {
      chatId,
      authorId: undefined,
      connId,
      msgId: sent.msgId,
      position: 0,
      sharedMsgId: sent.sharedMsgId,
      timestamp: clock.now(),
      text,
      notice: undefined,
      event: encodeContainer(container),
      edited: false,
      direction: { kind: 'sent', status: { kind: 'pending' } },
    });
    ctx.emit({ kind: 'changed', chatId, itemId: item!.itemId, change: 'sent' });
    return item!;
  });
}

function quoteItem(ctx: ChatContext, chatId: ChatId, itemId: ItemId) {
  const { item, container, sharedMsgId } = requireItem(ctx, itemId);
  if (container === undefined || item.deletedAt !== undefined || item.chatId !== chatId) {
    throw new ChatError('not-quotable');
  }
  return encodeQuote(quoteOf(sharedMsgId, item.direction.kind === 'sent', item.timestamp, container.content));
}

export function editMessage(ctx: ChatContext, itemId: ItemId, text: string): ChatItem {
  const { item, connId, sharedMsgId, container } = changeable(ctx, itemId, 'edit');
  if (container === undefined || item.forwarded) {
    throw new ChatError('forwarded');
  }
  if (isBlank(text)) throw new ChatError('blank');
  if (text === item.text) throw new ChatError('unchanged');
  const content = textContent(text);
  return ctx.sql.transaction(() => {
    const update = { msgId: sharedMsgId, content, ttl: container.ttl, live: undefined, other: {} };
    sendEvent(ctx, connId, { kind: 'x.msg.update', ...update });
    const event = encodeContainer({ ...container, content });
    ctx.emit({ kind: 'changed', chatId: item.chatId, itemId, change: 'edited' });
    return store.changeItem(ctx.sql, itemId, { text, event, edited: true });
  });
}

export function deleteMessage(
  ctx: ChatContext,
  itemId: ItemId,
  scope: 'everyone' | 'here',
): { readonly item: ChatItem; readonly removed: boolean } {
  const { sql, clock } = ctx;
  if (scope === 'here') {
    const { item } = requireItem(ctx, itemId);
    sql.transaction(() => {
      store.removeItem(sql, itemId);
      ctx.emit({ kind: 'changed', chatId: item.chatId, itemId, change: 'deleted' });
    });
    return { item, removed: true };
  }
  const { item, connId, sharedMsgId, contact } = changeable(ctx, itemId, 'delete');
  return sql.transaction(() => {
    sendEvent(ctx, connId, { kind: 'x.msg.del', msgId: sharedMsgId, other: {} });
    ctx.emit({ kind: 'changed', chatId: item.chatId, itemId, change: 'deleted' });
    if (!featureState(ctx, contact, 'fullDelete').forUs) {
      return { item: store.markDeleted(sql, itemId, clock.now()), removed: false };
    }
    store.removeItem(sql, itemId);
    return { item, removed: true };
  });
}

export function react(ctx: ChatContext, itemId: ItemId, emoji: string, add: boolean): ChatItem {
  const { sql } = ctx;
  const { item, sharedMsgId, container } = requireItem(ctx, itemId);
  const contact = requireConnected(ctx, item.chatId);
  if (!reactionEmojis.includes(emoji)) {
    throw new ChatError('unknown-reaction', { known: reactionEmojis.join(' ') });
  }
  if (!featureState(ctx, contact, 'reactions').forUs) {
    throw new ChatError('reactions-off', { name: contact.localName });
  }
  if (container === undefined || sharedMsgId === undefined || item.deletedAt !== undefined) {
    throw new ChatError('not-reactable');
  }
  const before = store.reactionsOf(sql, itemId, undefined);
  if (before.includes(emoji) === add) {
    throw new ChatError(add ? 'reaction-there' : 'reaction-absent');
  }
  if (add && before.length >= MAX_REACTIONS) {
    throw new ChatError('too-many-reactions', { most: MAX_REACTIONS });
  }
  return sql.transaction(() => {
    const reaction = { kind: 'emoji', emoji } as const;
    sendEvent(ctx, contact.connId, { kind: 'x.msg.react', msgId: sharedMsgId, reaction, add, other: {} });
    store.markRead(sql, item.chatId);
    ctx.emit({ kind: 'changed', chatId: item.chatId, itemId, change: 'reacted' });
    return store.setReaction(sql, itemId, undefined, emoji, add);
  });
}

function requireItem(ctx: ChatContext, itemId: ItemId): store.StoredItem {
  const stored = store.findItem(ctx.sql, itemId);
  if (stored === undefined) throw new ChatError('no-item');
  return stored;
}

interface Changeable extends store.StoredItem {
  readonly contact: store.StoredContact;
  readonly connId: ConnId;
  readonly sharedMsgId: SharedMsgId;
}

/** A message of ours that the contact may still be told something about. */
function changeable(ctx: ChatContext, itemId: ItemId, change: 'edit' | 'delete'): Changeable {
  const stored = requireItem(ctx, itemId);
  const { item, sharedMsgId } = stored;
  if (item.direction.kind !== 'sent' || sharedMsgId === undefined) {
    throw new ChatError('not-ours', { to: change });
  }
  if (item.deletedAt !== undefined) throw new ChatError('deleted');
  if (ctx.clock.now() - item.timestamp >= CHANGE_TIME_MS) {
    throw new ChatError('too-late', { to: change });
  }
  const contact = requireConnected(ctx, item.chatId);
  return { ...stored, sharedMsgId, contact, connId: contact.connId };
}
