/** Pinned messages: a mark on an item, which goes with it. */
import type { Sql } from '../../agent/index.ts';
import type { ChatId, ChatItem, ItemId, ProfileId } from '../api/index.ts';
import { FIRST_PROFILE } from './contacts.ts';
import { findItem, type ItemCursor } from './items.ts';

/** False where it was so already. */
export function setPinned(sql: Sql, itemId: ItemId, pinned: boolean): boolean {
  const value = pinned ? 1 : 0;
  return sql.run('UPDATE items SET pinned = ? WHERE item_id = ? AND pinned <> ?', value, itemId, value).changes > 0;
}

export function pinCount(sql: Sql, chatId: ChatId): number {
  return sql.get<{ n: number }>('SELECT count(*) AS n FROM items WHERE chat_id = ? AND pinned = 1', chatId)?.n ?? 0;
}

/** Pinned items of one chat, or of all of a profile: the newest `count` before an item, oldest first. */
export function pinnedItems(
  sql: Sql,
  chatId: ChatId | undefined,
  { before, count }: Pick<ItemCursor, 'before' | 'count'>,
  profileId: ProfileId = FIRST_PROFILE,
): readonly ChatItem[] {
  const [where, owner] = chatId === undefined ? ['h.profile_id = ?', profileId] : ['i.chat_id = ?', chatId];
  const ids = sql.all<{ item_id: ItemId }>(
    `SELECT i.item_id FROM items i JOIN chats h USING (chat_id)
     WHERE i.pinned = 1 AND i.item_id < ? AND ${where} ORDER BY i.item_id DESC LIMIT ?`,
    ...[before ?? Number.MAX_SAFE_INTEGER, owner, count],
  );
  return ids.flatMap(({ item_id }) => findItem(sql, item_id)?.item ?? []).reverse();
}
