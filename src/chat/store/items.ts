/** Lines of conversations in the database. */
import type { ConnId, MsgId, Sql } from '../../agent/index.ts';
import { DecodeError, utf8 } from '../../encoding/index.ts';
import type {
  ChatId,
  ChatItem,
  Integrity,
  ItemId,
  ItemNotice,
  ItemReaction,
  ProfileId,
  Quote,
  SendStatus,
} from '../api/index.ts';
import {
  contentText,
  decodeContainer,
  decodeQuote,
  type JsonObject,
  type MsgContainer,
  reactionText,
  type SharedMsgId,
} from '../protocol/index.ts';
import { canonicalJson, decodeJson } from '../protocol/json.ts';
import { indexedWords } from '../search/words.ts';
import { type AuthorId, FIRST_PROFILE } from './contacts.ts';

interface ItemRow {
  item_id: ItemId;
  chat_id: ChatId;
  author_id: AuthorId | null;
  shared_msg_id: SharedMsgId | null;
  timestamp: number;
  text: string;
  notice: ItemNotice | null;
  event: string;
  status: string;
  edited: number;
  deleted_at: number | null;
  /** JSON: `[[ours, reaction], …]`, in the order they came. */
  reactions: string;
}

/** An item with what only the chat itself needs of it. */
export interface StoredItem {
  readonly item: ChatItem;
  readonly sharedMsgId: SharedMsgId | undefined;
  /** The parameters of its event, as they came, so that what is not understood today can be shown later. */
  readonly container: MsgContainer | undefined;
}

const SELECT_ITEMS = `SELECT i.*, (
    SELECT json_group_array(json_array(r.author_id IS NULL, r.reaction))
    FROM (SELECT author_id, reaction FROM reactions WHERE item_id = i.item_id ORDER BY reaction_id) r
  ) AS reactions FROM items i`;

function storedItem(row: ItemRow): StoredItem {
  const container = row.event === '' ? undefined : decodeContainer(decodeJson(utf8(row.event)));
  const sent = row.author_id === null;
  const item: ChatItem = {
    itemId: row.item_id,
    chatId: row.chat_id,
    timestamp: row.timestamp,
    text: row.text,
    notice: row.notice ?? undefined,
    content: container?.content,
    quote: container?.quote && readQuote(container.quote, sent),
    forwarded: container?.forward !== undefined && container.forward !== false,
    live: container?.live ?? false,
    edited: row.edited !== 0,
    deletedAt: row.deleted_at ?? undefined,
    reactions: countReactions(JSON.parse(row.reactions) as readonly (readonly [number, string])[]),
    direction: sent
      ? { kind: 'sent', status: JSON.parse(row.status) as SendStatus }
      : { kind: 'received', integrity: JSON.parse(row.status) as Integrity },
  };
  return { item, sharedMsgId: row.shared_msg_id ?? undefined, container };
}

/** Undefined for a quote that cannot be read: the message is shown without it. */
function readQuote(quote: JsonObject, ours: boolean): Quote | undefined {
  try {
    const { msgRef, content } = decodeQuote(quote);
    return { text: contentText(content), author: msgRef.sent === ours ? 'us' : 'contact' };
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    return undefined;
  }
}

function countReactions(rows: readonly (readonly [number, string])[]): readonly ItemReaction[] {
  const counts = new Map<string, ItemReaction>();
  for (const [own, key] of rows) {
    const reaction = reactionText(key);
    const { count = 0, ours = false } = counts.get(reaction) ?? {};
    counts.set(reaction, { reaction, count: count + 1, ours: ours || own !== 0 });
  }
  return [...counts.values()];
}

export interface NewItem {
  readonly chatId: ChatId;
  /** Undefined for ourselves. */
  readonly authorId: AuthorId | undefined;
  readonly connId: ConnId;
  readonly msgId: MsgId;
  /** Place in a batch: several items can come in one message. */
  readonly position: number;
  readonly sharedMsgId: SharedMsgId | undefined;
  readonly timestamp: number;
  readonly text: string;
  /** In place of a text, for what cannot be shown. */
  readonly notice: ItemNotice | undefined;
  /** Parameters of the event; undefined for a notice. */
  readonly event: JsonObject | undefined;
  /** The first that is known of it is a change of it. */
  readonly edited: boolean;
  readonly direction: ChatItem['direction'];
}

