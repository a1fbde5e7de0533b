/** Notifiers: told of messages one by one, or as a service with a certificate; over TLS on loopback. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { generateX25519, systemRandom, x25519 } from '../../../src/crypto/index.ts';
import { emptyBytes, utf8 } from '../../../src/encoding/index.ts';
import { type AuthKey, authPublicKey } from '../../../src/protocol/index.ts';
import { type Command, decryptNotification, type Response } from '../../../src/smp/protocol/index.ts';
import { NOTIFICATION_QUOTA } from '../../../src/smp/server/index.ts';
import { authKey, RawClient } from '../../harness/smp-client.ts';
import { startTestServer, type TestServer } from '../../harness/smp-server.ts';
import { connectService, type ServiceClient, serviceCertificate } from '../../harness/smp-service.ts';

const ok = { kind: 'OK' };
const err = (kind: string) => ({ kind: 'ERR', error: { kind } });
const prohibited = { kind: 'ERR', error: { kind: 'CMD', error: 'PROHIBITED' } };
const sok = (serviceId?: Uint8Array) => ({ kind: 'SOK', serviceId });
const send = (text: string, notification = true): Command => ({
  kind: 'SEND',
  flags: { notification },
  body: utf8(text),
});

let server: TestServer;
let open: RawClient[];

beforeEach(async () => {
  server = await startTestServer();
  open = [];
});
afterEach(async () => {
  for (const { transport } of open) transport.destroy();
  await server.stop();
});

async function raw(version = 18): Promise<RawClient> {
  const client = await RawClient.connect(server.address, { min: version, max: version });
  open.push(client);
  return client;
}

async function service(certificate = serviceCertificate()): Promise<ServiceClient> {
  const { client, answer } = await connectService(server.address, certificate);
  if (client === undefined) throw new Error(JSON.stringify(answer));
  open.push(client);
  return client;
}

interface Notified {
  readonly rcvId: Uint8Array;
  readonly sndId: Uint8Array;
  readonly authKey: AuthKey;
  readonly notifierId: Uint8Array;
  readonly key: AuthKey;
  /** The message id that a notification is about. */
  read(response: Response): Uint8Array;
}

/** A queue with a notifier. */
async function notified(owner: RawClient): Promise<Notified> {
  const queue = await owner.newQueue();
  const key = authKey();
  const dh = generateX25519(systemRandom);
  const nkey: Command = { kind: 'NKEY', key: authPublicKey(key), dhKey: dh.publicKey };
  const answer = await owner.ask(queue.rcvId, queue.authKey, nkey);
  if (answer.kind !== 'NID') throw new Error(JSON.stringify(answer));
  const secret = x25519(dh.privateKey, answer.serverDhKey);
  return {
    ...queue,
    notifierId: answer.notifierId,
    key,
    read(response) {
      if (response.kind !== 'NMSG') throw new Error(JSON.stringify(response));
      return decryptNotification(secret, response.nonce, response.meta).msgId;
    },
  };
}

async function firstMessageId(owner: RawClient, queue: Notified): Promise<Uint8Array> {
  const got = await owner.ask(queue.rcvId, queue.authKey, { kind: 'GET' });
  if (got.kind !== 'MSG') throw new Error(JSON.stringify(got));
  await owner.ask(queue.rcvId, queue.authKey, { kind: 'ACK', msgId: got.msgId });
  return got.msgId;
}

