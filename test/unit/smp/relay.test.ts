/** What a server does with commands that a proxy forwards. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/base/index.ts';
import { boxSeal, boxSealPadded, generateX25519, systemRandom, x25519 } from '../../../src/crypto/index.ts';
import { concatBytes, emptyBytes, encode, utf8 } from '../../../src/encoding/index.ts';
import { authPublicKey } from '../../../src/protocol/index.ts';
import {
  type Command,
  decryptDelivered,
  type ErrorType,
  FORWARDED_SIZE,
  maxMessageLength,
  SMP_VERSIONS,
  sealForward,
} from '../../../src/smp/protocol/index.ts';
import { silentObserver } from '../../../src/smp/server/observer.ts';
import {
  batchCodec,
  clientHelloCodec,
  plainBlocks,
  readBlock,
  SMP_ALPN,
  writeBlock,
} from '../../../src/transport/index.ts';
import { tlsConnect } from '../../../src/transport/node/index.ts';
import { authKey, never, RawClient } from '../../harness/smp-client.ts';
import { askRelay, forwardRaw, forwardTo, relayBehind } from '../../harness/smp-forwarding.ts';
import { startTestServer, type TestServer } from '../../harness/smp-server.ts';

const flags = { notification: false };
const ok = { kind: 'OK' };
const err = (error: ErrorType) => ({ kind: 'ERR', error });
const send = (text: string): Command => ({ kind: 'SEND', flags, body: utf8(text) });

let server: TestServer;
let received = 0;
let open: RawClient[] = [];

async function connect(proxy: boolean, versions = SMP_VERSIONS): Promise<RawClient> {
  const client = await RawClient.connect(server.address, versions, { proxy });
  open.push(client);
  return client;
}

/** A proxy, a recipient with a queue, and the way to it. */
async function ends() {
  const [proxy, recipient] = [await connect(true), await connect(false)];
  const queue = await recipient.newQueue({ subscribe: true });
  return { proxy, recipient, queue, relay: relayBehind(proxy) };
}

beforeEach(async () => {
  received = 0;
  server = await startTestServer({
    observer: { ...silentObserver, forwardReceived: () => void received++ },
  });
});
afterEach(async () => {
  for (const client of open) client.transport.destroy();
  open = [];
  await server.stop();
});

