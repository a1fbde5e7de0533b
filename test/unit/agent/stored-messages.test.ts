/** Messages in the database: each comes out as it went in. */
import { beforeEach, expect, it } from 'vitest';
import type { Database, MsgId } from '../../../src/agent/index.ts';
import * as store from '../../../src/agent/store/index.ts';
import { systemRandom } from '../../../src/crypto/index.ts';
import { agentDatabase, connId, insertRcvQueue, insertSndQueue } from '../../harness/agent-context.ts';
import { manualClock } from '../../harness/manual-clock.ts';

let sql: Database;
beforeEach(() => {
  sql = agentDatabase(manualClock());
});

/** With plain arrays in place of bytes: those of the database are Buffers. */
const plain = (value: unknown) =>
  JSON.parse(JSON.stringify(value, (_, v) => (v?.type === 'Buffer' ? v.data : v instanceof Uint8Array ? [...v] : v)));

it.each([
  { notification: true, pq: undefined, kind: 'app' as const },
  { notification: false, pq: true, kind: 'receipt' as const },
  { notification: true, pq: false, kind: 'control' as const },
])('a message to send with %j', (kind) => {
  const message: store.SndMessage = {
    ...kind,
    connId,
    msgId: 7 as MsgId,
    sndId: 3,
    sndQueueId: insertSndQueue(sql),
    body: systemRandom.bytes(20),
    hash: systemRandom.bytes(32),
    sealingKey: undefined,
    createdAt: 1_700_000_000_000,
  };
  store.insertSndMessage(sql, message);
  expect(plain(store.nextPending(sql, message.sndQueueId))).toEqual(plain(message));
  const key = {
    messageKey: { key: systemRandom.bytes(32), iv: systemRandom.bytes(16) },
    associatedData: systemRandom.bytes(112),
    header: systemRandom.bytes(123),
  };
  store.setSealingKey(sql, message, key);
  expect(plain(store.nextPending(sql, message.sndQueueId))).toEqual(plain({ ...message, sealingKey: key }));
});

it.each([
  { kind: 'app' as const, pq: true },
  { kind: 'receipt' as const, pq: false },
])('a received message with %j, until the app has acknowledged it', ({ kind, pq }) => {
  const message: store.RcvMessage = {
    connId,
    msgId: 5 as MsgId,
    rcvQueueId: insertRcvQueue(sql),
    brokerId: systemRandom.bytes(24),
    meta: { integrity: { kind: 'skipped', from: 2, to: 3 }, sndMsgId: 4, brokerTs: 1_000, receivedAt: 2_000, pq },
    kind,
    body: systemRandom.bytes(20),
    hash: systemRandom.bytes(32),
    acknowledged: false,
  };
  store.insertRcvMessage(sql, message);
  expect(plain(store.findRcvMessage(sql, connId, message.msgId))).toEqual(plain(message));
  expect(plain(store.unacknowledged(sql))).toEqual([plain(message)]);
  store.setAcknowledged(sql, connId, message.msgId);
  expect(store.unacknowledged(sql)).toEqual([]);
  // Its id is still known, in case the server delivers it again; its text is not.
  const acknowledged = { ...message, body: new Uint8Array(0), acknowledged: true };
  expect(plain(store.rcvMessageByBrokerId(sql, message.rcvQueueId, message.brokerId))).toEqual(plain(acknowledged));
});
