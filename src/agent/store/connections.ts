/** Connections, their key agreement and their ratchets in the database. */
import { decode, encode } from '../../encoding/index.ts';
import {
  type E2EParams,
  e2eParamsCodec,
  type InitiatorSecrets,
  messageKeyCodec,
  type Ratchet,
  ratchetCodec,
  type SkippedKey,
  type SkippedKeys,
} from '../../ratchet/index.ts';
import { AgentError } from '../errors.ts';
import { type SmpQueueInfo, smpQueueInfoCodec } from '../protocol/index.ts';
import type { Connection, ConnectionState, ConnId, MsgId } from '../types.ts';
import { initiatorSecretsCodec } from './secrets.ts';
import type { Sql } from './sql.ts';

interface ConnectionRow {
  conn_id: ConnId;
  state: ConnectionState;
  agent_version: number;
  pq: number;
  session_lost_at: number | null;
}

const COLUMNS = 'conn_id, state, agent_version, pq, session_lost_at';

function connectionOf(row: ConnectionRow): Connection {
  return {
    connId: row.conn_id,
    state: row.state,
    agentVersion: row.agent_version,
    pq: row.pq !== 0,
    sessionLost: row.session_lost_at !== null,
  };
}

export function insertConnection(sql: Sql, connection: Omit<Connection, 'sessionLost'>, now: number): void {
  sql.run(
    'INSERT INTO connections (conn_id, state, agent_version, pq, created_at) VALUES (?, ?, ?, ?, ?)',
    connection.connId,
    connection.state,
    connection.agentVersion,
    connection.pq ? 1 : 0,
    now,
  );
}

export function findConnection(sql: Sql, connId: ConnId): Connection | undefined {
  const row = sql.get<ConnectionRow>(`SELECT ${COLUMNS} FROM connections WHERE conn_id = ?`, connId);
  return row && connectionOf(row);
}

export function requireConnection(sql: Sql, connId: ConnId): Connection {
  const connection = findConnection(sql, connId);
  if (connection === undefined) throw new AgentError('no-connection');
  return connection;
}

export function connectionsInState(sql: Sql, state: ConnectionState): readonly Connection[] {
  return sql.all<ConnectionRow>(`SELECT ${COLUMNS} FROM connections WHERE state = ?`, state).map(connectionOf);
}

export function setConnectionState(sql: Sql, connId: ConnId, state: ConnectionState): void {
  sql.run('UPDATE connections SET state = ? WHERE conn_id = ?', state, connId);
}

/** `lostAt`: when a message could not be decrypted; undefined once one was decrypted again. */
export function setSessionLost(sql: Sql, connId: ConnId, lostAt: number | undefined): void {
  sql.run('UPDATE connections SET session_lost_at = ? WHERE conn_id = ?', lostAt ?? null, connId);
}

export function deleteConnectionRows(sql: Sql, connId: ConnId): void {
  sql.run('DELETE FROM connections WHERE conn_id = ?', connId);
}

/** Returns the ids for the next message to send, and the hash of the previous one. */
export function takeSndIds(sql: Sql, connId: ConnId): { msgId: MsgId; sndId: number; prevHash: Uint8Array } {
  sql.run(
    'UPDATE connections SET last_msg_id = last_msg_id + 1, last_snd_id = last_snd_id + 1 WHERE conn_id = ?',
    connId,
  );
  const row = sql.get<{ last_msg_id: MsgId; last_snd_id: number; last_snd_hash: Uint8Array }>(
    'SELECT last_msg_id, last_snd_id, last_snd_hash FROM connections WHERE conn_id = ?',
    connId,
  )!;
  return { msgId: row.last_msg_id, sndId: row.last_snd_id, prevHash: row.last_snd_hash };
}

export function setSndHash(sql: Sql, connId: ConnId, hash: Uint8Array): void {
  sql.run('UPDATE connections SET last_snd_hash = ? WHERE conn_id = ?', hash, connId);
}