describe('forwarded commands', () => {
  for (const algorithm of ['ed25519', 'ed448', 'x25519'] as const) {
    it(`secure a queue and send to it, with ${algorithm} keys`, async () => {
      const { proxy, recipient, queue, relay } = await ends();
      const sender = authKey(algorithm);
      const skey: Command = { kind: 'SKEY', key: authPublicKey(sender) };
      expect(await askRelay(proxy, forwardTo(relay, queue.sndId, sender, skey))).toEqual(ok);
      const body = systemRandom.bytes(maxMessageLength(12));
      expect(await askRelay(proxy, forwardTo(relay, queue.sndId, sender, { kind: 'SEND', flags, body }))).toEqual(ok);
      const message = (await recipient.receive())!.response;
      if (message.kind !== 'MSG') throw new Error(message.kind);
      expect(decryptDelivered(queue.secret, message.msgId, message.body)).toMatchObject({ flags, body });
      expect(received).toBe(2);
    });
  }

  it('are verified as those that come directly', async () => {
    const { proxy, queue, relay } = await ends();
    const [sender, other] = [authKey('x25519'), authKey('x25519')];
    const skey: Command = { kind: 'SKEY', key: authPublicKey(sender) };
    const auth = err({ kind: 'AUTH' });
    expect(await askRelay(proxy, forwardTo(relay, queue.sndId, other, skey))).toEqual(auth);
    expect(await askRelay(proxy, forwardTo(relay, queue.sndId, sender, skey))).toEqual(ok);
    expect(await askRelay(proxy, forwardTo(relay, queue.sndId, sender, send('yes')))).toEqual(ok);
    expect(await askRelay(proxy, forwardTo(relay, queue.sndId, other, send('no')))).toEqual(auth);
    expect(await askRelay(proxy, forwardTo(relay, queue.sndId, undefined, send('no')))).toEqual(auth);
    expect(await askRelay(proxy, forwardTo(relay, systemRandom.bytes(24), sender, send('no')))).toEqual(auth);
    // Authorised for another connection.
    const elsewhere = { ...relay, sessionId: systemRandom.bytes(32) };
    expect(await askRelay(proxy, forwardTo(elsewhere, queue.sndId, sender, send('no')))).toEqual(auth);
  });

  it('are those of senders only', async () => {
    const { proxy, queue, relay } = await ends();
    const prohibited = err({ kind: 'CMD', error: 'PROHIBITED' });
    const key = authKey();
    const dhKey = generateX25519(systemRandom).publicKey;
    const commands: readonly Command[] = [
      { kind: 'SUB' },
      { kind: 'GET' },
      { kind: 'DEL' },
      { kind: 'OFF' },
      { kind: 'QUE' },
      { kind: 'KEY', key: authPublicKey(key) },
      { kind: 'NKEY', key: authPublicKey(key), dhKey },
    ];
    for (const command of commands) {
      expect(await askRelay(proxy, forwardTo(relay, queue.rcvId, queue.authKey, command)), command.kind).toEqual(
        prohibited,
      );
    }
    const nested = forwardTo(relay, queue.sndId, undefined, send('x')).pfwd;
    for (const [entityId, command] of [
      [emptyBytes, { kind: 'PING' }],
      [emptyBytes, { kind: 'RFWD', transmission: utf8('x') }],
      [relay.sessionId, { ...nested, transmission: utf8('x') }],
    ] as const) {
      expect(await askRelay(proxy, forwardTo(relay, entityId, undefined, command)), command.kind).toEqual(prohibited);
    }
  });

  it('have their own version', async () => {
    const { proxy, queue, relay } = await ends();
    for (const version of [9, 10]) {
      const body = new Uint8Array(maxMessageLength(version));
      const forward = (bytes: Uint8Array) =>
        forwardTo({ ...relay, version }, queue.sndId, undefined, { kind: 'SEND', flags, body: bytes });
      expect(await askRelay(proxy, forward(body))).toEqual(ok);
      expect(await askRelay(proxy, forward(new Uint8Array(body.length + 1)))).toEqual(err({ kind: 'LARGE_MSG' }));
    }
    const above = forwardTo({ ...relay, version: 12 }, queue.sndId, undefined, {
      kind: 'SEND',
      flags,
      body: new Uint8Array(maxMessageLength(12) + 1),
    });
    expect(await askRelay(proxy, above)).toEqual(err({ kind: 'LARGE_MSG' }));
    for (const version of [0, 8, SMP_VERSIONS.max + 1, 0xffff]) {
      expect(await askRelay(proxy, forwardTo({ ...relay, version }, queue.sndId, undefined, send('x')))).toEqual(
        err({
          kind: 'PROXY',
          error: { kind: 'BROKER', error: { kind: 'TRANSPORT', error: { kind: 'VERSION' } } },
        }),
      );
    }
  });

  it('read what is behind links, if it fits', async () => {
    const { proxy, recipient, relay } = await ends();
    const linkId = systemRandom.bytes(24);
    const data = { fixed: systemRandom.bytes(2_000), user: systemRandom.bytes(13_784) };
    const { sndId, rcvId, authKey: owner } = await recipient.newAddress(linkId, data);
    const lget: Command = { kind: 'LGET' };
    expect(await askRelay(proxy, forwardTo(relay, linkId, undefined, lget))).toEqual({ kind: 'LNK', sndId, data });
    const key = authKey();
    const lkey: Command = { kind: 'LKEY', key: authPublicKey(key) };
    expect(await askRelay(proxy, forwardTo(relay, linkId, key, lkey))).toEqual(err({ kind: 'AUTH' }));
    const large = { fixed: data.fixed, user: systemRandom.bytes(16_138 - data.fixed.length) };
    expect(await recipient.ask(rcvId, owner, { kind: 'LSET', linkId, data: large })).toEqual(ok);
    expect(await recipient.ask(linkId, undefined, lget)).toEqual({ kind: 'LNK', sndId, data: large });
    expect(await askRelay(proxy, forwardTo(relay, linkId, undefined, lget))).toEqual(err({ kind: 'BLOCK' }));
  });

  it('of one queue keep their order', async () => {
    const { proxy, recipient, queue, relay } = await ends();
    const texts = Array.from({ length: 20 }, (_, i) => `message ${i}`);
    const secret = x25519(proxy.session.keys.privateKey, proxy.session.peerKey!);
    const transmissions = texts.map((text) => {
      const { corrId, pfwd } = forwardTo(relay, queue.sndId, undefined, send(text));
      const nonce = systemRandom.bytes(24);
      const transmission = sealForward(secret, nonce, { ...pfwd, corrId });
      return proxy.encode(emptyBytes, undefined, { kind: 'RFWD', transmission }, nonce);
    });
    await proxy.send(...transmissions);
    for (const text of texts) {
      const { response } = (await recipient.receive())!;
      if (response.kind !== 'MSG') throw new Error(response.kind);
      expect(decryptDelivered(queue.secret, response.msgId, response.body)).toMatchObject({ body: utf8(text) });
      await recipient.send(recipient.encode(queue.rcvId, queue.authKey, { kind: 'ACK', msgId: response.msgId }));
      if (text !== texts.at(-1)) continue;
      expect((await recipient.receive())?.response).toEqual(ok);
    }
  });
});

