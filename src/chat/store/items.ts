/** Lines of conversations in the database. */
import type { ConnId, MsgId, Sql } from '../../agent/index.ts';
import { utf8 } from '../../encoding/index.ts';
import type { ChatItem, ContactId, Integrity, ItemId, SendStatus } from '../api.ts';
import { decodeContainer, type JsonObject, type MsgContent } from '../protocol/index.ts';
import { canonicalJson, decodeJson } from '../protocol/json.ts';

interface ItemRow {
  item_id: ItemId;
  contact_id: ContactId;
  sent: number;
  timestamp: number;
  text: string;
  event: string;
  status: string;
}

function itemOf(row: ItemRow): ChatItem {
  return {
    itemId: row.item_id,
    contactId: row.contact_id,
    timestamp: row.timestamp,
    text: row.text,
    content: contentOf(row.event),
    direction:
      row.sent !== 0
        ? { kind: 'sent', status: JSON.parse(row.status) as SendStatus }
        : { kind: 'received', integrity: JSON.parse(row.status) as Integrity },
  };
}

/** The parameters are kept as they came, so that what is not understood today can be shown later. */
function contentOf(event: string): MsgContent | undefined {
  if (event === '') return undefined;
  return decodeContainer(decodeJson(utf8(event))).content;
}

export interface NewItem {
  readonly contactId: ContactId;
  readonly connId: ConnId;
  readonly msgId: MsgId;
  /** Place in a batch: several items can come in one message. */
  readonly position: number;
  readonly sharedMsgId: string | undefined;
  readonly timestamp: number;
  readonly text: string;
  /** Parameters of the event; undefined for a line that stands for something unreadable. */
  readonly event: JsonObject | undefined;
  readonly direction: ChatItem['direction'];
}

/** Stores an item; undefined when it was stored before, as after a crash between two acknowledgements. */
export function insertItem(sql: Sql, item: NewItem): ChatItem | undefined {
  const { direction } = item;
  const { changes, lastId } = sql.run(
    `INSERT OR IGNORE INTO chat_items (contact_id, sent, conn_id, msg_id, position, shared_msg_id, timestamp, text, event,
       status) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    item.contactId,
    direction.kind === 'sent' ? 1 : 0,
    item.connId,
    item.msgId,
    item.position,
    item.sharedMsgId ?? null,
    item.timestamp,
    item.text,
    item.event === undefined ? '' : canonicalJson(item.event),
    JSON.stringify(direction.kind === 'sent' ? direction.status : direction.integrity),
  );
  return changes === 0 ? undefined : findItem(sql, lastId as ItemId);
}

function findItem(sql: Sql, itemId: ItemId): ChatItem | undefined {
  const row = sql.get<ItemRow>('SELECT * FROM chat_items WHERE item_id = ?', itemId);
  return row && itemOf(row);
}

/** New words for a received item that its sender names; undefined when there is none. */
export function updateReceived(
  sql: Sql,
  contactId: ContactId,
  sharedMsgId: string,
  change: { readonly text: string; readonly event: JsonObject },
): ChatItem | undefined {
  const row = sql.get<ItemRow>(
    'SELECT * FROM chat_items WHERE contact_id = ? AND shared_msg_id = ? AND sent = 0',
    contactId,
    sharedMsgId,
  );
  if (row === undefined) return undefined;
  const { text, event } = change;
  sql.run('UPDATE chat_items SET text = ?, event = ? WHERE item_id = ?', text, canonicalJson(event), row.item_id);
  return findItem(sql, row.item_id);
}

/** Keeps an event that this version does nothing with, as it came, for one that does. */
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
): void {
  const { contactId, connId, msgId, position, message } = event;
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
}

/** Changes the status of a sent message; undefined when it is not one of ours, or its status is further on. */
export function updateSendStatus(sql: Sql, connId: ConnId, msgId: MsgId, status: SendStatus): ChatItem | undefined {
  const row = sql.get<ItemRow>('SELECT * FROM chat_items WHERE conn_id = ? AND sent = 1 AND msg_id = ?', connId, msgId);
  if (row === undefined) return undefined;
  const before = JSON.parse(row.status) as SendStatus;
  // The receipt may come before the server's OK is handled.
  if (before.kind === 'delivered') return undefined;
  sql.run('UPDATE chat_items SET status = ? WHERE item_id = ?', JSON.stringify(status), row.item_id);
  return findItem(sql, row.item_id);
}

/** The last `count` items, oldest first, of one contact or of all. */
export function lastItems(sql: Sql, contactId: ContactId | undefined, count: number): readonly ChatItem[] {
  const rows =
    contactId === undefined
      ? sql.all<ItemRow>('SELECT * FROM chat_items ORDER BY item_id DESC LIMIT ?', count)
      : sql.all<ItemRow>(
          'SELECT * FROM chat_items WHERE contact_id = ? ORDER BY item_id DESC LIMIT ?',
          contactId,
          count,
        );
  return rows.map(itemOf).reverse();
}
