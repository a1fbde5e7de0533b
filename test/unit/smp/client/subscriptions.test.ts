/** Subscriptions over lost connections and a server in trouble. */
import { describe, expect, it } from 'vitest';
import { utf8 } from '../../../../src/encoding/index.ts';
import type { SmpServer } from '../../../../src/protocol/index.ts';
import type { SmpClients } from '../../../../src/smp/client/index.ts';
import { memoryStore, StoreError } from '../../../../src/smp/server/index.ts';
import { manualClock } from '../../../harness/manual-clock.ts';
import { useServerAndClients } from '../../../harness/server-and-clients.ts';
import { authKey, Inbox, never, newQueue } from '../../../harness/smp-client.ts';
import { startTestServer } from '../../../harness/smp-server.ts';

const flags = { notification: false };
const test = useServerAndClients();
const { client } = test;

const _ping = (clients: SmpClients, address: SmpServer, signal = never) => clients.ping(address, signal);

describe('subscriptions', () => {
  it('are made when the server comes back, also the first time', async () => {
    const alice = client();
    const queue = await newQueue(alice.clients, test.server.address, { subscribe: false });
    await alice.clients.send(test.server.address, queue.sndId, undefined, flags, utf8('waiting'), never);
    await alice.clients.close();
    await test.server.stop();
    const bob = client();
    const early = bob.clients.subscribe(test.server.address, queue.rcvId, queue.authKey, never);
    await expect(early).rejects.toMatchObject({ kind: 'network' });
    test.server = await startTestServer({ former: test.server });
    expect((await bob.events.next()).kind).toBe('connected');
    expect(queue.open(await bob.messages.next())).toMatchObject({ body: utf8('waiting') });
  });

  it('are not made again when forgotten, and an error is told', async () => {
    const { clients, events, messages } = client();
    const kept = await newQueue(clients, test.server.address);
    const forgotten = await newQueue(clients, test.server.address);
    const deleted = await newQueue(clients, test.server.address);
    await clients.send(test.server.address, forgotten.sndId, undefined, flags, utf8('no'), never);
    await messages.next();
    clients.forget(test.server.address, forgotten.rcvId);
    expect((await events.next()).kind).toBe('connected');
    await test.server.stop();
    expect((await events.next()).kind).toBe('disconnected');
    await test.server.store.queues.delete(deleted.rcvId);
    test.server = await startTestServer({ former: test.server });
    expect((await events.next()).kind).toBe('connected');
    expect(await events.next()).toMatchObject({
      kind: 'subscriptionError',
      rcvId: deleted.rcvId,
      error: { code: { kind: 'AUTH' } },
    });
    await clients.send(test.server.address, kept.sndId, undefined, flags, utf8('yes'), never);
    expect((await messages.next()).rcvId).toEqual(kept.rcvId);
  });

  it('keep the order of messages on a connection', async () => {
    const alice = client();
    const bob = client();
    const queues = await Promise.all([...Array(20)].map(() => newQueue(alice.clients, test.server.address)));
    const received = new Map<string, string[]>();
    const sending = queues.map(async (queue) => {
      const sender = authKey('x25519');
      await bob.clients.secureSender(test.server.address, queue.sndId, sender, never);
      for (let i = 0; i < 5; i++) {
        await bob.clients.send(test.server.address, queue.sndId, sender, flags, utf8(`${i}`), never);
      }
    });
    for (let i = 0; i < queues.length * 5; i++) {
      const message = await alice.messages.next();
      const name = Buffer.from(message.rcvId).toString('hex');
      const queue = queues.find(({ rcvId }) => Buffer.from(rcvId).toString('hex') === name)!;
      const delivery = queue.open(message);
      const text = delivery.kind === 'message' ? Buffer.from(delivery.body).toString() : 'quota';
      received.set(name, [...(received.get(name) ?? []), text]);
      await alice.clients.ack(test.server.address, queue.rcvId, queue.authKey, message.msgId, never);
    }
    await Promise.all(sending);
    for (const texts of received.values()) expect(texts).toEqual(['0', '1', '2', '3', '4']);
  });
});

/** A clock that tells short waits, which are those between attempts. */
function watchedClock() {
  const clock = manualClock();
  const waits = new Inbox<number>();
  return {
    waits,
    clock: {
      ...clock,
      schedule(ms: number, callback: () => void) {
        const timer = clock.schedule(ms, callback);
        if (ms < 10_000) waits.push(ms);
        return timer;
      },
    },
  };
}

