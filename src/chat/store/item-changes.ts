/** What happens to lines of conversations once they are stored. */
import type { ConnId, MsgId, Sql } from '../../agent/index.ts';
import type { ChatId, ChatItem, ItemId, SendFailure, SendStatus } from '../api/index.ts';
import type { JsonObject } from '../protocol/index.ts';
import { canonicalJson } from '../protocol/json.ts';
import { indexedWords } from '../search/words.ts';
import type { AuthorId } from './contacts.ts';
import { findItem } from './items.ts';

/** New words for an item that is there. */
export function changeItem(
  sql: Sql,
  itemId: ItemId,
  change: { readonly text: string; readonly event: JsonObject; readonly edited: boolean },
): ChatItem {
  const { text, event, edited } = change;
  sql.run(
    'UPDATE items SET text = ?, words = ?, event = ?, edited = ? WHERE item_id = ?',
    text,
    indexedWords(text),
    canonicalJson(event),
    edited ? 1 : 0,
    itemId,
  );
  // What was said before is not kept by faces either.
  sql.run('DELETE FROM face_values WHERE item_id = ?', itemId);
  return findItem(sql, itemId)!.item;
}

/**
 * The item stays, and says that it is deleted; its pin goes, and reactions go, as the other side takes none of a message it
 * deleted.
 */
export function markDeleted(sql: Sql, itemId: ItemId, now: number): ChatItem {
  sql.run('DELETE FROM reactions WHERE item_id = ?', itemId);
  sql.run('UPDATE items SET deleted_at = ?, unread = 0, pinned = 0 WHERE item_id = ?', now, itemId);
  return findItem(sql, itemId)!.item;
}

/** Nothing of it stays, not even what faces keep about it. */
export function removeItem(sql: Sql, itemId: ItemId): void {
  sql.run('DELETE FROM items WHERE item_id = ?', itemId);
}

/** Empties a conversation up to an item, or all of it; the contact stays. */
export function removeItems(sql: Sql, chatId: ChatId, last?: ItemId): void {
  sql.run('DELETE FROM items WHERE chat_id = ? AND item_id <= ?', chatId, last ?? Number.MAX_SAFE_INTEGER);
  sql.run('DELETE FROM kept_events WHERE chat_id = ?', chatId);
  sql.run("DELETE FROM face_values WHERE chat_id = ? AND value <> ''", chatId);
}

export function newestItem(sql: Sql, chatId: ChatId): ItemId | undefined {
  const row = sql.get<{ last: ItemId | null }>('SELECT max(item_id) AS last FROM items WHERE chat_id = ?', chatId);
  return row?.last ?? undefined;
}

/** The oldest items of a chat up to one: at most `count`, and as many as have `length` characters, but one at least. */
export function oldestItems(sql: Sql, chatId: ChatId, last: ItemId, count: number, length: number): readonly ItemId[] {
  const rows = sql.all<{ item_id: ItemId; length: number }>(
    `SELECT item_id, length(text) AS length FROM items WHERE chat_id = ? AND item_id <= ? ORDER BY item_id LIMIT ?`,
    ...[chatId, last, count],
  );
  let total = 0;
  const end = rows.findIndex((row, i) => {
    total += row.length;
    return i > 0 && total > length;
  });
  return (end === -1 ? rows : rows.slice(0, end)).map(({ item_id }) => item_id);
}

/** The reactions of one author to an item, by their keys. */
export function reactionsOf(sql: Sql, itemId: ItemId, author: AuthorId | undefined): readonly string[] {
  return sql
    .all<{ reaction: string }>(
      'SELECT reaction FROM reactions WHERE item_id = ? AND author_id IS ?',
      itemId,
      author ?? null,
    )
    .map(({ reaction }) => reaction);
}

export function setReaction(
  sql: Sql,
  itemId: ItemId,
  author: AuthorId | undefined,
  reaction: string,
  add: boolean,
): ChatItem {
  const statement = add
    ? 'INSERT OR IGNORE INTO reactions (item_id, author_id, reaction) VALUES (?, ?, ?)'
    : 'DELETE FROM reactions WHERE item_id = ? AND author_id IS ? AND reaction = ?';
  sql.run(statement, itemId, author ?? null, reaction);
  return findItem(sql, itemId)!.item;
}

/** Changes the status of a sent message; undefined when it is not one of ours, or its status is further on. */
export function updateSendStatus(sql: Sql, connId: ConnId, msgId: MsgId, status: SendStatus): ChatItem | undefined {
  const row = sql.get<{ item_id: ItemId; status: string }>(
    'SELECT item_id, status FROM deliveries JOIN items USING (item_id) WHERE conn_id = ? AND msg_id = ?',
    connId,
    msgId,
  );
  if (row === undefined) return undefined;
  const before = JSON.parse(row.status) as SendStatus;
  // The receipt may come before the server's OK is handled.
  if (before.kind === 'delivered') return undefined;
  sql.run('UPDATE items SET status = ? WHERE item_id = ?', JSON.stringify(status), row.item_id);
  return findItem(sql, row.item_id)?.item;
}

