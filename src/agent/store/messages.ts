/**
 * Messages in the database: sent ones until a receipt is no longer expected, received ones until the app has handled
 * them.
 */
import { decode, encode } from '../../encoding/index.ts';
import { type SealingKey, sealingKeyCodec } from '../../ratchet/index.ts';
import type { ConnId, MessageIntegrity, MessageMeta, MsgId, RcvQueueId, SndQueueId } from '../types.ts';
import type { Sql } from './sql.ts';

/** `conf`: a whole confirmation envelope. Others: the agent message that the ratchet will encrypt. */
export type SndKind = 'conf' | 'app' | 'receipt' | 'control';

export interface SndMessage {
  readonly connId: ConnId;
  readonly msgId: MsgId;
  readonly sndId: number;
  readonly sndQueueId: SndQueueId;
  readonly kind: SndKind;
  readonly body: Uint8Array;
  readonly hash: Uint8Array;
  readonly notification: boolean;
  /** Turns the KEM on or off with this message; undefined: unchanged. */
  readonly pq: boolean | undefined;
  /** Taken from the ratchet at the first attempt, so that every attempt sends the same bytes. */
  readonly sealingKey: SealingKey | undefined;
  readonly createdAt: number;
}

interface SndMessageRow {
  conn_id: ConnId;
  msg_id: MsgId;
  snd_id: number;
  snd_queue_id: SndQueueId;
  kind: SndKind;
  body: Uint8Array;
  hash: Uint8Array;
  notification: number;
  pq: number | null;
  sealing_key: Uint8Array | null;
  created_at: number;
}

function sndMessageOf(row: SndMessageRow): SndMessage {
  return {
    connId: row.conn_id,
    msgId: row.msg_id,
    sndId: row.snd_id,
    sndQueueId: row.snd_queue_id,
    kind: row.kind,
    body: row.body,
    hash: row.hash,
    notification: row.notification !== 0,
    pq: row.pq === null ? undefined : row.pq !== 0,
    sealingKey: row.sealing_key === null ? undefined : decode(sealingKeyCodec, row.sealing_key),
    createdAt: row.created_at,
  };
}

export function insertSndMessage(sql: Sql, message: SndMessage): void {
  sql.run(
    `INSERT INTO snd_messages (conn_id, msg_id, snd_id, snd_queue_id, kind, body, hash, notification, pq, status,
       created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 'pending', ?)`,
    message.connId,
    message.msgId,
    message.sndId,
    message.sndQueueId,
    message.kind,
    message.body,
    message.hash,
    message.notification ? 1 : 0,
    message.pq === undefined ? null : message.pq ? 1 : 0,
    message.createdAt,
  );
}

export function nextPending(sql: Sql, queue: SndQueueId): SndMessage | undefined {
  const row = sql.get<SndMessageRow>(
    `SELECT * FROM snd_messages WHERE snd_queue_id = ? AND status = 'pending' ORDER BY msg_id LIMIT 1`,
    queue,
  );
  return row && sndMessageOf(row);
}

/** Queues with something to send. */
export function pendingQueues(sql: Sql): readonly SndQueueId[] {
  return sql
    .all<{ snd_queue_id: SndQueueId }>("SELECT DISTINCT snd_queue_id FROM snd_messages WHERE status = 'pending'")
    .map((row) => row.snd_queue_id);
}

export function hasPending(sql: Sql, connId: ConnId): boolean {
  return sql.get("SELECT 1 AS one FROM snd_messages WHERE conn_id = ? AND status = 'pending'", connId) !== undefined;
}

export function setSealingKey(sql: Sql, message: SndMessage, key: SealingKey): void {
  sql.run(
    'UPDATE snd_messages SET sealing_key = ? WHERE conn_id = ? AND msg_id = ?',
    encode(sealingKeyCodec, key),
    message.connId,
    message.msgId,
  );
}

/**
 * Keeps only the hash of an app message, for its receipt, and nothing of others. Keys and content are deleted at once.
 */
export function finishSndMessage(sql: Sql, message: SndMessage): void {
  if (message.kind === 'app') {
    sql.run(
      "UPDATE snd_messages SET status = 'sent', sealing_key = NULL, body = x'' WHERE conn_id = ? AND msg_id = ?",
      message.connId,
      message.msgId,
    );
  } else {
    deleteSndMessage(sql, message.connId, message.msgId);
  }
}

export function deleteSndMessage(sql: Sql, connId: ConnId, msgId: MsgId): void {
  sql.run('DELETE FROM snd_messages WHERE conn_id = ? AND msg_id = ?', connId, msgId);
}

/** Finds the app message of a receipt. */
export function findSentMessage(
  sql: Sql,
  connId: ConnId,
  sndId: number,
): { msgId: MsgId; hash: Uint8Array } | undefined {
  const row = sql.get<{ msg_id: MsgId; hash: Uint8Array }>(
    "SELECT msg_id, hash FROM snd_messages WHERE conn_id = ? AND snd_id = ? AND kind = 'app'",
    connId,
    sndId,
  );
  return row && { msgId: row.msg_id, hash: row.hash };
}

