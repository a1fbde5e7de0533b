/** What a server counts while clients talk to it. */
import { afterEach, beforeEach, expect, it } from 'vitest';
import { emptyBytes } from '../../../src/encoding/index.ts';
import { ServerStatistics } from '../../../src/smp/server/index.ts';
import { authKey, RawClient } from '../../harness/smp-client.ts';
import { startTestServer, type TestServer } from '../../harness/smp-server.ts';

let statistics: ServerStatistics;
let server: TestServer;
beforeEach(async () => {
  statistics = new ServerStatistics();
  server = await startTestServer({ observer: statistics, quota: 2 });
});
afterEach(() => server.stop());

const connect = () => RawClient.connect(server.address, { min: 12, max: 12 });
const send = (notification: boolean, size: number) =>
  ({ kind: 'SEND', flags: { notification }, body: new Uint8Array(size) }) as const;

it('counts commands with their outcomes, and what goes out', async () => {
  const client = await connect();
  const queue = await client.newQueue({ subscribe: true });
  const wrongKey = authKey();
  expect(await client.ask(queue.rcvId, wrongKey, { kind: 'SUB' })).toMatchObject({ error: { kind: 'AUTH' } });
  await client.send(client.encode(queue.sndId, undefined, send(true, 100)));
  const kinds = [(await client.receive())!.response.kind, (await client.receive())!.response.kind];
  expect(kinds.sort()).toEqual(['MSG', 'OK']);
  await client.ask(queue.sndId, undefined, send(false, 5_000));
  await client.ask(queue.sndId, undefined, send(false, 5_000));
  await client.ask(emptyBytes, undefined, new Uint8Array([1, 2, 3]));
  await client.ask(queue.rcvId, undefined, { kind: 'DEL' });
  const other = await client.newQueue();
  await client.ask(other.rcvId, other.authKey, { kind: 'DEL' });
  client.transport.destroy();
  expect(statistics.answers('NEW', 'IDS')).toBe(2);
  expect(statistics.answers('SUB', 'AUTH')).toBe(1);
  expect(statistics.answers('SEND', 'OK')).toBe(2);
  expect(statistics.answers('SEND', 'OK', 'QUOTA')).toBe(3);
  expect(statistics.answers('unreadable', 'CMD UNKNOWN')).toBe(1);
  expect(statistics.answers('unreadable', 'CMD NO_AUTH')).toBe(1);
  expect(statistics.answers('DEL', 'OK')).toBe(1);
  expect(statistics.deletedQueues).toEqual({ new: 1, secured: 0 });
  expect(statistics.sentOf('MSG')).toBe(1);
  expect(statistics.notifiedMessages).toBe(1);
  expect(statistics.messageBytes).toMatchObject({ count: 2, sum: 5_100 });
  const times = new Map([...statistics.commands].map(([kind, { seconds }]) => [kind, seconds.count]));
  expect(times.get('SEND')).toBe(3);
  // What cannot be read is not executed, so it adds nothing to the time that commands take.
  const unreadable = [...statistics.commands].find(([kind]) => kind === 'unreadable');
  expect(unreadable?.[1].seconds).toMatchObject({ count: 2, sum: 0 });
});

it('counts what a subscriber loses to another', async () => {
  const [first, second] = [await connect(), await connect()];
  const queue = await first.newQueue({ subscribe: true });
  await second.ask(queue.rcvId, queue.authKey, { kind: 'SUB' });
  expect((await first.receive())?.response.kind).toBe('END');
  expect(statistics.sentOf('END')).toBe(1);
  for (const client of [first, second]) client.transport.destroy();
});

it('sorts messages by size, up to the bounds that dashboards show', () => {
  // A block has 16,384 bytes; most clients pad their messages to fill it.
  const bounds = [256, 1_024, 4_096, 8_192, 12_288, 14_336, 15_360, 16_384];
  for (const size of bounds) statistics.executed(send(false, size), { kind: 'OK' }, 1);
  expect(statistics.messageBytes.counts).toEqual([...bounds.map(() => 1), 0]);
  for (const size of bounds) statistics.executed(send(false, size + 1), { kind: 'OK' }, 1);
  expect(statistics.messageBytes.counts).toEqual([1, 2, 2, 2, 2, 2, 2, 2, 1]);
});

it('counts deleted queues apart that were secured, and what other processes counted', () => {
  const other = new ServerStatistics();
  for (const each of [statistics, other]) {
    each.deleted(true);
    each.deleted(true);
    each.deleted(false);
    each.blocked();
    each.notificationsExpired(2);
    each.executed(send(true, 100), { kind: 'OK' }, 1);
    each.relayRequested(true, 'done');
    each.sent('MSG');
  }
  statistics.add(other.values);
  expect(statistics.deletedQueues).toEqual({ new: 2, secured: 4 });
  expect([statistics.blockedQueues, statistics.expiredNotifications, statistics.notifiedMessages]).toEqual([2, 4, 2]);
  expect([statistics.relayRequests(true, 'done'), statistics.sentOf('MSG')]).toEqual([2, 2]);
  expect(statistics.answers('SEND', 'OK')).toBe(2);
  expect(statistics.messageBytes).toMatchObject({ count: 2, sum: 200 });
});

it('counts what proxies do, for relays of the same operator and others', () => {
  statistics.relayRequested(true, 'done');
  statistics.relayRequested(false, 'connect');
  statistics.commandForwarded(false, 'other');
  statistics.forwardReceived();
  statistics.expired(3);
  expect(statistics.relayRequests(true, 'done')).toBe(1);
  expect(statistics.relayRequests(false, 'done')).toBe(0);
  expect(statistics.relayRequests(false, 'connect')).toBe(1);
  expect(statistics.forwards(false, 'other')).toBe(1);
  expect([statistics.forwardsReceived, statistics.expiredMessages]).toEqual([1, 3]);
});