export function lastReceived(sql: Sql, connId: ConnId): { sndMsgId: number; hash: Uint8Array } {
  const row = sql.get<{ last_rcv_id: number; last_rcv_hash: Uint8Array }>(
    'SELECT last_rcv_id, last_rcv_hash FROM connections WHERE conn_id = ?',
    connId,
  )!;
  return { sndMsgId: row.last_rcv_id, hash: row.last_rcv_hash };
}

export function setLastReceived(sql: Sql, connId: ConnId, sndMsgId: number, hash: Uint8Array): void {
  sql.run('UPDATE connections SET last_rcv_id = ?, last_rcv_hash = ? WHERE conn_id = ?', sndMsgId, hash, connId);
}

export function takeRcvMsgId(sql: Sql, connId: ConnId): MsgId {
  sql.run('UPDATE connections SET last_msg_id = last_msg_id + 1 WHERE conn_id = ?', connId);
  return sql.get<{ last_msg_id: MsgId }>('SELECT last_msg_id FROM connections WHERE conn_id = ?', connId)!.last_msg_id;
}

export function insertX3dhSecrets(sql: Sql, connId: ConnId, secrets: InitiatorSecrets): void {
  sql.run('INSERT INTO x3dh_keys (conn_id, secrets) VALUES (?, ?)', connId, encode(initiatorSecretsCodec, secrets));
}

export function x3dhSecrets(sql: Sql, connId: ConnId): InitiatorSecrets | undefined {
  const row = sql.get<{ secrets: Uint8Array }>('SELECT secrets FROM x3dh_keys WHERE conn_id = ?', connId);
  return row && decode(initiatorSecretsCodec, row.secrets);
}

export function deleteX3dhSecrets(sql: Sql, connId: ConnId): void {
  sql.run('DELETE FROM x3dh_keys WHERE conn_id = ?', connId);
}

export function putRatchet(sql: Sql, connId: ConnId, ratchet: Ratchet): void {
  sql.run(
    'INSERT INTO ratchets (conn_id, state) VALUES (?, ?) ON CONFLICT (conn_id) DO UPDATE SET state = excluded.state',
    connId,
    encode(ratchetCodec, ratchet),
  );
}

export function findRatchet(sql: Sql, connId: ConnId): Ratchet | undefined {
  const row = sql.get<{ state: Uint8Array }>('SELECT state FROM ratchets WHERE conn_id = ?', connId);
  return row && decode(ratchetCodec, row.state);
}

export function requireRatchet(sql: Sql, connId: ConnId): Ratchet {
  const ratchet = findRatchet(sql, connId);
  if (ratchet === undefined) throw new AgentError('state.no-session');
  return ratchet;
}

/** Maximum chains with skipped keys: a message that no current key decrypts is tried with the header key of each. */
const MAX_SKIPPED_CHAINS = 64;
/** Maximum skipped keys of one connection: four gaps of the maximum size. */
const MAX_SKIPPED_KEYS = 2_048;

/** The skipped keys of a connection, read on demand. */
export function skippedKeys(sql: Sql, connId: ConnId): SkippedKeys {
  return {
    headerKeys: () =>
      sql
        .all<{ header_key: Uint8Array }>(
          `SELECT header_key FROM skipped_keys WHERE conn_id = ? GROUP BY header_key ORDER BY max(rowid) DESC
           LIMIT ${MAX_SKIPPED_CHAINS}`,
          connId,
        )
        .map((row) => row.header_key),
    find(headerKey, number) {
      const row = sql.get<{ message_key: Uint8Array }>(
        'SELECT message_key FROM skipped_keys WHERE conn_id = ? AND header_key = ? AND number = ?',
        connId,
        headerKey,
        number,
      );
      return row && { headerKey, number, messageKey: decode(messageKeyCodec, row.message_key) };
    },
  };
}

