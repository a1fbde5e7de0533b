/** Keys of messages that may still come: how many are kept, and how many a message is tried with. */
import { beforeEach, describe, expect, it } from 'vitest';
import { agentMigrations, type ConnId, type Database, openDatabase } from '../../../src/agent/index.ts';
import * as store from '../../../src/agent/store/index.ts';
import type { SkippedKey } from '../../../src/ratchet/index.ts';

const connId = 'connection' as ConnId;
const bytes = (n: number) => new Uint8Array(32).map((_, i) => (i < 4 ? n >> (8 * i) : 1));
const key = (chain: number, number: number): SkippedKey => ({
  headerKey: bytes(chain),
  number,
  messageKey: { key: bytes(number), iv: new Uint8Array(16) },
});
let sql: Database;
const keep = (...skipped: SkippedKey[]) =>
  store.updateSkippedKeys(sql, connId, { skipped, used: undefined }, Date.now());
const count = () => sql.get<{ n: number }>('SELECT count(*) AS n FROM skipped_keys')!.n;

beforeEach(() => {
  sql = openDatabase(':memory:', { kind: 'raw', key: new Uint8Array(32) }, agentMigrations);
  for (const id of [connId, 'other' as ConnId]) {
    store.insertConnection(sql, { connId: id, state: 'connected', agentVersion: 7, pq: false }, 0);
  }
});

describe('kept keys of a connection', () => {
  it('are found by header key and number, and forgotten once used', () => {
    keep(key(1, 3), key(1, 4), key(2, 3));
    const kept = store.skippedKeys(sql, connId);
    expect(kept.headerKeys()).toHaveLength(2);
    expect(kept.find(bytes(1), 4)?.number).toBe(4);
    expect([...kept.find(bytes(1), 4)!.messageKey.key]).toEqual([...bytes(4)]);
    expect(kept.find(bytes(2), 4)).toBeUndefined();
    store.updateSkippedKeys(sql, connId, { skipped: [], used: key(1, 4) }, 0);
    expect(kept.find(bytes(1), 4)).toBeUndefined();
    expect(store.skippedKeys(sql, 'other' as ConnId).headerKeys()).toEqual([]);
  });

  it('are those of the newest 64 chains, so that a message is tried with no more header keys', () => {
    for (let chain = 1; chain <= 100; chain++) keep(key(chain, 0));
    const headerKeys = store.skippedKeys(sql, connId).headerKeys();
    expect(headerKeys.map((each) => each[0])).toEqual(Array.from({ length: 64 }, (_, i) => 100 - i));
    expect(count()).toBe(64);
    // Also where an earlier version kept more.
    for (let chain = 101; chain <= 2_000; chain++) {
      sql.run('INSERT INTO skipped_keys VALUES (?, ?, 0, ?, 0)', connId, bytes(chain), new Uint8Array(48));
    }
    expect(store.skippedKeys(sql, connId).headerKeys()).toHaveLength(64);
  });

  it('are the newest 2,048', () => {
    for (let chain = 1; chain <= 6; chain++) {
      keep(...Array.from({ length: 512 }, (_, number) => key(chain, number)));
    }
    expect(count()).toBe(2_048);
    expect(store.skippedKeys(sql, connId).find(bytes(2), 511)).toBeUndefined();
    expect(store.skippedKeys(sql, connId).find(bytes(3), 0)).toBeDefined();
  });
});