describe('a notifier', () => {
  for (const version of [9, 15, 18]) {
    it(`is told which message came, in version ${version}`, async () => {
      const [owner, notifier] = [await raw(version), await raw(version)];
      const queue = await notified(owner);
      const answer = version >= 16 ? sok() : ok;
      expect(await notifier.ask(queue.notifierId, queue.key, { kind: 'NSUB' })).toEqual(answer);
      expect(await owner.ask(queue.sndId, undefined, send('silent', false))).toEqual(ok);
      await firstMessageId(owner, queue);
      expect(await owner.ask(queue.sndId, undefined, send('loud'))).toEqual(ok);
      const { entityId, response } = (await notifier.receive())!;
      expect(entityId).toEqual(queue.notifierId);
      expect(queue.read(response)).toEqual(await firstMessageId(owner, queue));
    });
  }

  it('is made with the queue, from version 17 on', async () => {
    const owner = await raw();
    const [rcvKey, key] = [authKey(), authKey('x25519')];
    const answer = await owner.ask(emptyBytes, rcvKey, {
      kind: 'NEW',
      rcvAuthKey: authPublicKey(rcvKey),
      rcvDhKey: generateX25519(systemRandom).publicKey,
      password: undefined,
      subscribe: false,
      queue: { mode: 'messaging', link: undefined },
      notifier: { key: authPublicKey(key), dhKey: generateX25519(systemRandom).publicKey },
    });
    if (answer.kind !== 'IDS') throw new Error(answer.kind);
    expect(await owner.ask(answer.notifier!.notifierId, key, { kind: 'NSUB' })).toEqual(sok());
    expect(await owner.ask(answer.rcvId, rcvKey, { kind: 'QUE' })).toMatchObject({ info: { qiNtf: true } });
  });

  it('is told later what came while nobody listened, oldest first, and no more than so much', async () => {
    const [owner, notifier] = [await raw(), await raw()];
    const queue = await notified(owner);
    const ids: Uint8Array[] = [];
    expect(NOTIFICATION_QUOTA).toBe(128);
    for (let i = 0; i < NOTIFICATION_QUOTA + 3; i++) {
      await owner.ask(queue.sndId, undefined, send(`m${i}`));
      ids.push(await firstMessageId(owner, queue));
    }
    expect(await notifier.ask(queue.notifierId, queue.key, { kind: 'NSUB' })).toEqual(sok());
    for (const msgId of ids.slice(3)) expect(queue.read((await notifier.receive())!.response)).toEqual(msgId);
    const again = await raw();
    expect(await again.ask(queue.notifierId, queue.key, { kind: 'NSUB' })).toEqual(sok());
    expect((await notifier.receive())?.response).toEqual({ kind: 'END' });
    expect(await again.ask(emptyBytes, undefined, { kind: 'PING' })).toEqual({ kind: 'PONG' });
  });

  it('keeps what waits when the server starts again', async () => {
    const owner = await raw();
    const queue = await notified(owner);
    await owner.ask(queue.sndId, undefined, send('before'));
    const msgId = await firstMessageId(owner, queue);
    owner.transport.destroy();
    await server.stop();
    server = await startTestServer({ former: server });
    const notifier = await raw();
    expect(await notifier.ask(queue.notifierId, queue.key, { kind: 'NSUB' })).toEqual(sok());
    expect(queue.read((await notifier.receive())!.response)).toEqual(msgId);
  });

  it('is told when it is replaced, removed, or its queue is deleted', async () => {
    const [owner, notifier] = [await raw(), await raw()];
    for (const last of ['NKEY', 'NDEL', 'DEL'] as const) {
      const queue = await notified(owner);
      await notifier.ask(queue.notifierId, queue.key, { kind: 'NSUB' });
      const nkey = { key: authPublicKey(authKey()), dhKey: generateX25519(systemRandom).publicKey };
      const command: Command = last === 'NKEY' ? { kind: last, ...nkey } : { kind: last };
      expect((await owner.ask(queue.rcvId, queue.authKey, command)).kind).toBe(last === 'NKEY' ? 'NID' : 'OK');
      expect(await notifier.receive()).toEqual({ corrId: '', entityId: queue.notifierId, response: { kind: 'DELD' } });
      expect(await notifier.ask(queue.notifierId, queue.key, { kind: 'NSUB' })).toEqual(err('AUTH'));
    }
    const queue = await notified(owner);
    for (let i = 0; i < 2; i++) expect(await owner.ask(queue.rcvId, queue.authKey, { kind: 'NDEL' })).toEqual(ok);
  });

  it('is nobody without its key', async () => {
    const owner = await raw();
    const queue = await notified(owner);
    for (const algorithm of ['ed25519', 'ed448', 'x25519'] as const) {
      expect(await owner.ask(queue.notifierId, authKey(algorithm), { kind: 'NSUB' })).toEqual(err('AUTH'));
      expect(await owner.ask(systemRandom.bytes(24), authKey(algorithm), { kind: 'NSUB' })).toEqual(err('AUTH'));
    }
    expect(await owner.ask(queue.rcvId, queue.authKey, { kind: 'NSUB' })).toEqual(err('AUTH'));
  });
});

