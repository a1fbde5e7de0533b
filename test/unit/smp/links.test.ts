/** Short links and the keys of contact addresses, over TLS on loopback, in version 18. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { generateX25519, systemRandom } from '../../../src/crypto/index.ts';
import { emptyBytes, utf8 } from '../../../src/encoding/index.ts';
import { type AuthKey, authPublicKey } from '../../../src/protocol/index.ts';
import { type Command, type LinkData, type QueueRequest, senderIdOf } from '../../../src/smp/protocol/index.ts';
import { authKey, RawClient } from '../../harness/smp-client.ts';
import { startTestServer, type TestServer } from '../../harness/smp-server.ts';

const ok = { kind: 'OK' };
const err = (kind: string) => ({ kind: 'ERR', error: { kind } });
const id = () => systemRandom.bytes(24);
const data = (user = 'user'): LinkData => ({ fixed: utf8('fixed'), user: utf8(user) });
const send: Command = { kind: 'SEND', flags: { notification: false }, body: utf8('hello') };

let server: TestServer;
let client: RawClient;

beforeEach(async () => {
  server = await startTestServer();
  client = await RawClient.connect(server.address, { min: 18, max: 18 });
});
afterEach(async () => {
  client.transport.destroy();
  await server.stop();
});

/** NEW with a request; `sndId` is what the correlation id makes of it. */
async function create(request: (sndId: Uint8Array) => QueueRequest | undefined, key: AuthKey = authKey()) {
  const corrId = systemRandom.bytes(24);
  const command: Command = {
    kind: 'NEW',
    rcvAuthKey: authPublicKey(key),
    rcvDhKey: generateX25519(systemRandom).publicKey,
    password: undefined,
    subscribe: false,
    queue: request(senderIdOf(corrId)),
    notifier: undefined,
  };
  return { key, answer: await client.ask(emptyBytes, key, command, corrId) };
}

/** A queue that was created. */
async function created(request: (sndId: Uint8Array) => QueueRequest | undefined) {
  const { key, answer } = await create(request);
  if (answer.kind !== 'IDS') throw new Error(JSON.stringify(answer));
  return { ...answer, key };
}

const messaging = () => created((sndId) => ({ mode: 'messaging', link: { sndId, data: data() } }));
const contact = (linkId: Uint8Array) =>
  created((sndId) => ({ mode: 'contact', link: { linkId, sndId, data: data() } }));

describe('a messaging queue with a link', () => {
  it('is read and secured at once by its sender, with one key', async () => {
    const { linkId, sndId, queueMode } = await messaging();
    expect(queueMode).toBe('messaging');
    const sender = authKey('x25519');
    const lkey: Command = { kind: 'LKEY', key: authPublicKey(sender) };
    const link = { kind: 'LNK', sndId, data: data() };
    expect(await client.ask(linkId!, undefined, { kind: 'LGET' })).toEqual(err('AUTH'));
    expect(await client.ask(linkId!, authKey(), lkey)).toEqual(err('AUTH'));
    expect(await client.ask(linkId!, sender, lkey)).toEqual(link);
    expect(await client.ask(linkId!, sender, lkey)).toEqual(link);
    const other = authKey();
    expect(await client.ask(linkId!, other, { kind: 'LKEY', key: authPublicKey(other) })).toEqual(err('AUTH'));
  });

  it('loses the link with the first message, and cannot get another', async () => {
    const { linkId, sndId, rcvId, key } = await messaging();
    const sender = authKey();
    const lkey: Command = { kind: 'LKEY', key: authPublicKey(sender) };
    expect((await client.ask(linkId!, sender, lkey)).kind).toBe('LNK');
    expect(await client.ask(sndId, sender, send)).toEqual(ok);
    expect(await client.ask(linkId!, sender, lkey)).toEqual(err('AUTH'));
    expect(await client.ask(rcvId, key, { kind: 'LSET', linkId: id(), data: data() })).toEqual(err('AUTH'));
  });
});

