/** What the server answers, command by command, over TLS on loopback. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { generateX25519, systemRandom } from '../../../src/crypto/index.ts';
import { concatBytes, emptyBytes, encode, utf8 } from '../../../src/encoding/index.ts';
import { authPublicKey, type SmpServer } from '../../../src/protocol/index.ts';
import {
  type Command,
  type CommandKind,
  commandCodec,
  decryptDelivered,
  maxMessageLength,
} from '../../../src/smp/protocol/index.ts';
import { authKey, RawClient } from '../../harness/smp-client.ts';
import { startTestServer, type TestServer } from '../../harness/smp-server.ts';

const algorithms = ['ed25519', 'ed448', 'x25519'] as const;
const flags = { notification: false };
const v12 = { min: 12, max: 12 };
const QUOTA = 5;

let server: TestServer;
let open: RawClient[] = [];

async function raw(versions = v12, address: SmpServer = server.address): Promise<RawClient> {
  const client = await RawClient.connect(address, versions);
  open.push(client);
  return client;
}

const ok = { kind: 'OK' };
const err = (kind: string) => ({ kind: 'ERR', error: { kind } });
const cmd = (error: string) => ({ kind: 'ERR', error: { kind: 'CMD', error } });
const send = (text: string): Command => ({ kind: 'SEND', flags, body: utf8(text) });

beforeEach(async () => {
  server = await startTestServer({ quota: QUOTA });
});
afterEach(async () => {
  for (const client of open) client.transport.destroy();
  open = [];
  await server.stop();
});

describe('versions', () => {
  for (const version of [9, 10, 11, 12, 14, 15, 16, 17, 18]) {
    it(`delivers the largest message in version ${version}`, async () => {
      const client = await raw({ min: version, max: version });
      const queue = await client.newQueue({ subscribe: true });
      const body = systemRandom.bytes(maxMessageLength(version));
      // A connection may get its own message before the answer to SEND.
      await client.send(client.encode(queue.sndId, undefined, { kind: 'SEND', flags, body }));
      const both = [(await client.receive())!.response, (await client.receive())!.response];
      const message = both.find((response) => response.kind === 'MSG');
      expect(both).toContainEqual(ok);
      if (message?.kind !== 'MSG') throw new Error('no message');
      expect(decryptDelivered(queue.secret, message.msgId, message.body)).toMatchObject({ body });
      const larger = { kind: 'SEND' as const, flags, body: new Uint8Array(body.length + 1) };
      expect(await client.ask(queue.sndId, undefined, larger)).toEqual(err('LARGE_MSG'));
    });
  }

  it('refuses a client that is too old or too new, and serves the next', async () => {
    for (const version of [8, 19]) {
      await expect(raw({ min: version, max: version })).rejects.toMatchObject({ kind: 'version', retryable: false });
    }
    const client = await raw({ min: 6, max: 20 });
    expect(client.session.version).toBe(18);
  });

  it('says END to former versions when a queue is deleted', async () => {
    for (const [version, event] of [
      [9, 'END'],
      [10, 'DELD'],
    ] as const) {
      const subscriber = await raw({ min: version, max: version });
      const other = await raw();
      const queue = await subscriber.newQueue({ subscribe: true });
      expect(await other.ask(queue.rcvId, queue.authKey, { kind: 'DEL' })).toEqual(ok);
      expect(await subscriber.receive()).toEqual({ corrId: '', entityId: queue.rcvId, response: { kind: event } });
    }
  });
});

describe('authorization', () => {
  const recipientCommands: readonly Command[] = [
    { kind: 'SUB' },
    { kind: 'GET' },
    { kind: 'ACK', msgId: new Uint8Array(24) },
    { kind: 'KEY', key: authPublicKey(authKey()) },
    { kind: 'OFF' },
    { kind: 'QUE' },
    { kind: 'NKEY', key: authPublicKey(authKey()), dhKey: generateX25519(systemRandom).publicKey },
    { kind: 'NDEL' },
    { kind: 'DEL' },
  ];

  for (const algorithm of algorithms) {
    it(`takes no other key, of any type, for a queue with ${algorithm}`, async () => {
      const client = await raw();
      const queue = await client.newQueue({ algorithm });
      for (const command of recipientCommands) {
        for (const wrong of algorithms) {
          expect(await client.ask(queue.rcvId, authKey(wrong), command)).toEqual(err('AUTH'));
          expect(await client.ask(systemRandom.bytes(24), authKey(wrong), command)).toEqual(err('AUTH'));
        }
        expect(await client.ask(queue.rcvId, undefined, command)).toEqual(cmd('NO_AUTH'));
      }
      expect(await client.ask(queue.sndId, queue.authKey, { kind: 'SUB' })).toEqual(err('AUTH'));
      expect(await client.ask(queue.rcvId, queue.authKey, { kind: 'SUB' })).toEqual(ok);
    });

    it(`takes messages only from the sender's ${algorithm} key once secured`, async () => {
      const client = await raw();
      const queue = await client.newQueue();
      const sender = authKey(algorithm);
      const skey = { kind: 'SKEY' as const, key: authPublicKey(sender) };
      expect(await client.ask(queue.sndId, authKey(algorithm), skey)).toEqual(err('AUTH'));
      expect(await client.ask(queue.sndId, sender, skey)).toEqual(ok);
      expect(await client.ask(queue.sndId, sender, skey)).toEqual(ok);
      for (const wrong of algorithms) {
        const other = authKey(wrong);
        expect(await client.ask(queue.sndId, other, send('no'))).toEqual(err('AUTH'));
        expect(await client.ask(queue.sndId, other, { kind: 'SKEY', key: authPublicKey(other) })).toEqual(err('AUTH'));
        expect(await client.ask(queue.rcvId, queue.authKey, { kind: 'KEY', key: authPublicKey(other) })).toEqual(
          err('AUTH'),
        );
      }
      expect(await client.ask(queue.sndId, undefined, send('no'))).toEqual(err('AUTH'));
      expect(await client.ask(queue.sndId, sender, send('yes'))).toEqual(ok);
      expect(await client.ask(queue.rcvId, queue.authKey, { kind: 'KEY', key: authPublicKey(sender) })).toEqual(ok);
    });
  }

  it('takes no authorization made for another connection', async () => {
    const client = await raw();
    const other = await raw();
    const queue = await client.newQueue();
    for (const algorithm of algorithms) {
      const { authKey: key, rcvId } = await client.newQueue({ algorithm });
      await client.send(other.encode(rcvId, key, { kind: 'SUB' }));
      expect((await client.receive())?.response).toEqual(err('AUTH'));
    }
    expect(await client.ask(queue.sndId, authKey(), send('signed but not secured'))).toEqual(err('AUTH'));
  });

  it('lets the sender secure only queues made for it', async () => {
    const client = await raw();
    const { sndId } = await client.newQueue({ sndSecure: false });
    const sender = authKey();
    expect(await client.ask(sndId, sender, { kind: 'SKEY', key: authPublicKey(sender) })).toEqual(err('AUTH'));
  });

  it('wants the password to create queues', async () => {
    const guarded = await startTestServer({ password: 'secret' });
    const closed = await startTestServer({ newQueues: false });
    const key = authKey();
    const make = (password: string | undefined): Command => ({
      kind: 'NEW',
      rcvAuthKey: authPublicKey(key),
      rcvDhKey: generateX25519(systemRandom).publicKey,
      password,
      subscribe: false,
      queue: { mode: 'messaging', link: undefined },
      notifier: undefined,
    });
    const client = await raw(v12, guarded.address);
    expect(await client.ask(emptyBytes, key, make(undefined))).toEqual(err('AUTH'));
    expect(await client.ask(emptyBytes, key, make('wrong'))).toEqual(err('AUTH'));
    expect((await client.ask(emptyBytes, key, make('secret'))).kind).toBe('IDS');
    expect(await client.ask(emptyBytes, authKey(), make('secret'))).toEqual(err('AUTH'));
    const refused = await raw(v12, closed.address);
    expect(await refused.ask(emptyBytes, key, make(undefined))).toEqual(err('AUTH'));
    for (const { transport } of [client, refused]) transport.destroy();
    await guarded.stop();
    await closed.stop();
  });

  it('checks which credentials a command may have', async () => {
    const client = await raw();
    const { rcvId, authKey: key } = await client.newQueue();
    expect(await client.ask(emptyBytes, undefined, { kind: 'PING' })).toEqual({ kind: 'PONG' });
    expect(await client.ask(rcvId, undefined, { kind: 'PING' })).toEqual(cmd('HAS_AUTH'));
    expect(await client.ask(emptyBytes, key, { kind: 'PING' })).toEqual(cmd('HAS_AUTH'));
    expect(await client.ask(emptyBytes, undefined, send('x'))).toEqual(cmd('NO_ENTITY'));
    expect(await client.ask(emptyBytes, key, { kind: 'SUB' })).toEqual(cmd('NO_AUTH'));
  });
});

describe('messages', () => {
  it('refuses what is above the quota, and marks the place', async () => {
    const client = await raw();
    const queue = await client.newQueue();
    for (let i = 0; i < QUOTA; i++) expect(await client.ask(queue.sndId, undefined, send(`m${i}`))).toEqual(ok);
    for (let i = 0; i < 3; i++) expect(await client.ask(queue.sndId, undefined, send('no'))).toEqual(err('QUOTA'));
    expect(await client.ask(queue.rcvId, queue.authKey, { kind: 'SUB' })).toEqual(ok);
    let { response } = (await client.receive())!;
    for (let i = 0; i <= QUOTA; i++) {
      if (response.kind !== 'MSG') throw new Error(response.kind);
      expect(decryptDelivered(queue.secret, response.msgId, response.body)).toMatchObject(
        i < QUOTA ? { kind: 'message', body: utf8(`m${i}`) } : { kind: 'quota' },
      );
      if (i === QUOTA) expect(await client.ask(queue.sndId, undefined, send('early'))).toEqual(err('QUOTA'));
      response = await client.ask(queue.rcvId, queue.authKey, { kind: 'ACK', msgId: response.msgId });
    }
    expect(response).toEqual(ok);
    await client.send(client.encode(queue.sndId, undefined, send('again')));
    const kinds = [(await client.receive())!.response.kind, (await client.receive())!.response.kind];
    expect(kinds.sort()).toEqual(['MSG', 'OK']);
  });

  it('acknowledges only what was delivered on this connection', async () => {
    const client = await raw();
    const other = await raw();
    const queue = await client.newQueue();
    await client.ask(queue.sndId, undefined, send('a'));
    expect(await client.ask(queue.rcvId, queue.authKey, { kind: 'ACK', msgId: emptyBytes })).toEqual(err('NO_MSG'));
    await client.ask(queue.rcvId, queue.authKey, { kind: 'SUB' });
    const { response } = (await client.receive())!;
    if (response.kind !== 'MSG') throw new Error(response.kind);
    const ack: Command = { kind: 'ACK', msgId: response.msgId };
    expect(await client.ask(queue.rcvId, queue.authKey, { kind: 'ACK', msgId: new Uint8Array(24) })).toEqual(
      err('NO_MSG'),
    );
    expect(await other.ask(queue.rcvId, queue.authKey, ack)).toEqual(err('NO_MSG'));
    expect(await client.ask(queue.rcvId, queue.authKey, ack)).toEqual(ok);
    expect(await client.ask(queue.rcvId, queue.authKey, ack)).toEqual(err('NO_MSG'));
  });

  it('delivers again when subscribed again on the same connection', async () => {
    const client = await raw();
    const queue = await client.newQueue();
    await client.ask(queue.sndId, undefined, send('a'));
    const received = [];
    for (let i = 0; i < 2; i++) {
      expect(await client.ask(queue.rcvId, queue.authKey, { kind: 'SUB' })).toEqual(ok);
      received.push((await client.receive())!);
    }
    expect(received[1]).toEqual(received[0]);
  });

  it('gives messages one by one to GET, which excludes SUB', async () => {
    const client = await raw();
    const queue = await client.newQueue();
    const ask = (command: Command) => client.ask(queue.rcvId, queue.authKey, command);
    expect(await ask({ kind: 'GET' })).toEqual(ok);
    await client.ask(queue.sndId, undefined, send('a'));
    await client.ask(queue.sndId, undefined, send('b'));
    const first = await ask({ kind: 'GET' });
    expect(await ask({ kind: 'GET' })).toEqual(first);
    if (first.kind !== 'MSG') throw new Error(first.kind);
    expect(await ask({ kind: 'ACK', msgId: first.msgId })).toEqual(ok);
    const second = await ask({ kind: 'GET' });
    if (second.kind !== 'MSG') throw new Error(second.kind);
    expect(decryptDelivered(queue.secret, second.msgId, second.body)).toMatchObject({ body: utf8('b') });
    expect(await ask({ kind: 'SUB' })).toEqual(cmd('PROHIBITED'));
    const info = await ask({ kind: 'QUE' });
    expect(info).toMatchObject({ kind: 'INFO', info: { qiSize: 1, qiSub: { qSubThread: 'prohibitSub' } } });
    const subscriber = await raw();
    expect(await subscriber.ask(queue.rcvId, queue.authKey, { kind: 'SUB' })).toEqual(ok);
    await subscriber.receive();
    expect(await subscriber.ask(queue.rcvId, queue.authKey, { kind: 'GET' })).toEqual(cmd('PROHIBITED'));
  });

  it('takes nothing for a queue that is off or gone', async () => {
    const client = await raw();
    const queue = await client.newQueue({ subscribe: true });
    expect(await client.ask(queue.rcvId, queue.authKey, { kind: 'OFF' })).toEqual(ok);
    expect(await client.ask(queue.sndId, undefined, send('x'))).toEqual(err('AUTH'));
    expect(await client.ask(queue.rcvId, queue.authKey, { kind: 'DEL' })).toEqual(ok);
    expect(await client.ask(queue.rcvId, queue.authKey, { kind: 'SUB' })).toEqual(err('AUTH'));
    expect(await client.ask(queue.sndId, undefined, send('x'))).toEqual(err('AUTH'));
  });

  it('answers a block of commands for many queues', async () => {
    const client = await raw();
    const queues = [];
    for (let i = 0; i < 60; i++) queues.push(await client.newQueue());
    await client.send(...queues.map(({ sndId }) => client.encode(sndId, undefined, send('x'))));
    for (const _ of queues) expect((await client.receive())?.response).toEqual(ok);
    await client.send(...queues.map(({ rcvId, authKey: key }) => client.encode(rcvId, key, { kind: 'SUB' })));
    const kinds: Record<string, number> = {};
    for (let i = 0; i < 2 * queues.length; i++) {
      const { kind } = (await client.receive())!.response;
      kinds[kind] = (kinds[kind] ?? 0) + 1;
    }
    expect(kinds).toEqual({ OK: queues.length, MSG: queues.length });
  });
});

describe('commands that are not served', () => {
  const dhKey = generateX25519(systemRandom).publicKey;
  const unserved: readonly [Command, unknown][] = [
    [
      { kind: 'PRXY', server: { hosts: ['x'], port: '', keyHash: new Uint8Array(32) }, password: undefined },
      { kind: 'ERR', error: { kind: 'PROXY', error: { kind: 'BASIC_AUTH' } } },
    ],
    [
      { kind: 'PFWD', version: 12, key: dhKey, transmission: utf8('x') },
      { kind: 'ERR', error: { kind: 'PROXY', error: { kind: 'NO_SESSION' } } },
    ],
    [{ kind: 'RFWD', transmission: utf8('x') }, err('CRYPTO')],
    [{ kind: 'SUBS' }, err('SERVICE')],
    [{ kind: 'NSUBS' }, err('SERVICE')],
  ];
  const withoutAuthorization: readonly CommandKind[] = ['PRXY', 'PFWD', 'RFWD'];
  const withoutEntity: readonly CommandKind[] = ['PRXY', 'RFWD'];

  for (const [command, answer] of unserved) {
    it(`${command.kind} gets an error, not silence`, async () => {
      const client = await raw();
      const queue = await client.newQueue();
      const entityId = withoutEntity.includes(command.kind) ? emptyBytes : queue.rcvId;
      const signer = withoutAuthorization.includes(command.kind) ? undefined : queue.authKey;
      expect(await client.ask(entityId, signer, command)).toEqual(answer);
    });
  }
});

describe('what cannot be read', () => {
  it('names unknown commands and wrong syntax', async () => {
    const client = await raw();
    expect(await client.ask(emptyBytes, undefined, utf8('HELLO'))).toEqual(cmd('UNKNOWN'));
    expect(await client.ask(emptyBytes, undefined, emptyBytes)).toEqual(cmd('UNKNOWN'));
    expect(await client.ask(emptyBytes, undefined, utf8('PING '))).toEqual(cmd('SYNTAX'));
    expect(await client.ask(emptyBytes, undefined, utf8('SEND T'))).toEqual(cmd('SYNTAX'));
    const key = encode(commandCodec(12), { kind: 'KEY', key: authPublicKey(authKey()) });
    expect(await client.ask(emptyBytes, undefined, key.subarray(0, key.length - 1))).toEqual(cmd('SYNTAX'));
  });

  it('answers BLOCK to broken transmissions and goes on', async () => {
    const client = await raw();
    const block = err('BLOCK');
    await client.send(Uint8Array.of(0, 200, 1));
    expect(await client.receive()).toMatchObject({ corrId: '', response: block });
    await client.sendBatch(Uint8Array.of(2, 0, 1));
    expect(await client.receive()).toMatchObject({ corrId: '', response: block });
    await client.sendBatch(Uint8Array.of(0));
    expect((await client.receive())?.response).toEqual(block);
    const ping = client.encode(emptyBytes, undefined, { kind: 'PING' });
    await client.send(concatBytes(Uint8Array.of(10), new Uint8Array(10), ping.subarray(1)));
    expect((await client.receive())?.response).toEqual(block);
    expect(await client.ask(emptyBytes, undefined, { kind: 'PING' })).toEqual({ kind: 'PONG' });
  });

  it('drops a connection whose blocks do not open, and only that', async () => {
    const good = await raw();
    const bad = await raw();
    await bad.transport.write(systemRandom.bytes(16_384));
    expect(await bad.receive().catch(() => undefined)).toBeUndefined();
    expect(await good.ask(emptyBytes, undefined, { kind: 'PING' })).toEqual({ kind: 'PONG' });
  });
});
