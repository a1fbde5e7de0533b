/**
 * Our client against the reference smp-server, in every version that both speak. `SOTTO_REFERENCE` names the folder
 * that holds `bin/smp-server`.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { emptyBytes, utf8 } from '../../src/encoding/index.ts';
import { authPublicKey, type SmpServer } from '../../src/protocol/index.ts';
import { decryptDelivered, maxMessageLength } from '../../src/smp/protocol/index.ts';
import { authKey, never, newQueue, RawClient, testClient } from '../harness/smp-client.ts';
import { type ReferenceServer, reference, startReference } from './reference-server.ts';

const flags = { notification: false };

describe.skipIf(reference === undefined)('reference smp-server', () => {
  let server: ReferenceServer;
  let address: SmpServer;

  beforeAll(async () => {
    server = await startReference();
    ({ address } = server);
  });

  afterAll(() => server.stop());

  for (const version of [9, 10, 11, 12, 14, 15, 16, 17, 18]) {
    for (const algorithm of ['ed25519', 'ed448', 'x25519'] as const) {
      it(`speaks version ${version} with ${algorithm} keys`, async () => {
        const alice = await RawClient.connect(address, { min: version, max: version });
        const bob = await RawClient.connect(address, { min: version, max: version });
        expect(alice.session.version).toBe(version);
        const queue = await alice.newQueue({ algorithm, subscribe: true });
        const sender = authKey(algorithm);
        expect(await bob.ask(queue.sndId, sender, { kind: 'SKEY', key: authPublicKey(sender) })).toEqual({
          kind: 'OK',
        });
        const body = new Uint8Array(maxMessageLength(version)).fill(0x61);
        expect(await bob.ask(queue.sndId, sender, { kind: 'SEND', flags, body })).toEqual({ kind: 'OK' });
        const { response } = (await alice.receive())!;
        if (response.kind !== 'MSG') throw new Error(response.kind);
        expect(decryptDelivered(queue.secret, response.msgId, response.body)).toMatchObject({ flags, body });
        expect(await alice.ask(queue.rcvId, queue.authKey, { kind: 'ACK', msgId: response.msgId })).toEqual({
          kind: 'OK',
        });
        expect(await alice.ask(queue.rcvId, queue.authKey, { kind: 'QUE' })).toEqual({
          kind: 'INFO',
          info: { qiSnd: true, qiNtf: false, qiSub: { qSubThread: 'noSub' }, qiSize: 0 },
        });
        const large = { kind: 'SEND' as const, flags, body: new Uint8Array(maxMessageLength(version) + 1) };
        expect(await bob.ask(queue.sndId, sender, large)).toEqual({ kind: 'ERR', error: { kind: 'LARGE_MSG' } });
        for (const { transport } of [alice, bob]) transport.close();
      });
    }
  }

  it('ends subscriptions', async () => {
    // The reference tells about ended subscriptions every 15 s, so the versions wait together.
    await Promise.all(
      [9, 12].map(async (version) => {
        const alice = await RawClient.connect(address, { min: version, max: version });
        const taker = await RawClient.connect(address, { min: version, max: version });
        const queue = await alice.newQueue({ subscribe: true });
        expect(await taker.ask(queue.rcvId, queue.authKey, { kind: 'SUB' })).toEqual({ kind: 'OK' });
        expect((await alice.receive())?.response).toEqual({ kind: 'END' });
        expect(await alice.ask(queue.rcvId, queue.authKey, { kind: 'DEL' })).toEqual({ kind: 'OK' });
        expect((await taker.receive())?.response).toEqual({ kind: version < 10 ? 'END' : 'DELD' });
        for (const { transport } of [alice, taker]) transport.close();
      }),
    );
  }, 60_000);

  it('gives the same errors as ours', async () => {
    const raw = await RawClient.connect(address, { min: 12, max: 12 });
    const queue = await raw.newQueue({ algorithm: 'x25519' });
    const wrong = authKey('ed25519');
    const cmd = (error: string) => ({ kind: 'ERR', error: { kind: 'CMD', error } });
    expect(await raw.ask(queue.rcvId, wrong, { kind: 'SUB' })).toEqual({ kind: 'ERR', error: { kind: 'AUTH' } });
    expect(await raw.ask(queue.rcvId, undefined, { kind: 'SUB' })).toEqual(cmd('NO_AUTH'));
    expect(await raw.ask(emptyBytes, undefined, utf8('NOPE'))).toEqual(cmd('UNKNOWN'));
    expect(await raw.ask(emptyBytes, undefined, utf8('KEY x'))).toEqual(cmd('SYNTAX'));
    expect(await raw.ask(queue.rcvId, undefined, { kind: 'PING' })).toEqual(cmd('HAS_AUTH'));
    expect(await raw.ask(queue.rcvId, queue.authKey, { kind: 'ACK', msgId: new Uint8Array(24) })).toEqual({
      kind: 'ERR',
      error: { kind: 'NO_MSG' },
    });
    raw.transport.close();
  });

  it('works with the whole client', async () => {
    const alice = testClient();
    const bob = testClient();
    const queue = await newQueue(alice.clients, address);
    const sender = authKey('ed25519');
    await bob.clients.secureSender(address, queue.sndId, sender, never);
    await bob.clients.send(address, queue.sndId, sender, flags, utf8('hello'), never);
    await bob.clients.send(address, queue.sndId, sender, flags, utf8('again'), never);
    const first = await alice.messages.next();
    expect(queue.open(first)).toMatchObject({ body: utf8('hello') });
    await alice.clients.ack(address, queue.rcvId, queue.authKey, first.msgId, never);
    expect(queue.open(await alice.messages.next())).toMatchObject({ body: utf8('again') });
    await alice.clients.deleteQueue(address, queue.rcvId, queue.authKey, never);
    await alice.clients.close();
    await bob.clients.close();
  });
});