export interface RcvMessage {
  readonly connId: ConnId;
  readonly msgId: MsgId;
  readonly rcvQueueId: RcvQueueId;
  readonly brokerId: Uint8Array;
  readonly meta: MessageMeta;
  readonly kind: 'app' | 'receipt';
  readonly body: Uint8Array;
  readonly hash: Uint8Array;
  /** The app has handled it; the server may not know yet. */
  readonly acknowledged: boolean;
}

interface RcvMessageRow {
  conn_id: ConnId;
  msg_id: MsgId;
  snd_id: number;
  rcv_queue_id: RcvQueueId;
  broker_id: Uint8Array;
  broker_ts: number;
  received_at: number;
  kind: RcvMessage['kind'];
  body: Uint8Array;
  hash: Uint8Array;
  integrity: string;
  pq: number;
  acknowledged: number;
}

function rcvMessageOf(row: RcvMessageRow): RcvMessage {
  return {
    connId: row.conn_id,
    msgId: row.msg_id,
    rcvQueueId: row.rcv_queue_id,
    brokerId: row.broker_id,
    meta: {
      integrity: JSON.parse(row.integrity) as MessageIntegrity,
      sndMsgId: row.snd_id,
      brokerTs: row.broker_ts,
      receivedAt: row.received_at,
      pq: row.pq !== 0,
    },
    kind: row.kind,
    body: row.body,
    hash: row.hash,
    acknowledged: row.acknowledged !== 0,
  };
}

export function insertRcvMessage(sql: Sql, message: RcvMessage): void {
  const { meta } = message;
  sql.run(
    `INSERT INTO rcv_messages (conn_id, msg_id, snd_id, rcv_queue_id, broker_id, broker_ts, received_at, kind, body, hash,
       integrity, pq) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    message.connId,
    message.msgId,
    meta.sndMsgId,
    message.rcvQueueId,
    message.brokerId,
    meta.brokerTs,
    meta.receivedAt,
    message.kind,
    message.body,
    message.hash,
    JSON.stringify(meta.integrity),
    meta.pq ? 1 : 0,
  );
}

export function findRcvMessage(sql: Sql, connId: ConnId, msgId: MsgId): RcvMessage | undefined {
  const row = sql.get<RcvMessageRow>('SELECT * FROM rcv_messages WHERE conn_id = ? AND msg_id = ?', connId, msgId);
  return row && rcvMessageOf(row);
}

export function rcvMessageByBrokerId(sql: Sql, queue: RcvQueueId, brokerId: Uint8Array): RcvMessage | undefined {
  const row = sql.get<RcvMessageRow>(
    'SELECT * FROM rcv_messages WHERE rcv_queue_id = ? AND broker_id = ?',
    queue,
    brokerId,
  );
  return row && rcvMessageOf(row);
}

/** Messages that the app was notified of but did not acknowledge, in order. */
export function unacknowledged(sql: Sql): readonly RcvMessage[] {
  return sql
    .all<RcvMessageRow>('SELECT * FROM rcv_messages WHERE acknowledged = 0 ORDER BY conn_id, msg_id')
    .map(rcvMessageOf);
}

export function setAcknowledged(sql: Sql, connId: ConnId, msgId: MsgId): void {
  sql.run("UPDATE rcv_messages SET acknowledged = 1, body = x'' WHERE conn_id = ? AND msg_id = ?", connId, msgId);
}

export function deleteRcvMessage(sql: Sql, connId: ConnId, msgId: MsgId): void {
  sql.run('DELETE FROM rcv_messages WHERE conn_id = ? AND msg_id = ?', connId, msgId);
}

/** The server delivers one message at a time: all messages before a new one were acknowledged. */
export function deleteAcknowledged(sql: Sql, queue: RcvQueueId): void {
  sql.run('DELETE FROM rcv_messages WHERE rcv_queue_id = ? AND acknowledged = 1', queue);
}

export function insertReceivedHash(sql: Sql, connId: ConnId, hash: Uint8Array, now: number): void {
  sql.run('INSERT OR IGNORE INTO received_hashes (conn_id, hash, created_at) VALUES (?, ?, ?)', connId, hash, now);
}

export function hasReceivedHash(sql: Sql, connId: ConnId, hash: Uint8Array): boolean {
  return sql.get('SELECT 1 AS one FROM received_hashes WHERE conn_id = ? AND hash = ?', connId, hash) !== undefined;
}

/** Deletes hashes, skipped keys and sent messages older than `before`. */
export function deleteOld(sql: Sql, before: number): void {
  sql.run('DELETE FROM received_hashes WHERE created_at < ?', before);
  sql.run('DELETE FROM skipped_keys WHERE created_at < ?', before);
  sql.run("DELETE FROM snd_messages WHERE status = 'sent' AND created_at < ?", before);
}
