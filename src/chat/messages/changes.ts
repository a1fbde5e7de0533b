/**
 * Changes of messages that a peer asks for: edits, deletions, reactions. Each names a message by the id that both sides
 * know it by; a peer changes and deletes its own messages alone, and what is not allowed has no effect.
 */
import { toContact } from '../contacts/contact.ts';
import { featureState } from '../contacts/features.ts';
import type { ChatContext } from '../context.ts';
import {
  type ChatMsgEvent,
  contentText,
  encodeContainer,
  encodeContent,
  MAX_REACTIONS,
  type MsgContainer,
  type MsgReaction,
  reactionKey,
  reactionText,
  type SharedMsgId,
  simpleContainer,
} from '../protocol/index.ts';
import { canonicalJson } from '../protocol/json.ts';
import * as store from '../store/index.ts';
import { isRefused, refusedItem } from './refused.ts';

/** How long after it was sent a deletion of a message is accepted: a day, and two for it to arrive, with a margin. */
const DELETE_TIME_MS = 78 * 3600 * 1000;

/** What a new item is made of where an edit is the first that comes of a message. */
export type ItemOfUpdate = Pick<store.NewItem, 'text' | 'notice' | 'event' | 'sharedMsgId' | 'edited'>;

/** An edit, or more of a message that is shown while it is typed. The item to store when there is none yet. */
export function receiveUpdate(
  ctx: ChatContext,
  contact: store.StoredContact,
  update: Extract<ChatMsgEvent, { kind: 'x.msg.update' }>,
): ItemOfUpdate | undefined {
  const { msgId, content, ttl, live } = update;
  const changed = (before: MsgContainer) => ({
    text: contentText(content),
    event: encodeContainer({ ...before, content, ttl: ttl ?? before.ttl, live }),
  });
  const found = store.findSharedItem(ctx.sql, contact.chatId, msgId);
  if (found === undefined) {
    if (isRefused(ctx, contact, content)) return refusedItem(msgId);
    return { ...changed(simpleContainer(content)), notice: undefined, sharedMsgId: msgId, edited: live !== true };
  }
  const { item, container } = found;
  const isFixed = container === undefined || item.forwarded || item.deletedAt !== undefined;
  if (item.direction.kind === 'sent' || isFixed || isRefused(ctx, contact, content)) {
    ctx.logger.info('a peer tried to change a message that it may not change');
    return undefined;
  }
  const change = changed(container);
  const isEdit =
    !item.live && canonicalJson(encodeContent(content)) !== canonicalJson(encodeContent(container.content));
  if (!item.live && !isEdit) return undefined;
  const updated = store.changeItem(ctx.sql, item.itemId, { ...change, edited: item.edited || isEdit });
  ctx.emit({ kind: 'messageUpdated', contact: toContact(contact), item: updated });
  return undefined;
}

/** `now`: when the deletion was on the server. */
export function receiveDelete(ctx: ChatContext, contact: store.StoredContact, msgId: SharedMsgId, now: number): void {
  const { sql } = ctx;
  const item = store.findSharedItem(sql, contact.chatId, msgId)?.item;
  // It was deleted here before.
  if (item === undefined) return;
  const tooLate = now - item.timestamp >= DELETE_TIME_MS;
  if (item.direction.kind === 'sent' || item.deletedAt !== undefined || tooLate) {
    ctx.logger.info('a peer tried to delete a message that it may not delete');
    return;
  }
  const removed = featureState(ctx, contact, 'fullDelete').forContact;
  if (removed) store.removeItem(sql, item.itemId);
  const shown = removed ? item : store.markDeleted(sql, item.itemId, now);
  ctx.emit({ kind: 'messageDeleted', contact: toContact(contact), item: shown, removed });
}

export function receiveReaction(
  ctx: ChatContext,
  contact: store.StoredContact,
  msgId: SharedMsgId,
  reaction: MsgReaction,
  add: boolean,
): void {
  const { sql } = ctx;
  const found = store.findSharedItem(sql, contact.chatId, msgId);
  if (found?.container === undefined || found.item.deletedAt !== undefined) return;
  if (!featureState(ctx, contact, 'reactions').forContact) return;
  const { itemId } = found.item;
  const key = reactionKey(reaction);
  const before = store.reactionsOf(sql, itemId, contact.authorId);
  if (before.includes(key) === add || (add && before.length >= MAX_REACTIONS)) return;
  const item = store.setReaction(sql, itemId, contact.authorId, key, add);
  ctx.emit({ kind: 'messageReaction', contact: toContact(contact), item, reaction: reactionText(key), added: add });
}
