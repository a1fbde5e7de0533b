/** Blocking, unblocking and deleting queues as their operator. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Blocking } from '../../../../src/apps/smp-server/control/blocking.ts';
import { DailyCount } from '../../../../src/apps/smp-server/control/daily-count.ts';
import { queueIdOf } from '../../../../src/apps/smp-server/control/queue-id.ts';
import { fromHex, toBase64url, toBase64urlUnpadded, toHex } from '../../../../src/encoding/index.ts';
import { localBus, memoryStore, queueOperator, ServerStatistics } from '../../../../src/smp/server/index.ts';
import { manualClock } from '../../../harness/manual-clock.ts';
import { temporaryFolder } from '../../../harness/people.ts';
import { RawClient } from '../../../harness/smp-client.ts';
import { startTestServer, type TestServer } from '../../../harness/smp-server.ts';
import links from '../../../vectors/links.json' with { type: 'json' };

const { linkId, linkKey } = links.linkData.contact;

describe('queues', () => {
  it('are named by their ids', () => {
    expect(toHex(queueIdOf(toBase64url(fromHex(linkId))))).toBe(linkId);
    expect(toHex(queueIdOf(toBase64urlUnpadded(fromHex(linkId))))).toBe(linkId);
  });

  it('are named by the short links that lead to them', () => {
    const key = toBase64urlUnpadded(fromHex(linkKey));
    for (const letter of ['a', 'c', 'g', 'r']) {
      expect(toHex(queueIdOf(`https://smp.example.com/${letter}#${key}?h=abc.onion`))).toBe(linkId);
      expect(toHex(queueIdOf(`simplex:/${letter}/#${key}`))).toBe(linkId);
    }
    const id = toBase64urlUnpadded(fromHex(links.shortParts.linkId));
    expect(toHex(queueIdOf(`https://smp.example.com/i#${id}/${key}?p=5224`))).toBe(links.shortParts.linkId);
  });

  it('are named by full links', () => {
    for (const { text, name } of links.full) expect(toHex(queueIdOf(text)), name).toBe(links.senderId);
    const moving = links.full[0]!.text.replace('&e2e=', '%3Bsmp%3A%2F%2Fother&e2e=');
    expect(() => queueIdOf(moving)).toThrow('The link leads to 2 queues: name the one of this server by its id.');
  });

  it('are not named by anything else, and what was named is not repeated', () => {
    const link = 'This is not a complete link to a queue. Give a queue by';
    for (const [name, wrong] of [
      ['', 'No queue was given. Give a queue by'],
      ['x', 'This is not the id of a queue. Give a queue by'],
      ['https://smp.example.com/a#abc', link],
      ['https://smp.example.com/i#abc/def', link],
      ['https://smp.example.com/', link],
      ['simplex:/invitation#/?v=2-7', link],
      ['simplex:/contact#/?v=2-7&smp=smp%3A%2F%2Fidentity%40host', link],
    ] as const) {
      expect(() => queueIdOf(name), name).toThrow(wrong);
    }
    expect(() => queueIdOf('https://smp.example.com/a#secret')).not.toThrow('secret');
  });
});

describe('the operator', () => {
  const clock = manualClock(Date.UTC(2026, 0, 1, 23));
  const store = memoryStore(10);
  const bus = localBus();
  const statistics = new ServerStatistics();
  let quota = 0;
  let server: TestServer;
  let client: RawClient;
  let blocking: Blocking;

  const folder = temporaryFolder();
  const path = join(folder, 'blocked-today');
  const startBlocking = (file = path) =>
    new Blocking(queueOperator(store, bus), statistics, () => quota, new DailyCount(file, clock));

  beforeEach(async () => {
    quota = 0;
    rmSync(path, { force: true });
    server = await startTestServer({ store, bus });
    client = await RawClient.connect(server.address, { min: 17, max: 17 });
    blocking = startBlocking();
  });
  afterAll(() => rmSync(folder, { recursive: true }));
  afterEach(async () => {
    client.transport.destroy();
    await server.stop();
  });

  const send = (sndId: Uint8Array) =>
    client.ask(sndId, undefined, { kind: 'SEND', flags: { notification: false }, body: new Uint8Array(4) });

  it('blocks a queue with a reason, and lets it be used again', async () => {
    const { sndId, rcvId } = await client.newQueue();
    const queue = toBase64url(sndId);
    expect(await blocking.block({ queue, reason: 'spam', noticeDays: 1 })).toEqual({ before: 'active' });
    expect(await send(sndId)).toMatchObject({ kind: 'ERR', error: { kind: 'BLOCKED', info: { reason: 'spam' } } });
    expect(await blocking.block({ queue, reason: 'content' })).toEqual({ before: 'blocked' });
    expect(await blocking.describe({ queue: toBase64url(rcvId) })).toEqual({ status: 'blocked', reason: 'spam' });
    expect(statistics.blockedQueues).toBe(1);
    expect(await blocking.unblock({ queue })).toEqual({ before: 'blocked' });
    expect(await blocking.unblock({ queue })).toEqual({ before: 'active' });
    expect(await send(sndId)).toEqual({ kind: 'OK' });
    expect(await blocking.describe({ queue })).toEqual({ status: 'active' });
  });

  it('tells whoever is subscribed to a queue that it is blocked', async () => {
    const { sndId, rcvId } = await client.newQueue({ subscribe: true });
    await blocking.block({ queue: toBase64url(sndId), reason: 'content' });
    const told = await client.receive();
    expect(told?.entityId).toEqual(rcvId);
    expect(told?.response).toMatchObject({ kind: 'ERR', error: { kind: 'BLOCKED', info: { reason: 'content' } } });
  });

  it('deletes a queue, and its subscriber is told', async () => {
    const { sndId, rcvId } = await client.newQueue({ subscribe: true });
    await blocking.delete({ queue: toBase64url(rcvId) });
    expect((await client.receive())?.response).toEqual({ kind: 'DELD' });
    expect(await send(sndId)).toEqual({ kind: 'ERR', error: { kind: 'AUTH' } });
    await expect(blocking.delete({ queue: toBase64url(rcvId) })).rejects.toThrow('There is no such queue.');
  });

  it('blocks only so many in a day', async () => {
    const queues = [await client.newQueue(), await client.newQueue(), await client.newQueue()];
    const [first, second, third] = queues.map(({ sndId }) => ({ queue: toBase64url(sndId), reason: 'spam' }));
    quota = 2;
    await blocking.block(first!);
    // Nothing was blocked by it, so it does not count.
    await blocking.block(first!);
    await blocking.block(second!);
    await expect(blocking.block(third!)).rejects.toThrow('2 queues were blocked today');
    // Nor is the day forgotten when the server starts again.
    await expect(startBlocking().block(third!)).rejects.toThrow('2 queues were blocked today');
    const unwritable = startBlocking(join(folder, 'none', 'blocked-today'));
    await expect(unwritable.block(third!)).rejects.toThrow('cannot be written: there is none.');
    expect(await blocking.describe(third!)).toEqual({ status: 'active' });
    clock.advance(3_600_000);
    await blocking.block(third!);
    quota = -1;
    await expect(blocking.block(third!)).rejects.toThrow('Blocking is off');
  });

  it('is told what is missing', async () => {
    const queue = toBase64url(new Uint8Array(24));
    await expect(blocking.block({ reason: 'spam' })).rejects.toThrow('No queue was given.');
    await expect(blocking.block({ queue, reason: 'x' })).rejects.toThrow('The reason must be spam or content.');
    await expect(blocking.block({ queue, reason: 'spam', noticeDays: -1 })).rejects.toThrow('is not a number');
    await expect(blocking.block({ queue, reason: 'spam' })).rejects.toThrow('There is no such queue.');
    await expect(blocking.unblock({ queue })).rejects.toThrow('There is no such queue.');
    await expect(blocking.describe({ queue })).rejects.toThrow('There is no such queue.');
  });
});
