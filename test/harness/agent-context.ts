/** Parts of an agent for tests: an in-memory database, the shared context, and initial rows. */
import type { AgentContext, SmpQueueClient } from '../../src/agent/environment.ts';
import { type AgentEvent, agentMigrations, type ConnId, type Database, openDatabase } from '../../src/agent/index.ts';
import * as store from '../../src/agent/store/index.ts';
import type { RcvQueueId, SndQueueId } from '../../src/agent/types.ts';
import { type Clock, type Logger, silentLogger } from '../../src/base/index.ts';
import { generateEd25519, generateX25519, sntrup761, systemRandom } from '../../src/crypto/index.ts';
import { parseSmpServer } from '../../src/protocol/index.ts';

/** The connection in {@link agentDatabase}. */
export const connId = 'connection' as ConnId;
export const { server } = parseSmpServer('smp://AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=@localhost:5223');

/** A new database with one connection. */
export function agentDatabase(
  clock: Clock,
  connection: Partial<Parameters<typeof store.insertConnection>[1]> = {},
): Database {
  const sql = openDatabase(':memory:', { kind: 'raw', key: new Uint8Array(32) }, agentMigrations);
  store.insertConnection(sql, { connId, state: 'connected', agentVersion: 7, pq: false, ...connection }, clock.now());
  return sql;
}

export function agentContext(parts: {
  readonly sql: Database;
  readonly clock: Clock;
  readonly smp: Partial<SmpQueueClient>;
  readonly logger?: Logger;
  readonly emit?: (event: AgentEvent) => void;
  readonly signal?: AbortSignal;
}): AgentContext {
  return {
    sql: parts.sql,
    smp: parts.smp as SmpQueueClient,
    ratchetEnv: { random: systemRandom, kem: sntrup761, kemKeyPair: () => sntrup761.generate(systemRandom) },
    clock: parts.clock,
    random: systemRandom,
    logger: parts.logger ?? silentLogger,
    emit: parts.emit ?? (() => {}),
    signal: parts.signal ?? new AbortController().signal,
  };
}

export function insertSndQueue(
  sql: Database,
  queue: Partial<Parameters<typeof store.insertSndQueue>[1]> = {},
): SndQueueId {
  return store.insertSndQueue(sql, {
    connId,
    server,
    sndId: new Uint8Array(24),
    authKeys: { publicKey: new Uint8Array(32), privateKey: new Uint8Array(32) },
    e2ePublicKey: new Uint8Array(32),
    e2eSecret: new Uint8Array(32),
    clientVersion: 4,
    status: 'secured',
    ...queue,
  });
}

export function insertRcvQueue(
  sql: Database,
  queue: Partial<Parameters<typeof store.insertRcvQueue>[1]> = {},
): RcvQueueId {
  return store.insertRcvQueue(sql, {
    connId,
    server,
    rcvId: systemRandom.bytes(24),
    sndId: systemRandom.bytes(24),
    authKeys: generateEd25519(systemRandom),
    deliverySecret: new Uint8Array(32),
    e2eKeys: generateX25519(systemRandom),
    e2eSecret: undefined,
    clientVersion: 4,
    status: 'active',
    ...queue,
  });
}