describe('what is not right', () => {
  it('inside is answered inside', async () => {
    const { proxy, relay } = await ends();
    const corrId = systemRandom.bytes(24);
    for (const bytes of [emptyBytes, Uint8Array.of(200), concatBytes(Uint8Array.of(3, 1, 2, 3), new Uint8Array(2))]) {
      expect(await askRelay(proxy, forwardRaw(relay, corrId, bytes))).toEqual(err({ kind: 'BLOCK' }));
    }
    const id = systemRandom.bytes(24);
    const command = (text: string) => askRelay(proxy, forwardTo(relay, id, undefined, utf8(text)));
    expect(await command('NOPE')).toEqual(err({ kind: 'CMD', error: 'UNKNOWN' }));
    expect(await command('SEND')).toEqual(err({ kind: 'CMD', error: 'SYNTAX' }));
    expect(await askRelay(proxy, forwardTo(relay, emptyBytes, undefined, send('x')))).toEqual(
      err({ kind: 'CMD', error: 'NO_ENTITY' }),
    );
    expect(
      await askRelay(proxy, forwardTo(relay, id, undefined, { kind: 'SKEY', key: authPublicKey(authKey()) })),
    ).toEqual(err({ kind: 'CMD', error: 'NO_AUTH' }));
  });

  it('in the layers is answered to the proxy', async () => {
    const { proxy, relay, queue } = await ends();
    const forward = () => forwardTo(relay, queue.sndId, undefined, send('x'));
    const crypto = err({ kind: 'CRYPTO' });
    expect(await askRelay(proxy, forward(), { key: generateX25519(systemRandom).publicKey })).toEqual(crypto);
    expect(await askRelay(proxy, forward(), { key: new Uint8Array(32) })).toEqual(crypto);
    expect(await askRelay(proxy, forward(), { corrId: systemRandom.bytes(24) })).toEqual(crypto);
    expect(await askRelay(proxy, forward(), { corrId: emptyBytes })).toEqual(crypto);
    expect(await askRelay(proxy, forward(), { transmission: emptyBytes })).toEqual(crypto);
    const secret = x25519(proxy.session.keys.privateKey, proxy.session.peerKey!);
    const nonce = systemRandom.bytes(24);
    const rfwd = (transmission: Uint8Array): Command => ({ kind: 'RFWD', transmission });
    const { pfwd, corrId } = forward();
    const sealed = sealForward(secret, nonce, { ...pfwd, corrId });
    expect(await proxy.ask(emptyBytes, undefined, rfwd(sealed), systemRandom.bytes(24))).toEqual(crypto);
    expect(await proxy.ask(emptyBytes, undefined, rfwd(emptyBytes), nonce)).toEqual(crypto);
    expect(await proxy.ask(emptyBytes, undefined, rfwd(sealed), emptyBytes)).toEqual(crypto);
    // Well sealed, and nothing that can be read.
    const unreadable = boxSeal(secret, nonce, utf8('x'));
    expect(await proxy.ask(emptyBytes, undefined, rfwd(unreadable), nonce)).toEqual(
      err({ kind: 'CMD', error: 'SYNTAX' }),
    );
    // Of another connection, whose keys are others.
    const other = await connect(true);
    expect(await other.ask(emptyBytes, undefined, rfwd(sealed), nonce)).toEqual(crypto);
    expect(await proxy.ask(emptyBytes, undefined, rfwd(sealed), nonce)).toEqual(
      expect.objectContaining({ kind: 'RRES' }),
    );
  });

  it('two commands in one are refused', async () => {
    const { proxy, relay, queue } = await ends();
    const keys = generateX25519(systemRandom);
    const { corrId } = forwardTo(relay, queue.sndId, undefined, send('x'));
    const secret = x25519(keys.privateKey, relay.relayKey);
    const transmission = boxSealPadded(secret, corrId, encode(batchCodec, [utf8('a'), utf8('b')]), FORWARDED_SIZE);
    const forward = { ...forwardTo(relay, queue.sndId, undefined, send('x')), corrId };
    expect(await askRelay(proxy, forward, { key: keys.publicKey, transmission })).toEqual(err({ kind: 'BLOCK' }));
  });

  it('is a proxy without a key, or with one that makes no secret', async () => {
    const keyHash = server.address.keyHash;
    for (const sessionKey of [undefined, new Uint8Array(32)]) {
      const transport = await tlsConnect(systemClock)(
        { hosts: server.address.hosts, port: Number(server.address.port), alpn: [SMP_ALPN] },
        never,
      );
      await readBlock(transport, plainBlocks);
      await writeBlock(
        transport,
        plainBlocks,
        encode(clientHelloCodec, { version: 10, keyHash, sessionKey, proxy: true, service: undefined }),
      );
      const { session } = await connect(true, { min: 10, max: 10 });
      const client = new RawClient(transport, session);
      open.push(client);
      expect(await client.ask(emptyBytes, undefined, { kind: 'RFWD', transmission: utf8('x') })).toEqual(
        err({
          kind: 'PROXY',
          error: { kind: 'BROKER', error: { kind: 'TRANSPORT', error: { kind: 'NO_AUTH' } } },
        }),
      );
    }
  });
});
