/** The agent deletes old rows when it starts and every hour, also after a time when the database failed. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { SmpQueueClient } from '../../../src/agent/environment.ts';
import { Agent, AgentError, type Database, type MsgId } from '../../../src/agent/index.ts';
import * as store from '../../../src/agent/store/index.ts';
import { lineLogger } from '../../../src/base/index.ts';
import { sntrup761, systemRandom } from '../../../src/crypto/index.ts';
import { parseSmpServer } from '../../../src/protocol/index.ts';
import { agentDatabase, connId } from '../../harness/agent-context.ts';
import { manualClock } from '../../harness/manual-clock.ts';

const address = parseSmpServer('smp://AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=@localhost:5223');
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const tables = ['received_hashes', 'skipped_keys', 'snd_messages'] as const;

describe('the clean-up of an agent', () => {
  let clock: ReturnType<typeof manualClock>;
  let sql: Database;
  let agent: Agent;
  let lines: string[];
  let failing: boolean;
  let ids = 0;

  beforeEach(() => {
    clock = manualClock(Date.UTC(2026, 0, 1));
    sql = agentDatabase(clock);
    lines = [];
    failing = false;
    const database: Database = {
      ...sql,
      run(statement, ...params) {
        if (failing && statement.startsWith('DELETE')) throw new AgentError('disk.full');
        return sql.run(statement, ...params);
      },
    };
    const smp = { close: async () => {} };
    agent = new Agent({
      database,
      smp: () => smp as unknown as SmpQueueClient,
      servers: [address],
      clock,
      random: systemRandom,
      kem: sntrup761,
      kemKeyPairs: { take: () => sntrup761.generate(systemRandom), prepare: () => {} },
      logger: lineLogger('warn', (line) => lines.push(line)),
      onEvent: () => {},
    });
  });
  afterEach(async () => {
    await agent.stop();
    sql.close();
  });

  const counts = () => tables.map((table) => sql.get<{ n: number }>(`SELECT count(*) AS n FROM ${table}`)!.n);

  /** A row in each table that is cleaned, of the age that it has now. */
  function add(age: number): void {
    const createdAt = clock.now() - age;
    const msgId = ++ids as MsgId;
    store.insertReceivedHash(sql, connId, systemRandom.bytes(32), createdAt);
    sql.run(
      'INSERT INTO skipped_keys VALUES (?, ?, ?, ?, ?)',
      connId,
      new Uint8Array(32),
      ids,
      new Uint8Array(48),
      createdAt,
    );
    const sndQueueId = store.insertSndQueue(sql, {
      connId,
      server: address.server,
      sndId: systemRandom.bytes(24),
      authKeys: { publicKey: new Uint8Array(32), privateKey: new Uint8Array(32) },
      e2ePublicKey: new Uint8Array(32),
      e2eSecret: new Uint8Array(32),
      clientVersion: 4,
      status: 'active',
    });
    store.insertSndMessage(sql, {
      connId,
      msgId,
      sndId: msgId,
      sndQueueId,
      kind: 'app',
      body: new Uint8Array(10),
      hash: new Uint8Array(32),
      notification: false,
      pq: undefined,
      sealingKey: undefined,
      createdAt,
    });
    sql.run("UPDATE snd_messages SET status = 'sent'");
  }

  it('deletes when it starts what is older than 30 days, and nothing else', () => {
    add(30 * DAY + 1);
    add(30 * DAY);
    add(0);
    agent.start();
    clock.advance(0);
    expect(counts()).toEqual([2, 2, 2]);
  });

  it('goes on every hour', () => {
    agent.start();
    clock.advance(0);
    for (let hour = 0; hour < 3; hour++) {
      add(30 * DAY);
      clock.advance(HOUR - 1);
      expect(counts()).toEqual([1, 1, 1]);
      clock.advance(1);
      expect(counts()).toEqual([0, 0, 0]);
    }
    expect(lines).toEqual([]);
  });

  it('goes on after an hour in which the database failed', () => {
    add(31 * DAY);
    agent.start();
    failing = true;
    clock.advance(0);
    clock.advance(HOUR);
    expect(lines).toEqual(Array(2).fill('warn: clean-up failed: disk.full'));
    expect(counts()).toEqual([1, 1, 1]);
    failing = false;
    clock.advance(HOUR);
    expect(counts()).toEqual([0, 0, 0]);
  });

  it('ends with the agent', async () => {
    agent.start();
    clock.advance(0);
    add(31 * DAY);
    await agent.stop();
    clock.advance(2 * HOUR);
    expect(counts()).toEqual([1, 1, 1]);
  });
});
