/** Queues and messages from client to client, over TLS on loopback. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { utf8 } from '../../../src/encoding/index.ts';
import { authPublicKey } from '../../../src/protocol/index.ts';
import type { SmpClients } from '../../../src/smp/client/index.ts';
import { authKey, never, newQueue, testClient } from '../../harness/smp-client.ts';
import { startTestServer, type TestServer } from '../../harness/smp-server.ts';

const flags = { notification: true };
let server: TestServer;
const open: SmpClients[] = [];

function client() {
  const made = testClient();
  open.push(made.clients);
  return made;
}

beforeEach(async () => {
  server = await startTestServer();
});

afterEach(async () => {
  for (const clients of open.splice(0)) await clients.close();
  await server.stop();
});

describe('delivery', () => {
  for (const algorithm of ['ed25519', 'ed448', 'x25519'] as const) {
    it(`brings messages in order, recipient key ${algorithm}`, async () => {
      const { address } = server;
      const alice = client();
      const bob = client();
      const queue = await newQueue(alice.clients, address, { algorithm });
      const sender = authKey(algorithm);
      await bob.clients.secureSender(address, queue.sndId, sender, never);
      for (let i = 0; i < 5; i++) await bob.clients.send(address, queue.sndId, sender, flags, utf8(`m${i}`), never);
      for (let i = 0; i < 5; i++) {
        const message = await alice.messages.next();
        const delivery = queue.open(message);
        expect(delivery).toMatchObject({ kind: 'message', flags, body: utf8(`m${i}`) });
        expect(Math.abs(delivery.timestamp - Date.now() / 1000)).toBeLessThan(100);
        await alice.clients.ack(address, queue.rcvId, queue.authKey, message.msgId, never);
      }
    });
  }

  it('takes unsigned messages until the queue is secured with KEY', async () => {
    const { address } = server;
    const alice = client();
    const bob = client();
    const queue = await newQueue(alice.clients, address, { sndSecure: false });
    const sender = authKey('x25519');
    await expect(bob.clients.secureSender(address, queue.sndId, sender, never)).rejects.toMatchObject({
      code: { kind: 'AUTH' },
      retryable: false,
    });
    await bob.clients.send(address, queue.sndId, undefined, flags, utf8('hello'), never);
    const first = await alice.messages.next();
    await alice.clients.secure(address, queue.rcvId, queue.authKey, authPublicKey(sender), never);
    await alice.clients.ack(address, queue.rcvId, queue.authKey, first.msgId, never);
    await expect(bob.clients.send(address, queue.sndId, undefined, flags, utf8('no'), never)).rejects.toMatchObject({
      code: { kind: 'AUTH' },
    });
    await bob.clients.send(address, queue.sndId, sender, flags, utf8('signed'), never);
    expect(queue.open(await alice.messages.next())).toMatchObject({ body: utf8('signed') });
  });

  it('delivers again after a reconnection, until it is acknowledged', async () => {
    const { address } = server;
    const alice = client();
    const bob = client();
    const queue = await newQueue(alice.clients, address, { subscribe: false });
    await bob.clients.send(address, queue.sndId, undefined, flags, utf8('kept'), never);
    await alice.clients.subscribe(address, queue.rcvId, queue.authKey, never);
    const first = await alice.messages.next();
    expect((await alice.events.next()).kind).toBe('connected');
    await server.stop();
    expect((await alice.events.next()).kind).toBe('disconnected');
    server = await startTestServer({ former: server });
    expect((await alice.events.next()).kind).toBe('connected');
    const again = await alice.messages.next();
    expect(again).toEqual(first);
    await alice.clients.ack(address, queue.rcvId, queue.authKey, again.msgId, never);
    await alice.clients.ack(address, queue.rcvId, queue.authKey, again.msgId, never);
    expect(await alice.clients.queueInfo(address, queue.rcvId, queue.authKey, never)).toEqual({
      qiSnd: false,
      qiNtf: false,
      qiSub: { qSubThread: 'noSub' },
      qiSize: 0,
    });
  });

  it('ends the former subscription when another connection takes it', async () => {
    const { address } = server;
    const alice = client();
    const tablet = client();
    const queue = await newQueue(alice.clients, address);
    await alice.events.next();
    await tablet.clients.subscribe(address, queue.rcvId, queue.authKey, never);
    expect(await alice.events.next()).toEqual({ kind: 'end', rcvId: queue.rcvId, reason: 'END' });
    await tablet.clients.send(address, queue.sndId, undefined, flags, utf8('x'), never);
    expect(queue.open(await tablet.messages.next())).toMatchObject({ body: utf8('x') });
    expect(alice.messages.size).toBe(0);
    await alice.clients.deleteQueue(address, queue.rcvId, queue.authKey, never);
    await tablet.events.next();
    expect(await tablet.events.next()).toEqual({ kind: 'end', rcvId: queue.rcvId, reason: 'DELD' });
    await expect(tablet.clients.subscribe(address, queue.rcvId, queue.authKey, never)).rejects.toMatchObject({
      code: { kind: 'AUTH' },
    });
  });
});
