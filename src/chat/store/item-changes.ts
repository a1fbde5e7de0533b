/** What happens to lines of conversations once they are stored. */
import type { ConnId, MsgId, Sql } from '../../agent/index.ts';
import { fold } from '../../base/index.ts';
import type { ChatItem, ContactId, ItemId, SendStatus } from '../api.ts';
import type { JsonObject } from '../protocol/index.ts';
import { canonicalJson } from '../protocol/json.ts';
import { forgetInput } from './history.ts';
import { findItem } from './items.ts';

/** New words for an item that is there. */
export function changeItem(
  sql: Sql,
  itemId: ItemId,
  change: { readonly text: string; readonly event: JsonObject; readonly edited: boolean },
): ChatItem {
  const { text, event, edited } = change;
  sql.run(
    'UPDATE chat_items SET text = ?, folded = ?, event = ?, edited = ? WHERE item_id = ?',
    text,
    fold(text),
    canonicalJson(event),
    edited ? 1 : 0,
    itemId,
  );
  return findItem(sql, itemId)!.item;
}

/** The item stays, and says that it is deleted; reactions go, as the other side takes none of a message it deleted. */
export function markDeleted(sql: Sql, itemId: ItemId, now: number): ChatItem {
  sql.run('DELETE FROM chat_reactions WHERE item_id = ?', itemId);
  sql.run('UPDATE chat_items SET deleted_at = ?, unread = 0 WHERE item_id = ?', now, itemId);
  return findItem(sql, itemId)!.item;
}

/** Nothing of it stays, not even in what was typed. */
export function removeMessage(sql: Sql, { itemId, contactId, text, direction }: ChatItem): void {
  sql.run('DELETE FROM chat_items WHERE item_id = ?', itemId);
  if (direction.kind === 'sent') forgetInput(sql, contactId, text);
}

/** Empties a conversation; the contact stays. */
export function removeItems(sql: Sql, contactId: ContactId): void {
  sql.run('DELETE FROM chat_items WHERE contact_id = ?', contactId);
  sql.run('DELETE FROM kept_events WHERE contact_id = ?', contactId);
}

/** The reactions of one side to an item, by their keys. */
export function reactionsOf(sql: Sql, itemId: ItemId, ours: boolean): readonly string[] {
  return sql
    .all<{ reaction: string }>('SELECT reaction FROM chat_reactions WHERE item_id = ? AND sent = ?', itemId, +ours)
    .map(({ reaction }) => reaction);
}

export function setReaction(sql: Sql, itemId: ItemId, ours: boolean, reaction: string, add: boolean): ChatItem {
  const statement = add
    ? 'INSERT OR IGNORE INTO chat_reactions (item_id, sent, reaction) VALUES (?, ?, ?)'
    : 'DELETE FROM chat_reactions WHERE item_id = ? AND sent = ? AND reaction = ?';
  sql.run(statement, itemId, +ours, reaction);
  return findItem(sql, itemId)!.item;
}

/** Changes the status of a sent message; undefined when it is not one of ours, or its status is further on. */
export function updateSendStatus(sql: Sql, connId: ConnId, msgId: MsgId, status: SendStatus): ChatItem | undefined {
  const row = sql.get<{ item_id: ItemId; status: string }>(
    'SELECT item_id, status FROM chat_items WHERE conn_id = ? AND sent = 1 AND msg_id = ?',
    connId,
    msgId,
  );
  if (row === undefined) return undefined;
  const before = JSON.parse(row.status) as SendStatus;
  // The receipt may come before the server's OK is handled.
  if (before.kind === 'delivered') return undefined;
  sql.run('UPDATE chat_items SET status = ? WHERE item_id = ?', JSON.stringify(status), row.item_id);
  return findItem(sql, row.item_id)?.item;
}

