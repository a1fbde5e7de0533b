/** Lines of conversations in the database. */
import type { ConnId, MsgId, Sql } from '../../agent/index.ts';
import { fold } from '../../base/index.ts';
import { DecodeError, utf8 } from '../../encoding/index.ts';
import type { ChatItem, ContactId, Integrity, ItemId, ItemReaction, Quote, SendStatus } from '../api.ts';
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
import { foldOldItems } from './folding.ts';

interface ItemRow {
  item_id: ItemId;
  contact_id: ContactId;
  sent: number;
  shared_msg_id: SharedMsgId | null;
  timestamp: number;
  text: string;
  event: string;
  status: string;
  edited: number;
  deleted_at: number | null;
  /** JSON: `[[sent, reaction], …]`, in the order they came. */
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
    SELECT json_group_array(json_array(r.sent, r.reaction))
    FROM (SELECT sent, reaction FROM chat_reactions WHERE item_id = i.item_id ORDER BY reaction_id) r
  ) AS reactions FROM chat_items i`;

function storedItem(row: ItemRow): StoredItem {
  const container = row.event === '' ? undefined : decodeContainer(decodeJson(utf8(row.event)));
  const sent = row.sent !== 0;
  const item: ChatItem = {
    itemId: row.item_id,
    contactId: row.contact_id,
    timestamp: row.timestamp,
    text: row.text,
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
  for (const [sent, key] of rows) {
    const reaction = reactionText(key);
    const { count = 0, ours = false } = counts.get(reaction) ?? {};
    counts.set(reaction, { reaction, count: count + 1, ours: ours || sent !== 0 });
  }
  return [...counts.values()];
}

export interface NewItem {
  readonly contactId: ContactId;
  readonly connId: ConnId;
  readonly msgId: MsgId;
  /** Place in a batch: several items can come in one message. */
  readonly position: number;
  readonly sharedMsgId: SharedMsgId | undefined;
  readonly timestamp: number;
  readonly text: string;
  /** Parameters of the event; undefined for a line that stands for something unreadable. */
  readonly event: JsonObject | undefined;
  /** The first that is known of it is a change of it. */
  readonly edited: boolean;
  readonly direction: ChatItem['direction'];
}

/** Stores an item; undefined when it was stored before, as after a crash between two acknowledgements. */
export function insertItem(sql: Sql, item: NewItem): ChatItem | undefined {
  const { direction } = item;
  const sent = direction.kind === 'sent' ? 1 : 0;
  const { changes, lastId } = sql.run(
    `INSERT OR IGNORE INTO chat_items (contact_id, sent, conn_id, msg_id, position, shared_msg_id, timestamp, text,
       folded, event, status, edited, unread) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    item.contactId,
    sent,
    item.connId,
    item.msgId,
    item.position,
    item.sharedMsgId ?? null,
    item.timestamp,
    item.text,
    fold(item.text),
    item.event === undefined ? '' : canonicalJson(item.event),
    JSON.stringify(direction.kind === 'sent' ? direction.status : direction.integrity),
    item.edited ? 1 : 0,
    1 - sent,
  );
  return changes === 0 ? undefined : findItem(sql, lastId as ItemId)?.item;
}

export function findItem(sql: Sql, itemId: ItemId): StoredItem | undefined {
  const row = sql.get<ItemRow>(`${SELECT_ITEMS} WHERE i.item_id = ?`, itemId);
  return row && storedItem(row);
}

/** The newest item of a contact that both sides know by an id. */
export function findSharedItem(sql: Sql, contactId: ContactId, sharedMsgId: SharedMsgId): StoredItem | undefined {
  const row = sql.get<ItemRow>(
    `${SELECT_ITEMS} WHERE i.contact_id = ? AND i.shared_msg_id = ? ORDER BY i.item_id DESC LIMIT 1`,
    contactId,
    sharedMsgId,
  );
  return row && storedItem(row);
}

/** Whose items are looked through. */
export type ItemAuthor = 'us' | 'contact' | 'anybody';

/** The newest message of a conversation that begins with `start`, in whatever case. */
export function itemByStart(
  sql: Sql,
  contactId: ContactId,
  author: ItemAuthor,
  start: string,
  deletedToo: boolean,
): ChatItem | undefined {
  foldOldItems(sql);
  const folded = fold(start);
  const row = sql.get<ItemRow>(
    `${SELECT_ITEMS} WHERE i.contact_id = ? AND i.event <> '' AND (i.deleted_at IS NULL OR ?)
       AND (? = 'anybody' OR i.sent = (? = 'us')) AND substr(i.folded, 1, ?) = ?
     ORDER BY i.item_id DESC LIMIT 1`,
    contactId,
    +deletedToo,
    author,
    author,
    Array.from(folded).length,
    folded,
  );
  return row && storedItem(row).item;
}

/** The last `count` messages that have `text` in them, in whatever case, oldest first; of one contact or of all. */
export function searchItems(
  sql: Sql,
  contactId: ContactId | undefined,
  text: string,
  count: number,
): readonly ChatItem[] {
  foldOldItems(sql);
  const rows = sql.all<ItemRow>(
    `${SELECT_ITEMS} WHERE (? IS NULL OR i.contact_id = ?) AND i.deleted_at IS NULL AND instr(i.folded, ?) > 0
     ORDER BY i.item_id DESC LIMIT ?`,
    contactId ?? null,
    contactId ?? null,
    fold(text),
    count,
  );
  return rows.map((row) => storedItem(row).item).reverse();
}

/** The last `count` items, oldest first, of one contact or of all. */
export function lastItems(sql: Sql, contactId: ContactId | undefined, count: number): readonly ChatItem[] {
  const rows =
    contactId === undefined
      ? sql.all<ItemRow>(`${SELECT_ITEMS} ORDER BY i.item_id DESC LIMIT ?`, count)
      : sql.all<ItemRow>(`${SELECT_ITEMS} WHERE i.contact_id = ? ORDER BY i.item_id DESC LIMIT ?`, contactId, count);
  return rows.map((row) => storedItem(row).item).reverse();
}