export function updateSkippedKeys(
  sql: Sql,
  connId: ConnId,
  change: { readonly skipped: readonly SkippedKey[]; readonly used: SkippedKey | undefined },
  now: number,
): void {
  for (const key of change.skipped) {
    sql.run(
      'INSERT INTO skipped_keys (conn_id, header_key, number, message_key, created_at) VALUES (?, ?, ?, ?, ?)',
      connId,
      key.headerKey,
      key.number,
      encode(messageKeyCodec, key.messageKey),
      now,
    );
  }
  if (change.skipped.length > 0) limitSkippedKeys(sql, connId);
  if (change.used !== undefined) {
    const { headerKey, number } = change.used;
    sql.run('DELETE FROM skipped_keys WHERE conn_id = ? AND header_key = ? AND number = ?', connId, headerKey, number);
  }
}

/** Deletes the oldest keys above the limits. */
function limitSkippedKeys(sql: Sql, connId: ConnId): void {
  sql.run(
    `DELETE FROM skipped_keys WHERE rowid IN
       (SELECT rowid FROM skipped_keys WHERE conn_id = ? ORDER BY rowid DESC LIMIT -1 OFFSET ${MAX_SKIPPED_KEYS})`,
    connId,
  );
  sql.run(
    `DELETE FROM skipped_keys WHERE conn_id = ? AND header_key IN
       (SELECT header_key FROM skipped_keys WHERE conn_id = ? GROUP BY header_key ORDER BY max(rowid) DESC
        LIMIT -1 OFFSET ${MAX_SKIPPED_CHAINS})`,
    connId,
    connId,
  );
}

/** A confirmation waiting for `allowConnection`. */
export interface Confirmation {
  readonly confirmationId: string;
  readonly replyQueue: SmpQueueInfo;
  readonly info: Uint8Array;
}

export function insertConfirmation(sql: Sql, connId: ConnId, confirmation: Confirmation): void {
  sql.run(
    'INSERT INTO confirmations (conn_id, confirmation_id, reply_queue, info) VALUES (?, ?, ?, ?)',
    connId,
    confirmation.confirmationId,
    encode(smpQueueInfoCodec, confirmation.replyQueue),
    confirmation.info,
  );
}

interface ConfirmationRow {
  conn_id: ConnId;
  confirmation_id: string;
  reply_queue: Uint8Array;
  info: Uint8Array;
}

export function allConfirmations(sql: Sql): readonly (Confirmation & { readonly connId: ConnId })[] {
  return sql
    .all<ConfirmationRow>('SELECT conn_id, confirmation_id, reply_queue, info FROM confirmations')
    .map((row) => ({
      connId: row.conn_id,
      confirmationId: row.confirmation_id,
      replyQueue: decode(smpQueueInfoCodec, row.reply_queue),
      info: row.info,
    }));
}

export function findConfirmation(sql: Sql, connId: ConnId, confirmationId: string): Confirmation | undefined {
  return allConfirmations(sql).find((c) => c.connId === connId && c.confirmationId === confirmationId);
}

export function deleteConfirmation(sql: Sql, connId: ConnId): void {
  sql.run('DELETE FROM confirmations WHERE conn_id = ?', connId);
}

/** What a join needs to continue after a restart: the parameters and the information of our confirmation. */
export interface PendingJoin {
  readonly e2eParams: E2EParams;
  readonly info: Uint8Array;
}

export function insertJoin(sql: Sql, connId: ConnId, join: PendingJoin): void {
  sql.run(
    'INSERT INTO joins (conn_id, e2e_params, info) VALUES (?, ?, ?)',
    connId,
    encode(e2eParamsCodec, join.e2eParams),
    join.info,
  );
}

export function findJoin(sql: Sql, connId: ConnId): PendingJoin | undefined {
  const row = sql.get<{ e2e_params: Uint8Array; info: Uint8Array }>(
    'SELECT e2e_params, info FROM joins WHERE conn_id = ?',
    connId,
  );
  return row && { e2eParams: decode(e2eParamsCodec, row.e2e_params), info: row.info };
}

export function deleteJoin(sql: Sql, connId: ConnId): void {
  sql.run('DELETE FROM joins WHERE conn_id = ?', connId);
}
