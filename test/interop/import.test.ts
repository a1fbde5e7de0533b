/** A reference server with queues of every kind moves over, from either of its stores of messages. */
import { rmSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { generateX25519, systemRandom } from '../../src/crypto/index.ts';
import { fromUtf8, utf8 } from '../../src/encoding/index.ts';
import { authPublicKey, formatSmpServer } from '../../src/protocol/index.ts';
import { type Command, decryptDelivered } from '../../src/smp/protocol/index.ts';
import { temporaryFolder } from '../harness/people.ts';
import { freePort, type ServerProgram } from '../harness/processes.ts';
import { authKey, never, newQueue, RawClient, testClient } from '../harness/smp-client.ts';
import { buildSmpServer } from '../harness/smp-server-program.ts';
import { connectService, serviceCertificate } from '../harness/smp-service.ts';
import { move } from './moved-server.ts';
import { OfficialApp } from './official-app.ts';
import { type ReferenceServer, reference, startReference } from './reference-server.ts';

/** Of the reference, and ours. */
const QUOTA = 128;

const ok = { kind: 'OK' };
const err = (kind: string) => ({ kind: 'ERR', error: { kind } });
const send = (text: string): Command => ({ kind: 'SEND', flags: { notification: true }, body: utf8(text) });
const id = () => systemRandom.bytes(24);

type RawQueue = Awaited<ReturnType<RawClient['newQueue']>>;

const current = (server: ReferenceServer) => RawClient.connect(server.address, { min: 18, max: 18 });

/** What waits in a queue, in order; `quota` for the marker of a full one. */
async function waiting(client: RawClient, { rcvId, authKey, secret }: RawQueue): Promise<readonly string[]> {
  const texts: string[] = [];
  for (;;) {
    const response = await client.ask(rcvId, authKey, { kind: 'GET' });
    if (response.kind !== 'MSG') return texts;
    const delivery = decryptDelivered(secret, response.msgId, response.body);
    texts.push(delivery.kind === 'message' ? fromUtf8(delivery.body) : 'quota');
    await client.ask(rcvId, authKey, { kind: 'ACK', msgId: response.msgId });
  }
}

describe.skipIf(reference === undefined)('a server of the reference that moves over', () => {
  const folders: string[] = [];
  let theirs: ReferenceServer;
  let ours: ServerProgram | undefined;

  beforeAll(buildSmpServer);
  afterEach(async () => {
    await ours?.stop('SIGTERM');
    ours = undefined;
    await theirs.stop();
  });
  afterAll(() => {
    for (const folder of folders) rmSync(folder, { recursive: true, force: true });
  });

  async function moved(): Promise<string> {
    const folder = temporaryFolder();
    folders.push(folder);
    const { told, server } = await move(theirs, folder);
    ours = server;
    return told;
  }

  it.each(['memory', 'journal'] as const)(
    'keeps queues of every kind, with messages from its %s store',
    async (messages) => {
      theirs = await startReference(undefined, { messages });
      const before = await current(theirs);
      const sender = authKey('x25519');

      const secured = await before.newQueue();
      expect(await before.ask(secured.sndId, sender, { kind: 'SKEY', key: authPublicKey(sender) })).toEqual(ok);
      for (const text of ['one', 'two', 'three']) {
        expect(await before.ask(secured.sndId, sender, send(text))).toEqual(ok);
      }
      const taken = await before.newQueue();
      for (const text of ['gone', 'left']) await before.ask(taken.sndId, undefined, send(text));
      const first = await before.ask(taken.rcvId, taken.authKey, { kind: 'GET' });
      if (first.kind !== 'MSG') throw new Error(first.kind);
      await before.ask(taken.rcvId, taken.authKey, { kind: 'ACK', msgId: first.msgId });

      const linkId = id();
      const data = { fixed: utf8('fixed'), user: utf8('user') };
      const address = await before.newAddress(linkId, data);
      const second = authKey();
      const keys = [address.authKey, second].map(authPublicKey);
      expect(await before.ask(address.rcvId, address.authKey, { kind: 'RKEY', keys })).toEqual(ok);

      const full = await before.newQueue();
      for (let i = 0; i < QUOTA; i++) expect(await before.ask(full.sndId, undefined, send(`${i}`))).toEqual(ok);
      expect(await before.ask(full.sndId, undefined, send('too many'))).toEqual(err('QUOTA'));

      const off = await before.newQueue();
      expect(await before.ask(off.rcvId, off.authKey, { kind: 'OFF' })).toEqual(ok);
      const deleted = await before.newQueue();
      expect(await before.ask(deleted.rcvId, deleted.authKey, { kind: 'DEL' })).toEqual(ok);

      const notified = await before.newQueue();
      const notifierKey = authKey();
      const dhKey = generateX25519(systemRandom).publicKey;
      const nkey: Command = { kind: 'NKEY', key: authPublicKey(notifierKey), dhKey };
      const notifier = await before.ask(notified.rcvId, notified.authKey, nkey);
      if (notifier.kind !== 'NID') throw new Error(notifier.kind);
      const certificate = serviceCertificate();
      const service = (await connectService(theirs.address, certificate)).client!;
      expect(await service.askSigned(notifier.notifierId, notifierKey, { kind: 'NSUB' })).toMatchObject({
        kind: 'SOK',
      });
      for (const { transport } of [before, service]) transport.destroy();

      const told = await moved();
      expect(told).toContain(
        `Moved: 6 queues, 1 link, 1 notifier, 1 service, ${4 + QUOTA} messages, 1 marker of a full queue.`,
      );
      expect(told).not.toContain('Left out');

      const after = await current(theirs);
      expect(await waiting(after, secured)).toEqual(['one', 'two', 'three']);
      expect(await after.ask(secured.sndId, undefined, send('four'))).toEqual(err('AUTH'));
      expect(await waiting(after, taken)).toEqual(['left']);
      expect(await after.ask(linkId, undefined, { kind: 'LGET' })).toEqual({ kind: 'LNK', sndId: address.sndId, data });
      expect(await after.ask(address.rcvId, second, { kind: 'LDEL' })).toEqual(ok);
      expect(await after.ask(full.sndId, undefined, send('still'))).toEqual(err('QUOTA'));
      expect(await waiting(after, full)).toEqual([...Array.from({ length: QUOTA }, (_, i) => `${i}`), 'quota']);
      expect(await after.ask(full.sndId, undefined, send('again'))).toEqual(ok);
      expect(await after.ask(off.sndId, undefined, send('off'))).toEqual(err('AUTH'));
      expect(await after.ask(deleted.rcvId, deleted.authKey, { kind: 'SUB' })).toEqual(err('AUTH'));
      const returned = (await connectService(theirs.address, certificate)).client!;
      expect(returned.serviceId).toEqual(service.serviceId);
      await returned.send(returned.forAll({ kind: 'NSUBS' }));
      expect((await returned.receive())?.response).toEqual({ kind: 'SOKS', count: 1 });
      expect(await after.ask(notified.sndId, undefined, send('told'))).toEqual(ok);
      expect(await returned.receive()).toMatchObject({
        entityId: notifier.notifierId,
        response: { kind: 'NMSG' },
      });
      for (const { transport } of [after, returned]) transport.destroy();
    },
  );

  it('goes on for a client that was subscribed', async () => {
    theirs = await startReference();
    const alice = testClient();
    const queue = await newQueue(alice.clients, theirs.address);
    const bob = await current(theirs);
    for (const text of ['first', 'second']) await bob.ask(queue.sndId, undefined, send(text));
    bob.transport.destroy();
    expect(queue.open(await alice.messages.next())).toMatchObject({ body: utf8('first') });
    await moved();
    for (const text of ['first', 'second']) {
      const delivered = await alice.messages.next();
      expect(queue.open(delivered)).toMatchObject({ body: utf8(text) });
      await alice.clients.ack(theirs.address, queue.rcvId, queue.authKey, delivered.msgId, never);
    }
    await alice.clients.close();
  });

  it('delivers to an official app what waited while it was off, and goes on between two of them', async () => {
    theirs = await startReference();
    const folder = temporaryFolder();
    folders.push(folder);
    const program = `${reference!}/bin/simplex-chat`;
    const start = async (name: string) =>
      OfficialApp.start(program, `${folder}/${name}`, formatSmpServer(theirs.address, undefined), await freePort(), {
        name,
      });
    const [alice, bob] = [await start('alice'), await start('bob')];
    alice.send('/c');
    const [link] = await alice.waitFor(/(?:https:\/\/simplex\.chat\/|simplex:\/)invitation#[^\s"]+/);
    bob.send(`/c ${link}`);
    for (const app of [alice, bob]) await app.waitFor(/"type":"contactConnected"/);
    await alice.stop();
    for (const text of ['while you were off', 'and once more']) {
      bob.send(`@alice ${text}`);
      await bob.waitFor(new RegExp(`"chatItemsStatusesUpdated".*"sndSent".*${text}|${text}.*"sndSent"`));
    }
    await moved();
    const again = await start('alice');
    await again.waitFor(/"newChatItems?".*"while you were off"/);
    await again.waitFor(/"newChatItems?".*"and once more"/);
    again.send('@bob I am here');
    await bob.waitFor(/"newChatItems?".*"I am here"/, 60_000);
    for (const app of [again, bob]) await app.stop();
  });
});