/** Ends the wait of what will never be sent to a contact any more; the items it changed. */
export function failPending(sql: Sql, contactId: ContactId, reason: string): readonly ChatItem[] {
  const failed: SendStatus = { kind: 'failed', reason };
  const rows = sql.all<{ item_id: ItemId }>(
    `UPDATE chat_items SET status = ? WHERE contact_id = ? AND sent = 1 AND status ->> 'kind' = 'pending'
     RETURNING item_id`,
    JSON.stringify(failed),
    contactId,
  );
  return rows.flatMap(({ item_id }) => findItem(sql, item_id)?.item ?? []);
}

/** Whether a message of ours is, or was, an item. */
export function isSentItem(sql: Sql, connId: ConnId, msgId: MsgId): boolean {
  return sql.get('SELECT 1 FROM chat_items WHERE conn_id = ? AND sent = 1 AND msg_id = ?', connId, msgId) !== undefined;
}

/** How many messages wait for a server. */
export function pendingCount(sql: Sql): number {
  const row = sql.get<{ n: number }>(
    `SELECT count(*) AS n FROM chat_items WHERE sent = 1 AND status = '{"kind":"pending"}'`,
  );
  return row?.n ?? 0;
}

export interface UnreadCount {
  readonly count: number;
  /** How many of the last items have them all: others, which were seen, may lie between. */
  readonly within: number;
}

/** How many received items nobody has seen, by contact; contacts without any are not in it. */
export function unreadCounts(sql: Sql): ReadonlyMap<ContactId, UnreadCount> {
  const rows = sql.all<{ contact_id: ContactId; n: number; first: ItemId }>(
    'SELECT contact_id, count(*) AS n, min(item_id) AS first FROM chat_items WHERE unread = 1 GROUP BY contact_id',
  );
  const since = 'SELECT count(*) AS n FROM chat_items WHERE contact_id = ? AND item_id >= ?';
  return new Map(
    rows.map(({ contact_id, n, first }) => [
      contact_id,
      { count: n, within: sql.get<{ n: number }>(since, contact_id, first)?.n ?? n },
    ]),
  );
}

/** Takes these for seen, whosever they are. */
export function markItemsRead(sql: Sql, itemIds: readonly ItemId[]): void {
  sql.transaction(() => {
    for (const itemId of itemIds) sql.run('UPDATE chat_items SET unread = 0 WHERE item_id = ? AND unread = 1', itemId);
  });
}

/** Takes all of the contact for seen: somebody answers. */
export function markRead(sql: Sql, contactId: ContactId): boolean {
  return sql.run('UPDATE chat_items SET unread = 0 WHERE contact_id = ? AND unread = 1', contactId).changes > 0;
}

/** Events that are kept of one contact; the oldest make room. */
const MAX_KEPT_EVENTS = 256;
/** A larger event is not kept, in bytes: peers send none that does not fit into one message. */
const MAX_KEPT_EVENT_SIZE = 16_384;

/** Keeps an event that this version does nothing with, as it came, for one that does. False when it is too large. */
export function keepEvent(
  sql: Sql,
  event: {
    readonly contactId: ContactId;
    readonly connId: ConnId;
    readonly msgId: MsgId;
    readonly position: number;
    readonly message: Uint8Array;
  },
  now: number,
): boolean {
  const { contactId, connId, msgId, position, message } = event;
  if (message.length > MAX_KEPT_EVENT_SIZE) return false;
  sql.run(
    `INSERT OR IGNORE INTO kept_events (contact_id, conn_id, msg_id, position, received_at, message)
     VALUES (?, ?, ?, ?, ?, ?)`,
    contactId,
    connId,
    msgId,
    position,
    now,
    message,
  );
  sql.run(
    `DELETE FROM kept_events WHERE kept_event_id IN (
       SELECT kept_event_id FROM kept_events WHERE contact_id = ? ORDER BY kept_event_id DESC LIMIT -1 OFFSET ?)`,
    contactId,
    MAX_KEPT_EVENTS,
  );
  return true;
}
