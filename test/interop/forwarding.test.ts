/** Private routing with the reference smp-server at either end. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { systemRandom } from '../../src/crypto/index.ts';
import { emptyBytes, utf8 } from '../../src/encoding/index.ts';
import { authPublicKey, type SmpServer } from '../../src/protocol/index.ts';
import { type Command, decryptDelivered, maxMessageLength, SMP_VERSIONS } from '../../src/smp/protocol/index.ts';
import { authKey, RawClient } from '../harness/smp-client.ts';
import { askThrough, forwardRaw, wayTo } from '../harness/smp-forwarding.ts';
import { buildSmpServer, configure, init, killPrograms, removeFolders, start } from '../harness/smp-server-program.ts';
import { type ReferenceServer, reference, startReference } from './reference-server.ts';

const flags = { notification: false };
const ok = { kind: 'OK' };
const auth = { kind: 'ERR', error: { kind: 'AUTH' } };
const proxyError = (error: unknown) => ({ kind: 'ERR', error: { kind: 'PROXY', error } });
const password = 'secret';

describe.skipIf(reference === undefined)('private routing', () => {
  let theirs: ReferenceServer;
  let ours: SmpServer;
  let open: RawClient[] = [];

  beforeAll(async () => {
    buildSmpServer();
    theirs = await startReference(password);
    const folders = await init('--password', password);
    configure(folders, ['# allow_private_relays = off', 'allow_private_relays = on']);
    ours = (await start(folders)).address.server;
  });
  afterEach(() => {
    for (const { transport } of open) transport.destroy();
    open = [];
  });
  afterAll(async () => {
    killPrograms();
    removeFolders();
    await theirs.stop();
  });

  async function connect(server: SmpServer): Promise<RawClient> {
    const client = await RawClient.connect(server, SMP_VERSIONS);
    open.push(client);
    return client;
  }

  const cases = [
    ['from ours to the reference', () => ours, () => theirs.address],
    ['from the reference to ours', () => theirs.address, () => ours],
    ['from the reference to itself', () => theirs.address, () => theirs.address],
    ['from ours to itself', () => ours, () => ours],
  ] as const;

  for (const [name, proxyAddress, relayAddress] of cases) {
    describe(name, () => {
      for (const algorithm of ['ed25519', 'ed448', 'x25519'] as const) {
        it(`secures and sends with ${algorithm} keys, in every version that they offer`, async () => {
          const [recipient, sender] = [await connect(relayAddress()), await connect(proxyAddress())];
          const newest = await wayTo(sender, relayAddress(), { password });
          expect(newest.version).toBe(17);
          for (const version of [9, 10, 11, 12, 14, 15, 16, 17]) {
            const way = { ...newest, version };
            const queue = await recipient.newQueue({ subscribe: true, password });
            const key = authKey(algorithm);
            const skey: Command = { kind: 'SKEY', key: authPublicKey(key) };
            expect(await askThrough(sender, way, queue.sndId, key, skey)).toEqual(ok);
            // Of the largest size in versions 9 and 10 an Ed448 signature has no room beside it.
            const body = new Uint8Array(Math.min(maxMessageLength(version), maxMessageLength(12))).fill(version);
            expect(await askThrough(sender, way, queue.sndId, key, { kind: 'SEND', flags, body })).toEqual(ok);
            const message = (await recipient.receive())?.response;
            if (message?.kind !== 'MSG') throw new Error('no message');
            expect(decryptDelivered(queue.secret, message.msgId, message.body)).toMatchObject({ flags, body });
            expect(await askThrough(sender, way, queue.sndId, authKey(algorithm), skey)).toEqual(auth);
            expect(await askThrough(sender, way, queue.sndId, undefined, { kind: 'SEND', flags, body })).toEqual(auth);
          }
        });
      }

      it('reads what is behind a link', async () => {
        const [recipient, sender] = [await connect(relayAddress()), await connect(proxyAddress())];
        const linkId = systemRandom.bytes(24);
        const data = { fixed: systemRandom.bytes(2_000), user: systemRandom.bytes(13_784) };
        const { sndId } = await recipient.newAddress(linkId, data, password);
        const newest = await wayTo(sender, relayAddress(), { password });
        for (const version of [15, 16, 17]) {
          const way = { ...newest, version };
          expect(await askThrough(sender, way, linkId, undefined, { kind: 'LGET' })).toEqual({
            kind: 'LNK',
            sndId,
            data,
          });
        }
      });

      it('answers the same errors', async () => {
        const sender = await connect(proxyAddress());
        const relay = relayAddress();
        const request = (server: SmpServer, given: string | undefined) =>
          sender.ask(emptyBytes, undefined, { kind: 'PRXY', server, password: given });
        expect(await request(relay, 'wrong')).toEqual(proxyError({ kind: 'BASIC_AUTH' }));
        expect(await request(relay, undefined)).toEqual(proxyError({ kind: 'BASIC_AUTH' }));
        const way = await wayTo(sender, relay, { password });
        expect(await wayTo(sender, relay, { password })).toEqual(way);
        const nobody = new Uint8Array(24).fill(1);
        const send: Command = { kind: 'SEND', flags, body: utf8('x') };
        const elsewhere = { ...way, sessionId: new Uint8Array(32) };
        expect(await askThrough(sender, elsewhere, nobody, undefined, send)).toEqual(
          proxyError({ kind: 'NO_SESSION' }),
        );
        expect(await askThrough(sender, way, nobody, undefined, send)).toEqual(auth);
        const cmd = (error: string) => ({ kind: 'ERR', error: { kind: 'CMD', error } });
        expect(await askThrough(sender, way, nobody, authKey(), { kind: 'SUB' })).toEqual(cmd('PROHIBITED'));
        expect(await askThrough(sender, way, emptyBytes, undefined, { kind: 'PING' })).toEqual(cmd('PROHIBITED'));
        expect(await askThrough(sender, way, nobody, undefined, utf8('NOPE'))).toEqual(cmd('UNKNOWN'));
        expect(await askThrough(sender, way, nobody, undefined, utf8('SEND'))).toEqual(cmd('SYNTAX'));
        const large: Command = { kind: 'SEND', flags, body: new Uint8Array(maxMessageLength(17) + 1) };
        const queue = await (await connect(relay)).newQueue({ password });
        expect(await askThrough(sender, way, queue.sndId, undefined, large)).toEqual({
          kind: 'ERR',
          error: { kind: 'LARGE_MSG' },
        });
        const garbage = forwardRaw(way, new Uint8Array(24).fill(2), Uint8Array.of(200));
        const answer = await sender.ask(way.sessionId, undefined, garbage.pfwd, garbage.corrId);
        expect(answer.kind === 'PRES' && garbage.open(answer.response)).toEqual({
          kind: 'ERR',
          error: { kind: 'BLOCK' },
        });
        const changed = { ...garbage.pfwd, transmission: new Uint8Array(garbage.pfwd.transmission.length) };
        expect(await sender.ask(way.sessionId, undefined, changed, new Uint8Array(24).fill(3))).toEqual(
          proxyError({ kind: 'PROTOCOL', error: { kind: 'CRYPTO' } }),
        );
      });
    });
  }

  for (const [name, proxyAddress] of [
    ['ours', () => ours],
    ['the reference', () => theirs.address],
  ] as const) {
    it(`${name} tells what is wrong with a relay`, async () => {
      const sender = await connect(proxyAddress());
      const request = (server: SmpServer) => sender.ask(emptyBytes, undefined, { kind: 'PRXY', server, password });
      const network = proxyError({ kind: 'BROKER', error: { kind: 'NETWORK' } });
      expect(await request({ hosts: ['127.0.0.1'], port: '1', keyHash: new Uint8Array(32) })).toEqual(network);
      expect(await request({ ...theirs.address, keyHash: new Uint8Array(32) })).toEqual(network);
      expect(await request({ ...ours, keyHash: new Uint8Array(32) })).toEqual(network);
      const onion = { hosts: [`${'a'.repeat(56)}.onion`], port: '5223', keyHash: new Uint8Array(32) };
      const unreachable = name === 'ours' ? proxyError({ kind: 'BROKER', error: { kind: 'HOST' } }) : network;
      expect(await request(onion)).toEqual(unreachable);
    });
  }
});