describe('a contact address with a link', () => {
  it('is read by anyone, again and again', async () => {
    const linkId = id();
    const made = await contact(linkId);
    expect(made).toMatchObject({ queueMode: 'contact', linkId });
    const link = { kind: 'LNK', sndId: made.sndId, data: data() };
    for (let i = 0; i < 2; i++) expect(await client.ask(linkId, undefined, { kind: 'LGET' })).toEqual(link);
    const sender = authKey();
    expect(await client.ask(linkId, sender, { kind: 'LKEY', key: authPublicKey(sender) })).toEqual(err('AUTH'));
    expect(await client.ask(id(), undefined, { kind: 'LGET' })).toEqual(err('AUTH'));
  });

  it('lets its owner replace what is his, and nothing else', async () => {
    const linkId = id();
    const { rcvId, sndId, key } = await contact(linkId);
    const set = (linkData: LinkData, to = linkId): Command => ({ kind: 'LSET', linkId: to, data: linkData });
    expect(await client.ask(rcvId, key, set(data('new')))).toEqual(ok);
    expect(await client.ask(rcvId, authKey(), set(data('stolen')))).toEqual(err('AUTH'));
    expect(await client.ask(rcvId, key, set({ ...data('x'), fixed: utf8('other') }))).toEqual(err('AUTH'));
    expect(await client.ask(rcvId, key, set(data('x'), id()))).toEqual(err('AUTH'));
    expect(await client.ask(linkId, undefined, { kind: 'LGET' })).toEqual({ kind: 'LNK', sndId, data: data('new') });
    const other = await contact(id());
    expect(await client.ask(other.rcvId, other.key, set(data(), linkId))).toEqual(err('AUTH'));
  });

  it('is removed, and free for the same queue again', async () => {
    const linkId = id();
    const { rcvId, key } = await contact(linkId);
    for (let i = 0; i < 2; i++) expect(await client.ask(rcvId, key, { kind: 'LDEL' })).toEqual(ok);
    expect(await client.ask(linkId, undefined, { kind: 'LGET' })).toEqual(err('AUTH'));
    expect(await client.ask(rcvId, key, { kind: 'LSET', linkId, data: data('again') })).toEqual(ok);
    expect((await client.ask(linkId, undefined, { kind: 'LGET' })).kind).toBe('LNK');
    expect(await client.ask(rcvId, key, { kind: 'DEL' })).toEqual(ok);
    expect(await client.ask(linkId, undefined, { kind: 'LGET' })).toEqual(err('AUTH'));
  });

  it('is received with any of the keys its owner sets', async () => {
    const { rcvId, key } = await contact(id());
    const [first, second] = [authKey('ed448'), authKey('x25519')];
    const rkey: Command = { kind: 'RKEY', keys: [authPublicKey(first), authPublicKey(second)] };
    expect(await client.ask(rcvId, first, rkey)).toEqual(err('AUTH'));
    expect(await client.ask(rcvId, key, rkey)).toEqual(ok);
    expect(await client.ask(rcvId, key, { kind: 'QUE' })).toEqual(err('AUTH'));
    for (const one of [first, second]) expect((await client.ask(rcvId, one, { kind: 'QUE' })).kind).toBe('INFO');
    const queue = await messaging();
    expect(await client.ask(queue.rcvId, queue.key, rkey)).toEqual(err('AUTH'));
  });
});

describe('ids that clients choose', () => {
  it('are taken only when they follow from the correlation id', async () => {
    for (const request of [
      { mode: 'messaging' as const, link: { sndId: id(), data: data() } },
      { mode: 'contact' as const, link: { linkId: id(), sndId: id(), data: data() } },
    ]) {
      const { answer } = await create(() => request);
      expect(answer).toEqual({ kind: 'ERR', error: { kind: 'CMD', error: 'PROHIBITED' } });
    }
  });

  it('are refused like a wrong key when a link has them', async () => {
    const linkId = id();
    await contact(linkId);
    const { answer } = await create((sndId) => ({ mode: 'contact', link: { linkId, sndId, data: data() } }));
    expect(answer).toEqual(err('AUTH'));
  });

  it('may be left out, and so may be all that is said of the queue', async () => {
    const plain = await created(() => ({ mode: 'messaging', link: undefined }));
    expect([plain.linkId, plain.queueMode]).toEqual([undefined, 'messaging']);
    const unnamed = await created(() => undefined);
    expect(unnamed.queueMode).toBeUndefined();
    const sender = authKey();
    expect(await client.ask(unnamed.sndId, sender, { kind: 'SKEY', key: authPublicKey(sender) })).toEqual(err('AUTH'));
    expect(await client.ask(unnamed.rcvId, unnamed.key, { kind: 'LSET', linkId: id(), data: data() })).toEqual(ok);
  });
});

describe('a blocked queue', () => {
  it('says why to all who use it, and can still be left', async () => {
    const linkId = id();
    const { rcvId, sndId, key } = await contact(linkId);
    const info = { reason: 'content' as const, notice: '{"ttl":7}' };
    await server.store.queues.setStatus(rcvId, { kind: 'blocked', info });
    const blocked = { kind: 'ERR', error: { kind: 'BLOCKED', info } };
    expect(await client.ask(sndId, undefined, send)).toEqual(blocked);
    expect(await client.ask(linkId, undefined, { kind: 'LGET' })).toEqual(blocked);
    for (const command of [{ kind: 'SUB' }, { kind: 'GET' }, { kind: 'QUE' }, { kind: 'LDEL' }] as const) {
      expect(await client.ask(rcvId, key, command)).toEqual(blocked);
    }
    await server.store.queues.setStatus(rcvId, { kind: 'active' });
    expect(await client.ask(sndId, undefined, send)).toEqual(ok);
    await server.store.queues.setStatus(rcvId, { kind: 'blocked', info });
    expect(await client.ask(rcvId, key, { kind: 'DEL' })).toEqual(ok);
  });
});