/** A server whose store fails as often as it is told. */
async function failingServer() {
  const memory = memoryStore(10);
  const failures = { finding: 0, removing: 0 };
  const fail = (which: keyof typeof failures) => {
    if (failures[which] === 0) return;
    failures[which]--;
    throw new StoreError('the disk is full');
  };
  const failing = await startTestServer({
    store: {
      ...memory,
      queues: {
        ...memory.queues,
        async byRcvId(rcvId) {
          fail('finding');
          return memory.queues.byRcvId(rcvId);
        },
      },
      messages: {
        ...memory.messages,
        async remove(rcvId, msgId) {
          fail('removing');
          return memory.messages.remove(rcvId, msgId);
        },
      },
    },
  });
  return { failing, failures };
}

describe('a server in trouble', () => {
  it('is asked again to subscribe, on the same connection', async () => {
    const { failing, failures } = await failingServer();
    const alice = client();
    const queue = await newQueue(alice.clients, failing.address, { subscribe: false });
    await alice.clients.send(failing.address, queue.sndId, undefined, flags, utf8('kept'), never);
    const { clock, waits } = watchedClock();
    const bob = client({ clock });
    failures.finding = 3;
    const subscribing = bob.clients.subscribe(failing.address, queue.rcvId, queue.authKey, never);
    await expect(subscribing).rejects.toMatchObject({ code: { kind: 'STORE' }, retryable: true });
    for (let attempt = 0; attempt < 3; attempt++) {
      const wait = await waits.next();
      expect(wait / 2 ** attempt).toBeGreaterThanOrEqual(750);
      expect(wait / 2 ** attempt).toBeLessThanOrEqual(1_250);
      clock.advance(wait);
    }
    expect(queue.open(await bob.messages.next())).toMatchObject({ body: utf8('kept') });
    expect(await bob.events.next()).toEqual({ kind: 'connected' });
    // Done: there is no further attempt to wait for.
    await bob.clients.ping(failing.address, never);
    expect(waits.size).toBe(0);
    expect(bob.events.size).toBe(0);
    await bob.clients.close();
    await failing.stop();
  });

  it('is asked again to subscribe after a new connection too', async () => {
    const first = await failingServer();
    const { clock, waits } = watchedClock();
    const { clients, messages, events } = client({ clock });
    const queue = await newQueue(clients, first.failing.address);
    expect((await events.next()).kind).toBe('connected');
    await first.failing.stop();
    expect((await events.next()).kind).toBe('disconnected');
    first.failures.finding = 1;
    const second = await startTestServer({ former: first.failing });
    clock.advance(await waits.next());
    expect((await events.next()).kind).toBe('connected');
    expect(await events.next()).toMatchObject({ kind: 'subscriptionError', error: { code: { kind: 'STORE' } } });
    await clients.send(second.address, queue.sndId, undefined, flags, utf8('late'), never);
    clock.advance(await waits.next());
    expect(queue.open(await messages.next())).toMatchObject({ body: utf8('late') });
    await clients.close();
    await second.stop();
  });

  it('is told again what was acknowledged', async () => {
    const { failing, failures } = await failingServer();
    const { clock, waits } = watchedClock();
    const { clients, messages } = client({ clock });
    const queue = await newQueue(clients, failing.address);
    await clients.send(failing.address, queue.sndId, undefined, flags, utf8('once'), never);
    const { msgId } = await messages.next();
    failures.removing = 2;
    const acknowledged = clients.ack(failing.address, queue.rcvId, queue.authKey, msgId, never);
    clock.advance(await waits.next());
    clock.advance(await waits.next());
    await acknowledged;
    expect(await failing.store.messages.size(queue.rcvId)).toBe(0);
    await clients.close();
    await failing.stop();
  });

  it('is told a few times only', async () => {
    const { failing, failures } = await failingServer();
    const { clock, waits } = watchedClock();
    const { clients, messages } = client({ clock });
    const queue = await newQueue(clients, failing.address);
    await clients.send(failing.address, queue.sndId, undefined, flags, utf8('once'), never);
    const { msgId } = await messages.next();
    failures.removing = 100;
    const acknowledging = clients.ack(failing.address, queue.rcvId, queue.authKey, msgId, never);
    const refused = expect(acknowledging).rejects.toMatchObject({ code: { kind: 'STORE' } });
    for (const seconds of [1, 2, 4, 8]) {
      const wait = await waits.next();
      expect(wait).toBeGreaterThanOrEqual(750 * seconds);
      expect(wait).toBeLessThanOrEqual(1_250 * seconds);
      clock.advance(wait);
    }
    await refused;
    await clients.close();
    await failing.stop();
  });
});