/** Ends the wait of what will never be sent to a contact any more; the items it changed. */
export function failPending(sql: Sql, chatId: ChatId, reason: SendFailure): readonly ChatItem[] {
  const failed: SendStatus = { kind: 'failed', reason };
  const rows = sql.all<{ item_id: ItemId }>(
    `UPDATE items SET status = ? WHERE chat_id = ? AND author_id IS NULL AND status ->> 'kind' = 'pending'
     RETURNING item_id`,
    JSON.stringify(failed),
    chatId,
  );
  return rows.flatMap(({ item_id }) => findItem(sql, item_id)?.item ?? []);
}

/** Whether a message of ours is, or was, an item. */
export function isSentItem(sql: Sql, connId: ConnId, msgId: MsgId): boolean {
  return sql.get('SELECT 1 FROM deliveries WHERE conn_id = ? AND msg_id = ?', connId, msgId) !== undefined;
}

/** How many messages wait for a server. */
export function pendingCount(sql: Sql): number {
  const row = sql.get<{ n: number }>(
    `SELECT count(*) AS n FROM items WHERE author_id IS NULL AND status = '{"kind":"pending"}'`,
  );
  return row?.n ?? 0;
}

export interface UnreadCount {
  readonly count: number;
  /** How many of the last items have them all: others, which were seen, may lie between. */
  readonly within: number;
}

/** How many received items nobody has seen, by chat, of the first `chats` that have any. */
export function unreadCounts(sql: Sql, chats = -1): ReadonlyMap<ChatId, UnreadCount> {
  const rows = sql.all<{ chat_id: ChatId; n: number; first: ItemId }>(
    `SELECT chat_id, count(*) AS n, min(item_id) AS first FROM items WHERE unread = 1
     GROUP BY chat_id ORDER BY chat_id LIMIT ?`,
    chats,
  );
  const since = 'SELECT count(*) AS n FROM items WHERE chat_id = ? AND item_id >= ?';
  return new Map(
    rows.map(({ chat_id, n, first }) => [
      chat_id,
      { count: n, within: sql.get<{ n: number }>(since, chat_id, first)?.n ?? n },
    ]),
  );
}

/** How many received items nobody has seen of one chat. */
export function unreadCount(sql: Sql, chatId: ChatId): number {
  return sql.get<{ n: number }>('SELECT count(*) AS n FROM items WHERE chat_id = ? AND unread = 1', chatId)?.n ?? 0;
}

/** How many received items nobody has seen, and in how many chats. */
export function unreadTotals(sql: Sql): { readonly messages: number; readonly conversations: number } {
  const totals = sql.get<{ messages: number; conversations: number }>(
    'SELECT count(*) AS messages, count(DISTINCT chat_id) AS conversations FROM items WHERE unread = 1',
  );
  return totals ?? { messages: 0, conversations: 0 };
}

/** Takes these for seen, whosever they are; the chats in which something was not seen before. */
export function markItemsRead(sql: Sql, itemIds: readonly ItemId[]): readonly ChatId[] {
  const chats = new Set<ChatId>();
  sql.transaction(() => {
    for (const itemId of itemIds) {
      const statement = 'UPDATE items SET unread = 0 WHERE item_id = ? AND unread = 1 RETURNING chat_id';
      const row = sql.get<{ chat_id: ChatId }>(statement, itemId);
      if (row !== undefined) chats.add(row.chat_id);
    }
  });
  return [...chats];
}

/** Takes all of the contact for seen: somebody answers. */
export function markRead(sql: Sql, chatId: ChatId): boolean {
  return sql.run('UPDATE items SET unread = 0 WHERE chat_id = ? AND unread = 1', chatId).changes > 0;
}

/** Events that are kept of one contact; the oldest make room. */
const MAX_KEPT_EVENTS = 256;
/** A larger event is not kept, in bytes: peers send none that does not fit into one message. */
const MAX_KEPT_EVENT_SIZE = 16_384;

/** Keeps an event that this version does nothing with, as it came, for one that does. False when it is too large. */
export function keepEvent(
  sql: Sql,
  event: {
    readonly chatId: ChatId;
    readonly connId: ConnId;
    readonly msgId: MsgId;
    readonly position: number;
    readonly message: Uint8Array;
  },
  now: number,
): boolean {
  const { chatId, connId, msgId, position, message } = event;
  if (message.length > MAX_KEPT_EVENT_SIZE) return false;
  sql.run(
    `INSERT OR IGNORE INTO kept_events (chat_id, conn_id, msg_id, position, received_at, message)
     VALUES (?, ?, ?, ?, ?, ?)`,
    chatId,
    connId,
    msgId,
    position,
    now,
    message,
  );
  sql.run(
    `DELETE FROM kept_events WHERE event_id IN (
       SELECT event_id FROM kept_events WHERE chat_id = ? ORDER BY event_id DESC LIMIT -1 OFFSET ?)`,
    chatId,
    MAX_KEPT_EVENTS,
  );
  return true;
}