/** Stores an item; undefined when it was stored before, as after a crash between two acknowledgements. */
export function insertItem(sql: Sql, item: NewItem): ChatItem | undefined {
  const { direction } = item;
  const sent = direction.kind === 'sent';
  const { changes, lastId } = sql.run(
    `INSERT OR IGNORE INTO items (chat_id, author_id, shared_msg_id, timestamp, text, notice, event, status, edited,
       unread, words, origin_conn_id, origin_msg_id, position) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    item.chatId,
    item.authorId ?? null,
    item.sharedMsgId ?? null,
    item.timestamp,
    item.text,
    item.notice ?? null,
    item.event === undefined ? '' : canonicalJson(item.event),
    JSON.stringify(sent ? direction.status : direction.integrity),
    item.edited ? 1 : 0,
    sent ? 0 : 1,
    indexedWords(item.text),
    ...(sent ? [null, null, null] : [item.connId, item.msgId, item.position]),
  );
  if (changes === 0) return undefined;
  if (sent)
    sql.run('INSERT INTO deliveries (conn_id, msg_id, item_id) VALUES (?, ?, ?)', item.connId, item.msgId, lastId);
  return findItem(sql, lastId as ItemId)?.item;
}

export function findItem(sql: Sql, itemId: ItemId): StoredItem | undefined {
  const row = sql.get<ItemRow>(`${SELECT_ITEMS} WHERE i.item_id = ?`, itemId);
  return row && storedItem(row);
}

/** The newest item of a contact that both sides know by an id. */
export function findSharedItem(sql: Sql, chatId: ChatId, sharedMsgId: SharedMsgId): StoredItem | undefined {
  const row = sql.get<ItemRow>(
    `${SELECT_ITEMS} WHERE i.chat_id = ? AND i.shared_msg_id = ? ORDER BY i.item_id DESC LIMIT 1`,
    chatId,
    sharedMsgId,
  );
  return row && storedItem(row);
}

/** Which part of a list of items is wanted: the `count` next to an item, on one side of it, or the newest. */
export interface ItemCursor {
  readonly before?: ItemId | undefined;
  readonly after?: ItemId | undefined;
  readonly count: number;
}

/** Items of one chat, or of all of a profile, oldest first. */
export function listItems(
  sql: Sql,
  chatId: ChatId | undefined,
  { before, after, count }: ItemCursor,
  profileId: ProfileId = FIRST_PROFILE,
): readonly ChatItem[] {
  const [where, owner] =
    chatId === undefined
      ? ['(SELECT profile_id FROM chats h WHERE h.chat_id = i.chat_id) = ?', profileId]
      : ['i.chat_id = ?', chatId];
  const forward = after !== undefined;
  const [order, edge] = forward ? ['> ? ORDER BY i.item_id', after] : ['< ? ORDER BY i.item_id DESC', before];
  const rows = sql.all<ItemRow>(
    `${SELECT_ITEMS} WHERE ${where} AND i.item_id ${order} LIMIT ?`,
    ...[owner, edge ?? Number.MAX_SAFE_INTEGER, count],
  );
  const items = rows.map((row) => storedItem(row).item);
  return forward ? items : items.reverse();
}

/**
 * Items with all words of a query ({@link searchQuery}), the newest `count` before an item, oldest first; those that are
 * marked as deleted do not count.
 */
export function searchItems(
  sql: Sql,
  chatId: ChatId | undefined,
  query: string,
  { before, count }: Pick<ItemCursor, 'before' | 'count'>,
  profileId: ProfileId = FIRST_PROFILE,
): readonly ChatItem[] {
  // Of one chat, most of what is found may belong to others: the index of items tells, without reading them.
  const [where, owner] =
    chatId === undefined
      ? [
          `EXISTS (SELECT 1 FROM items i JOIN chats h USING (chat_id)
             WHERE i.item_id = w.rowid AND h.profile_id = ? AND i.deleted_at IS NULL)`,
          profileId,
        ]
      : [
          `EXISTS (SELECT 1 FROM items i INDEXED BY items_chat
             WHERE i.chat_id = ? AND i.item_id = w.rowid AND i.deleted_at IS NULL)`,
          chatId,
        ];
  const ids = sql.all<{ item_id: ItemId }>(
    `SELECT w.rowid AS item_id FROM item_words w WHERE item_words MATCH ? AND w.rowid < ? AND ${where}
     ORDER BY w.rowid DESC LIMIT ?`,
    ...[query, before ?? Number.MAX_SAFE_INTEGER, owner, count],
  );
  return ids.flatMap(({ item_id }) => findItem(sql, item_id)?.item ?? []).reverse();
}

/** Chats with the newest items, newest first, and those without any behind them, newest first. */
export function latestChats(
  sql: Sql,
  count: number,
  profileId: ProfileId = FIRST_PROFILE,
): readonly { readonly chatId: ChatId; readonly itemId: ItemId | undefined }[] {
  return sql
    .all<{ chat_id: ChatId; last: ItemId | null }>(
      `SELECT chat_id, (SELECT max(item_id) FROM items i WHERE i.chat_id = h.chat_id) AS last
       FROM chats h WHERE profile_id = ? AND kind = 'contact' ORDER BY last DESC NULLS LAST, chat_id DESC LIMIT ?`,
      ...[profileId, count],
    )
    .map(({ chat_id, last }) => ({ chatId: chat_id, itemId: last ?? undefined }));
}
