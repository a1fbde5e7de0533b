/** Queues in the database. */
import type { KeyPair } from '../../crypto/index.ts';
import { formatSmpServer, parseSmpServer, type SmpServer } from '../../protocol/index.ts';
import type { ConnId, RcvQueue, RcvQueueId, SndQueue, SndQueueId } from '../types.ts';
import type { Sql } from './sql.ts';

interface RcvQueueRow {
  rcv_queue_id: RcvQueueId;
  conn_id: ConnId;
  server: string;
  rcv_id: Uint8Array;
  snd_id: Uint8Array;
  auth_public: Uint8Array;
  auth_private: Uint8Array;
  rcv_dh_secret: Uint8Array;
  e2e_public: Uint8Array;
  e2e_private: Uint8Array;
  e2e_secret: Uint8Array | null;
  client_version: number;
  status: RcvQueue['status'];
}

function rcvQueueOf(row: RcvQueueRow): RcvQueue {
  return {
    id: row.rcv_queue_id,
    connId: row.conn_id,
    server: parseSmpServer(row.server).server,
    rcvId: row.rcv_id,
    sndId: row.snd_id,
    authKeys: { publicKey: row.auth_public, privateKey: row.auth_private },
    deliverySecret: row.rcv_dh_secret,
    e2eKeys: { publicKey: row.e2e_public, privateKey: row.e2e_private },
    e2eSecret: row.e2e_secret ?? undefined,
    clientVersion: row.client_version,
    status: row.status,
  };
}

export function insertRcvQueue(sql: Sql, queue: Omit<RcvQueue, 'id'>): RcvQueueId {
  const { lastId } = sql.run(
    `INSERT INTO rcv_queues (conn_id, server, rcv_id, snd_id, auth_public, auth_private, rcv_dh_secret, e2e_public,
       e2e_private, e2e_secret, client_version, status) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    queue.connId,
    formatSmpServer(queue.server),
    queue.rcvId,
    queue.sndId,
    queue.authKeys.publicKey,
    queue.authKeys.privateKey,
    queue.deliverySecret,
    queue.e2eKeys.publicKey,
    queue.e2eKeys.privateKey,
    queue.e2eSecret ?? null,
    queue.clientVersion,
    queue.status,
  );
  return lastId as RcvQueueId;
}

export function allRcvQueues(sql: Sql): readonly RcvQueue[] {
  return sql.all<RcvQueueRow>('SELECT * FROM rcv_queues').map(rcvQueueOf);
}

export function rcvQueuesOf(sql: Sql, connId: ConnId): readonly RcvQueue[] {
  return sql.all<RcvQueueRow>('SELECT * FROM rcv_queues WHERE conn_id = ?', connId).map(rcvQueueOf);
}

/** Whether there is a queue to receive from on a server, `smp://…`. */
export function receivesFrom(sql: Sql, server: string): boolean {
  return sql.get('SELECT 1 FROM rcv_queues WHERE server = ? LIMIT 1', server) !== undefined;
}

export function rcvQueueByAddress(sql: Sql, server: SmpServer, rcvId: Uint8Array): RcvQueue | undefined {
  const row = sql.get<RcvQueueRow>(
    'SELECT * FROM rcv_queues WHERE server = ? AND rcv_id = ?',
    formatSmpServer(server),
    rcvId,
  );
  return row && rcvQueueOf(row);
}

/** Whether a queue with this sender id is our own: detects our own links. */
export function isOwnQueue(sql: Sql, sndId: Uint8Array): boolean {
  return sql.get('SELECT 1 AS own FROM rcv_queues WHERE snd_id = ?', sndId) !== undefined;
}

export function confirmRcvQueue(sql: Sql, id: RcvQueueId, e2eSecret: Uint8Array, clientVersion: number): void {
  sql.run(
    "UPDATE rcv_queues SET e2e_secret = ?, client_version = ?, status = 'active' WHERE rcv_queue_id = ?",
    e2eSecret,
    clientVersion,
    id,
  );
}

interface SndQueueRow {
  snd_queue_id: SndQueueId;
  conn_id: ConnId;
  server: string;
  snd_id: Uint8Array;
  auth_public: Uint8Array;
  auth_private: Uint8Array;
  e2e_public: Uint8Array;
  e2e_secret: Uint8Array;
  client_version: number;
  status: SndQueue['status'];
}

function sndQueueOf(row: SndQueueRow): SndQueue {
  return {
    id: row.snd_queue_id,
    connId: row.conn_id,
    server: parseSmpServer(row.server).server,
    sndId: row.snd_id,
    authKeys: { publicKey: row.auth_public, privateKey: row.auth_private },
    e2ePublicKey: row.e2e_public,
    e2eSecret: row.e2e_secret,
    clientVersion: row.client_version,
    status: row.status,
  };
}

export function insertSndQueue(sql: Sql, queue: Omit<SndQueue, 'id'>): SndQueueId {
  const { lastId } = sql.run(
    `INSERT INTO snd_queues (conn_id, server, snd_id, auth_public, auth_private, e2e_public, e2e_secret, client_version,
       status) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    queue.connId,
    formatSmpServer(queue.server),
    queue.sndId,
    queue.authKeys.publicKey,
    queue.authKeys.privateKey,
    queue.e2ePublicKey,
    queue.e2eSecret,
    queue.clientVersion,
    queue.status,
  );
  return lastId as SndQueueId;
}

export function sndQueuesOf(sql: Sql, connId: ConnId): readonly SndQueue[] {
  return sql.all<SndQueueRow>('SELECT * FROM snd_queues WHERE conn_id = ?', connId).map(sndQueueOf);
}

export function findSndQueue(sql: Sql, id: SndQueueId): SndQueue | undefined {
  const row = sql.get<SndQueueRow>('SELECT * FROM snd_queues WHERE snd_queue_id = ?', id);
  return row && sndQueueOf(row);
}

export function setSndQueueStatus(sql: Sql, id: SndQueueId, status: SndQueue['status']): void {
  sql.run('UPDATE snd_queues SET status = ? WHERE snd_queue_id = ?', status, id);
}

/** A receiving queue to be deleted on its server once that is reachable. */
export interface DeletedQueue {
  readonly id: number;
  readonly server: SmpServer;
  readonly rcvId: Uint8Array;
  readonly authKeys: KeyPair;
  readonly deletedAt: number;
}

export function insertDeletedQueue(sql: Sql, queue: Omit<RcvQueue, 'id'>, now: number): void {
  sql.run(
    'INSERT INTO deleted_queues (server, rcv_id, auth_public, auth_private, deleted_at) VALUES (?, ?, ?, ?, ?)',
    formatSmpServer(queue.server),
    queue.rcvId,
    queue.authKeys.publicKey,
    queue.authKeys.privateKey,
    now,
  );
}

export function deletedQueues(sql: Sql): readonly DeletedQueue[] {
  return sql
    .all<{
      deleted_queue_id: number;
      server: string;
      rcv_id: Uint8Array;
      auth_public: Uint8Array;
      auth_private: Uint8Array;
      deleted_at: number;
    }>('SELECT * FROM deleted_queues')
    .map((row) => ({
      id: row.deleted_queue_id,
      server: parseSmpServer(row.server).server,
      rcvId: row.rcv_id,
      authKeys: { publicKey: row.auth_public, privateKey: row.auth_private },
      deletedAt: row.deleted_at,
    }));
}

export function forgetDeletedQueue(sql: Sql, id: number): void {
  sql.run('DELETE FROM deleted_queues WHERE deleted_queue_id = ?', id);
}