describe('a service', () => {
  it('has the same id each time, and one role', async () => {
    const certificate = serviceCertificate();
    const [first, second] = [await service(certificate), await service(certificate)];
    expect(second.serviceId).toEqual(first.serviceId);
    expect((await service()).serviceId).not.toEqual(first.serviceId);
    const { answer, transport } = await connectService(server.address, certificate, { role: 'messaging' });
    expect(answer).toEqual({ kind: 'refused', error: 'BAD_SERVICE' });
    await transport.closed;
  });

  it('is refused when it cannot show that it is who it says', async () => {
    const [certificate, other] = [serviceCertificate(), serviceCertificate()];
    // The identity of another, under a leaf that it did not sign.
    const forged = { chain: [other.chain[0]!, certificate.chain[1]!], signer: other.signer };
    for (const [claimed, options] of [
      [certificate, { shown: undefined }],
      [certificate, { shown: other }],
      [certificate, { signer: other.signer }],
      [forged, {}],
    ] as const) {
      const { answer, transport } = await connectService(server.address, claimed, options);
      expect(answer).toEqual({ kind: 'refused', error: 'BAD_AUTH' });
      await transport.closed;
    }
  });

  it('may be its own identity, with a single certificate', async () => {
    const owner = await raw();
    const queue = await notified(owner);
    const client = await service(serviceCertificate(true));
    const answer = await client.askSigned(queue.notifierId, queue.key, { kind: 'NSUB' });
    expect(answer).toEqual(sok(client.serviceId));
  });

  it('takes notifiers over, has them all on the next connection, and is told what waits', async () => {
    const owner = await raw();
    const certificate = serviceCertificate();
    const [one, two, single] = [await notified(owner), await notified(owner), await raw()];
    await single.ask(one.notifierId, one.key, { kind: 'NSUB' });
    const first = await service(certificate);
    for (const queue of [one, two, one]) {
      expect(await first.askSigned(queue.notifierId, queue.key, { kind: 'NSUB' })).toEqual(sok(first.serviceId));
    }
    expect(await single.receive()).toMatchObject({ entityId: one.notifierId, response: { kind: 'END' } });
    await owner.ask(two.sndId, undefined, send('now'));
    const now = (await first.receive())!;
    expect(two.read(now.response)).toEqual(await firstMessageId(owner, two));
    first.transport.destroy();
    await first.transport.closed;

    await owner.ask(one.sndId, undefined, send('later'));
    const later = await firstMessageId(owner, one);
    const second = await service(certificate);
    await second.send(second.forAll({ kind: 'NSUBS' }));
    expect((await second.receive())?.response).toEqual({ kind: 'SOKS', count: 2 });
    const waiting = (await second.receive())!;
    expect([waiting.entityId, one.read(waiting.response)]).toEqual([one.notifierId, later]);

    const third = await service(certificate);
    await third.send(third.forAll({ kind: 'NSUBS' }));
    expect((await third.receive())?.response).toEqual({ kind: 'SOKS', count: 2 });
    expect(await second.receive()).toMatchObject({ entityId: third.serviceId, response: { kind: 'ENDS', count: 2 } });

    expect(await owner.ask(one.rcvId, one.authKey, { kind: 'DEL' })).toEqual(ok);
    expect(await third.receive()).toMatchObject({ entityId: one.notifierId, response: { kind: 'DELD' } });
    expect(await single.ask(two.notifierId, two.key, { kind: 'NSUB' })).toEqual(sok());
    expect(await third.receive()).toMatchObject({ entityId: two.notifierId, response: { kind: 'END' } });
    const fourth = await service(certificate);
    await fourth.send(fourth.forAll({ kind: 'NSUBS' }));
    expect((await fourth.receive())?.response).toEqual({ kind: 'SOKS', count: 0 });
  });

  it('that receives messages has each new queue subscribed at once', async () => {
    const { client } = await connectService(server.address, serviceCertificate(), { role: 'messaging' });
    open.push(client!);
    const key = authKey();
    const create = (subscribe: boolean) =>
      client!.askSigned(emptyBytes, key, {
        kind: 'NEW',
        rcvAuthKey: authPublicKey(key),
        rcvDhKey: generateX25519(systemRandom).publicKey,
        password: undefined,
        subscribe,
        queue: { mode: 'messaging', link: undefined },
        notifier: undefined,
      });
    expect(await create(false)).toEqual(prohibited);
    expect(await create(true)).toMatchObject({ kind: 'IDS', serviceId: client!.serviceId });
  });

  it('cannot use the signature of another session', async () => {
    const owner = await raw();
    const queue = await notified(owner);
    const certificate = serviceCertificate();
    const [one, other] = [await service(certificate), await service(certificate)];
    await other.send(one.signed(queue.notifierId, queue.key, { kind: 'NSUB' }));
    expect((await other.receive())?.response).toEqual(err('SERVICE'));
    expect(await other.askSigned(queue.notifierId, queue.key, { kind: 'NSUB' })).toEqual(sok(other.serviceId));
  });

  it('signs what it subscribes to, and does what is its own only', async () => {
    const owner = await raw();
    const queue = await notified(owner);
    const client = await service();
    // The key of the notifier alone, as clients that are no services sign.
    expect(await client.ask(queue.notifierId, queue.key, { kind: 'NSUB' })).toEqual(err('SERVICE'));
    expect(await client.askSigned(queue.notifierId, authKey(), { kind: 'NSUB' })).toEqual(err('AUTH'));
    expect(await client.askSigned(queue.rcvId, queue.authKey, { kind: 'SUB' })).toEqual(prohibited);
    expect(await client.ask(queue.sndId, undefined, send('x'))).toEqual(prohibited);
    expect(await client.ask(emptyBytes, undefined, { kind: 'PING' })).toEqual({ kind: 'PONG' });
    expect(await client.ask(client.serviceId, authKey(), { kind: 'NSUBS' })).toEqual(err('SERVICE'));
    await owner.send(client.signed(queue.notifierId, queue.key, { kind: 'NSUB' }));
    expect((await owner.receive())?.response).toEqual(err('SERVICE'));
  });
});
