/**
 * What a person does with messages: sends, answers, changes, deletes and reacts. Each is stored and handed to the agent
 * in one transaction, or refused with a `ChatError` that says why.
 */
import type { ConnId } from '../../agent/index.ts';
import { ChatError, type ChatId, type ChatItem, type ItemId } from '../api.ts';
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
  if (isBlank(text)) throw new ChatError('text', 'There is nothing to send: write a text after the name.');
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
    return item!;
  });
}

function quoteItem(ctx: ChatContext, chatId: ChatId, itemId: ItemId) {
  const { item, container, sharedMsgId } = requireItem(ctx, itemId);
  if (container === undefined || item.deletedAt !== undefined || item.chatId !== chatId) {
    throw new ChatError('not-allowed', 'This message cannot be answered.');
  }
  return encodeQuote(quoteOf(sharedMsgId, item.direction.kind === 'sent', item.timestamp, container.content));
}

export function editMessage(ctx: ChatContext, itemId: ItemId, text: string): ChatItem {
  const { item, connId, sharedMsgId, container } = changeable(ctx, itemId, 'changed');
  if (container === undefined || item.forwarded) {
    throw new ChatError('not-allowed', 'A message that was passed on cannot be changed.');
  }
  if (isBlank(text)) throw new ChatError('text', 'A message cannot become empty: \\ @name text deletes it.');
  if (text === item.text) throw new ChatError('text', 'The message is the same as before.');
  const content = textContent(text);
  return ctx.sql.transaction(() => {
    const update = { msgId: sharedMsgId, content, ttl: container.ttl, live: undefined, other: {} };
    sendEvent(ctx, connId, { kind: 'x.msg.update', ...update });
    const event = encodeContainer({ ...container, content });
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
    sql.transaction(() => store.removeMessage(sql, item));
    return { item, removed: true };
  }
  const { item, connId, sharedMsgId, contact } = changeable(ctx, itemId, 'deleted for everyone');
  return sql.transaction(() => {
    sendEvent(ctx, connId, { kind: 'x.msg.del', msgId: sharedMsgId, other: {} });
    if (!featureState(ctx, contact, 'fullDelete').forUs) {
      return { item: store.markDeleted(sql, itemId, clock.now()), removed: false };
    }
    store.removeMessage(sql, item);
    return { item, removed: true };
  });
}

export function react(ctx: ChatContext, itemId: ItemId, emoji: string, add: boolean): ChatItem {
  const { sql } = ctx;
  const { item, sharedMsgId, container } = requireItem(ctx, itemId);
  const contact = requireConnected(ctx, item.chatId);
  if (!reactionEmojis.includes(emoji)) {
    throw new ChatError('not-allowed', `The reactions are ${reactionEmojis.join(' ')}`);
  }
  if (!featureState(ctx, contact, 'reactions').forUs) {
    throw new ChatError('not-allowed', `Reactions are not allowed with ${contact.localName}.`);
  }
  if (container === undefined || sharedMsgId === undefined || item.deletedAt !== undefined) {
    throw new ChatError('not-allowed', 'Nobody can react to this message.');
  }
  const before = store.reactionsOf(sql, itemId, undefined);
  if (before.includes(emoji) === add) {
    throw new ChatError('state', add ? 'You already added this reaction.' : 'You have not added this reaction.');
  }
  if (add && before.length >= MAX_REACTIONS) {
    throw new ChatError(
      'not-allowed',
      `There can be ${MAX_REACTIONS} reactions of yours on a message: take one back first.`,
    );
  }
  return sql.transaction(() => {
    const reaction = { kind: 'emoji', emoji } as const;
    sendEvent(ctx, contact.connId, { kind: 'x.msg.react', msgId: sharedMsgId, reaction, add, other: {} });
    store.markRead(sql, item.chatId);
    return store.setReaction(sql, itemId, undefined, emoji, add);
  });
}

function requireItem(ctx: ChatContext, itemId: ItemId): store.StoredItem {
  const stored = store.findItem(ctx.sql, itemId);
  if (stored === undefined) throw new ChatError('no-item', 'There is no such message.');
  return stored;
}

interface Changeable extends store.StoredItem {
  readonly contact: store.StoredContact;
  readonly connId: ConnId;
  readonly sharedMsgId: SharedMsgId;
}

/** A message of ours that the contact may still be told something about. */
function changeable(ctx: ChatContext, itemId: ItemId, what: string): Changeable {
  const stored = requireItem(ctx, itemId);
  const { item, sharedMsgId } = stored;
  if (item.direction.kind !== 'sent' || sharedMsgId === undefined) {
    throw new ChatError('not-allowed', `Only messages that you have sent can be ${what}.`);
  }
  if (item.deletedAt !== undefined) throw new ChatError('not-allowed', 'The message is deleted already.');
  if (ctx.clock.now() - item.timestamp >= CHANGE_TIME_MS) {
    throw new ChatError('not-allowed', `A message can be ${what} within a day after it was sent.`);
  }
  const contact = requireConnected(ctx, item.chatId);
  return { ...stored, sharedMsgId, contact, connId: contact.connId };
}
