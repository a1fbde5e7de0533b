/** Forwarding between servers, from the client's PRXY to the relay's answer, and everything that can go wrong. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { deferred } from '../../../src/base/index.ts';
import { generateX25519, systemRandom, x25519 } from '../../../src/crypto/index.ts';
import { decode, utf8 } from '../../../src/encoding/index.ts';
import { authPublicKey } from '../../../src/protocol/index.ts';
import {
  type BrokerError,
  type Command,
  decryptDelivered,
  type ErrorType,
  FORWARDED_SIZE,
  type ForwardedCommand,
  forwardedCommandCodec,
  maxMessageLength,
  openForward,
  type RelaySession,
  type Response,
  sealForwardAnswer,
} from '../../../src/smp/protocol/index.ts';
import type { TransportSession } from '../../../src/transport/index.ts';
import { authKey, type RawClient } from '../../harness/smp-client.ts';
import { type Forward, forwardTo, openForwarded } from '../../harness/smp-forwarding.ts';
import { SmpNetwork } from '../../harness/smp-network.ts';

const flags = { notification: false };
const ok = { kind: 'OK' };
const err = (error: ErrorType) => ({ kind: 'ERR', error });
const broker = (error: BrokerError) => err({ kind: 'PROXY', error: { kind: 'BROKER', error } });
const network = broker({ kind: 'NETWORK' });
const timeout = broker({ kind: 'TIMEOUT' });
const basicAuth = err({ kind: 'PROXY', error: { kind: 'BASIC_AUTH' } });
const noSession = err({ kind: 'PROXY', error: { kind: 'NO_SESSION' } });
const send = (text: string): Command => ({ kind: 'SEND', flags, body: utf8(text) });

/** A command to a relay as it is given to the proxy. */
const command = ({ sessionId, corrId, pfwd }: Forward) => ({ entityId: sessionId, corrId, command: pfwd });

let world: SmpNetwork;

beforeEach(() => {
  world = new SmpNetwork();
});
afterEach(() => world.close());

/** A recipient at `relay` and a sender at `proxy`. */
async function ends(proxy = 'proxy', relay = 'relay') {
  const recipient = await world.connect(relay);
  const queue = await world.settle(recipient.newQueue({ subscribe: true }));
  const sender = await world.connect(proxy);
  return { recipient, queue, sender, address: world.address(relay) };
}

async function received(recipient: RawClient, secret: Uint8Array): Promise<unknown> {
  const { response } = (await world.settle(recipient.receive()))!;
  if (response.kind !== 'MSG') throw new Error(response.kind);
  return decryptDelivered(secret, response.msgId, response.body);
}

describe('forwarding', () => {
  for (const algorithm of ['ed25519', 'ed448', 'x25519'] as const) {
    it(`secures a queue of another server and sends to it, with ${algorithm} keys`, async () => {
      const proxy = world.start('proxy');
      const relay = world.start('relay');
      const { recipient, queue, sender, address } = await ends();
      const way = await world.way(sender, address);
      const key = authKey(algorithm);
      const skey: Command = { kind: 'SKEY', key: authPublicKey(key) };
      expect(await world.forward(sender, way, queue.sndId, key, skey)).toEqual(ok);
      const body = systemRandom.bytes(maxMessageLength(12));
      expect(await world.forward(sender, way, queue.sndId, key, { kind: 'SEND', flags, body })).toEqual(ok);
      expect(await received(recipient, queue.secret)).toMatchObject({ flags, body });
      expect(await world.forward(sender, way, queue.sndId, authKey(algorithm), send('no'))).toEqual(
        err({ kind: 'AUTH' }),
      );
      expect(proxy.counted).toEqual(['relay done', 'forward done', 'forward done', 'forward done']);
      expect(relay.counted).toEqual(['received', 'received', 'received']);
      expect(proxy.proxy.forwardingBytes).toBe(0);
    });
  }

  for (const version of [9, 10, 11, 12]) {
    it(`serves clients of version ${version}`, async () => {
      world.start('proxy');
      world.start('relay');
      const { recipient, queue, address } = await ends();
      const sender = await world.connect('proxy', { version });
      const way = await world.way(sender, address);
      expect(await world.forward(sender, way, queue.sndId, undefined, send('hello'))).toEqual(ok);
      expect(await received(recipient, queue.secret)).toMatchObject({ body: utf8('hello') });
    });
  }

  it('uses one connection for all clients, and answers each its own', async () => {
    const proxy = world.start('proxy');
    world.start('relay');
    const { queue, sender, address } = await ends();
    const other = await world.connect('proxy');
    const request = { command: { kind: 'PRXY' as const, server: address, password: undefined } };
    const [first, second] = await world.settle(
      Promise.all([world.begin(sender, [request]), world.begin(other, [request])]),
    );
    expect(first).toEqual(second);
    const ways = [await world.way(sender, address), await world.way(other, address)] as const;
    expect(ways[0]).toEqual(ways[1]);
    expect([proxy.attempts(), proxy.proxy.relays]).toEqual([1, 1]);
    const way = ways[0];
    const forwards = [
      forwardTo(way, queue.sndId, undefined, send('one')),
      forwardTo(way, systemRandom.bytes(24), undefined, send('nowhere')),
    ];
    const ofOther = forwardTo(way, queue.sndId, undefined, utf8('NOPE'));
    const [answers, [answer]] = await world.settle(
      Promise.all([world.begin(sender, forwards.map(command)), world.begin(other, [command(ofOther)])]),
    );
    expect(forwards.map((forward, i) => openForwarded(forward, answers[i]!))).toEqual([ok, err({ kind: 'AUTH' })]);
    expect(openForwarded(ofOther, answer!)).toEqual(err({ kind: 'CMD', error: 'UNKNOWN' }));
  });

  it('to itself goes the same way', async () => {
    const proxy = world.start('proxy');
    const { recipient, queue, sender, address } = await ends('proxy', 'proxy');
    const way = await world.way(sender, address);
    expect(await world.forward(sender, way, queue.sndId, undefined, send('round'))).toEqual(ok);
    expect(await received(recipient, queue.secret)).toMatchObject({ body: utf8('round') });
    expect(proxy.counted).toContain('received');
  });

  it('keeps the order of what was sent together', async () => {
    world.start('proxy');
    world.start('relay');
    const { recipient, queue, sender, address } = await ends();
    const way = await world.way(sender, address);
    const texts = Array.from({ length: 60 }, (_, i) => `message ${i}`);
    const forwards = texts.map((text) => forwardTo(way, queue.sndId, undefined, send(text)));
    const answers = await world.askAll(sender, forwards.map(command));
    expect(forwards.map((forward, i) => openForwarded(forward, answers[i]!))).toEqual(forwards.map(() => ok));
    for (const text of texts) {
      const { response } = (await world.settle(recipient.receive()))!;
      if (response.kind !== 'MSG') throw new Error(response.kind);
      expect(decryptDelivered(queue.secret, response.msgId, response.body)).toMatchObject({ body: utf8(text) });
      await world.settle(
        recipient.send(recipient.encode(queue.rcvId, queue.authKey, { kind: 'ACK', msgId: response.msgId })),
      );
    }
  });

  it('executes again what is sent again, as the network does', async () => {
    world.start('proxy');
    world.start('relay');
    const { queue, sender, address } = await ends();
    const way = await world.way(sender, address);
    const forward = forwardTo(way, queue.sndId, undefined, send('twice'));
    for (let i = 0; i < 2; i++) {
      const answer = await world.ask(sender, way.sessionId, undefined, forward.pfwd, forward.corrId);
      expect(openForwarded(forward, answer)).toEqual(ok);
    }
  });

  it('counts the operator’s own servers apart', async () => {
    const proxy = world.start('proxy', { proxy: { ownDomains: ['Example.org'] } });
    for (const name of ['a.example.org', 'example.org', 'badexample.org']) {
      world.start(name);
      await world.way(await world.connect('proxy'), world.address(name));
    }
    expect(proxy.counted).toEqual(['relay own done', 'relay own done', 'relay done']);
  });
});

describe('PRXY', () => {
  it('asks for the password of the server', async () => {
    world.start('proxy', { password: 'correct' });
    world.start('relay');
    const sender = await world.connect('proxy');
    const address = world.address('relay');
    for (const wrong of [undefined, 'wrong', 'correct1']) {
      expect(await world.request(sender, address, wrong)).toEqual(basicAuth);
    }
    expect((await world.request(sender, address, 'correct')).kind).toBe('PKEY');
  });

  it('is refused where nothing is forwarded', async () => {
    world.start('proxy', { proxy: false });
    const sender = await world.connect('proxy');
    expect(await world.request(sender, world.address('relay'))).toEqual(basicAuth);
    const way = { sessionId: systemRandom.bytes(32), version: 12, relayKey: generateX25519(systemRandom).publicKey };
    expect(await world.forward(sender, way, systemRandom.bytes(24), undefined, send('x'))).toEqual(noSession);
  });

  it('of a relay that is down fails for a while without another attempt', async () => {
    const logged: string[] = [];
    const logger = { error: (line: string) => void logged.push(line), warn() {}, info() {}, debug() {} };
    const proxy = world.start('proxy', { proxy: { logger } });
    const sender = await world.connect('proxy');
    const address = world.address('relay');
    for (let i = 0; i < 5; i++) expect(await world.request(sender, address)).toEqual(network);
    expect(proxy.attempts()).toBe(1);
    world.start('relay');
    expect(await world.request(sender, address)).toEqual(network);
    await world.pass(30_000);
    expect((await world.request(sender, address)).kind).toBe('PKEY');
    expect([proxy.attempts(), proxy.proxy.relays]).toEqual([2, 1]);
    // The trouble of others is no fault of this server.
    expect(logged).toEqual([]);
  });

  it('of a relay that says nothing ends in time, before TLS and after', async () => {
    const proxy = world.start('proxy');
    const sender = await world.connect('proxy');
    world.network.setReachability('void', 'silent');
    expect(await world.request(sender, world.address('void'))).toEqual(network);
    world.network.listen('mute', { chain: [], alpn: ['smp/1'], onConnection: () => {} });
    expect(await world.request(sender, world.address('mute'))).toEqual(timeout);
    expect(proxy.counted).toEqual(['relay connect', 'relay connect']);
  });

  it('of another server than the address says is trouble of the network', async () => {
    world.start('proxy');
    world.start('relay');
    const sender = await world.connect('proxy');
    const address = { ...world.address('relay'), keyHash: systemRandom.bytes(32) };
    expect(await world.request(sender, address)).toEqual(network);
  });

  it('of a relay that is too old or talks nonsense says so', async () => {
    const proxy = world.start('proxy');
    const sender = await world.connect('proxy');
    world.network.listen('nonsense', {
      chain: [],
      alpn: ['smp/1'],
      onConnection: (transport) => void transport.write(new Uint8Array(16_384)),
    });
    expect(await world.request(sender, world.address('nonsense'))).toEqual(
      broker({ kind: 'TRANSPORT', error: { kind: 'HANDSHAKE', error: 'PARSE' } }),
    );
    expect(proxy.counted).toEqual(['relay other']);
  });
});

describe('a relay that goes away', () => {
  it('ends what is under way, and is connected to again', async () => {
    const proxy = world.start('proxy');
    const former = world.start('relay');
    const { queue, sender, address } = await ends();
    const way = await world.way(sender, address);
    expect(await world.forward(sender, way, queue.sndId, undefined, send('x'))).toEqual(ok);
    // Lost with its machine: what is sent vanishes.
    world.network.silence((_, server) => server === 'relay');
    expect(await world.forward(sender, way, queue.sndId, undefined, send('x'))).toEqual(timeout);
    await former.stop();
    world.start('relay');
    expect(await world.forward(sender, way, queue.sndId, undefined, send('x'))).toEqual(noSession);
    const again = await world.way(sender, address);
    expect(again.sessionId).not.toEqual(way.sessionId);
    expect(await world.forward(sender, again, queue.sndId, undefined, send('x'))).toEqual(err({ kind: 'AUTH' }));
    expect(proxy.counted.filter((what) => what.startsWith('forward'))).toEqual([
      'forward done',
      'forward connect',
      'forward connect',
      'forward done',
    ]);
  });

  it('while it has commands answers them with NETWORK', async () => {
    world.start('proxy');
    world.startFake('relay', () => undefined);
    const sender = await world.connect('proxy');
    const way = await world.way(sender, world.address('relay'));
    const answer = world.begin(sender, [command(forwardTo(way, systemRandom.bytes(24), undefined, send('x')))]);
    await world.pass(1_000);
    world.network.cut((_, server) => server === 'relay');
    expect(await world.settle(answer)).toEqual([network]);
  });

  it('is disconnected when nobody had a command for it for an hour', async () => {
    const proxy = world.start('proxy');
    world.start('relay');
    const { queue, sender, address } = await ends();
    const way = await world.way(sender, address);
    await world.pass(3_000_000);
    expect(await world.forward(sender, way, queue.sndId, undefined, send('x'))).toEqual(ok);
    await world.pass(3_000_000);
    expect(proxy.proxy.relays).toBe(1);
    await world.pass(1_300_000);
    expect(proxy.proxy.relays).toBe(0);
    expect(await world.forward(sender, way, queue.sndId, undefined, send('x'))).toEqual(noSession);
  });
});

it('a relay stays connected while clients ask for its key', async () => {
  const proxy = world.start('proxy');
  world.start('relay');
  const sender = await world.connect('proxy');
  for (let i = 0; i < 3; i++) {
    expect((await world.request(sender, world.address('relay'))).kind).toBe('PKEY');
    await world.pass(3_000_000);
    expect([proxy.attempts(), proxy.proxy.relays]).toEqual([1, 1]);
  }
});

describe('a relay that misbehaves', () => {
  type Answer = (corrId: Uint8Array, secret: Uint8Array, forwarded: ForwardedCommand) => Response | undefined;
  const opened = (answer: Answer) => (command: Command, corrId: Uint8Array, session: TransportSession) => {
    if (command.kind !== 'RFWD') return undefined;
    const secret = x25519(session.keys.privateKey, session.peerKey!);
    return answer(corrId, secret, decode(forwardedCommandCodec, openForward(secret, corrId, command.transmission)));
  };
  const rres = (response: Uint8Array): Response => ({ kind: 'RRES', response });
  const sized = (bytes: number) => new Uint8Array(bytes);
  const unreadable = broker({ kind: 'RESPONSE', text: 'BLOCK' });

  const cases: readonly [string, Answer, unknown][] = [
    [
      'answers with an error',
      () => ({ kind: 'ERR', error: { kind: 'CRYPTO' } }),
      err({ kind: 'PROXY', error: { kind: 'PROTOCOL', error: { kind: 'CRYPTO' } } }),
    ],
    ['answers something else', () => ({ kind: 'PONG' }), broker({ kind: 'UNEXPECTED', text: 'PONG' })],
    ['sends what does not open', () => rres(sized(100)), err({ kind: 'CRYPTO' })],
    ['answers nothing', () => undefined, timeout],
    [
      'answers another command',
      (corrId, secret) =>
        rres(
          sealForwardAnswer(secret, corrId, { corrId: systemRandom.bytes(24), response: sized(FORWARDED_SIZE + 16) }),
        ),
      unreadable,
    ],
    ...[0, FORWARDED_SIZE + 15, FORWARDED_SIZE + 17, FORWARDED_SIZE + 60].map((size): [string, Answer, unknown] => [
      `answers with ${size} bytes`,
      (corrId, secret, forwarded) =>
        rres(sealForwardAnswer(secret, corrId, { corrId: forwarded.corrId, response: sized(size) })),
      unreadable,
    ]),
  ];

  for (const [what, answer, expected] of cases) {
    it(`and ${what} is told to the client, who can go on`, async () => {
      const proxy = world.start('proxy');
      world.startFake('relay', opened(answer));
      const sender = await world.connect('proxy');
      const way = await world.way(sender, world.address('relay'));
      expect(await world.forward(sender, way, systemRandom.bytes(24), undefined, send('x'))).toEqual(expected);
      expect(await world.ask(sender, new Uint8Array(0), undefined, { kind: 'PING' })).toEqual({ kind: 'PONG' });
      expect(proxy.proxy.forwardingBytes).toBe(0);
    });
  }
});

describe('a client that asks for too much', () => {
  it('in one command is told that it is too large', async () => {
    world.start('proxy');
    world.start('relay');
    const { queue, sender, address } = await ends();
    const way = await world.way(sender, address);
    const { corrId, pfwd } = forwardTo(way, queue.sndId, undefined, send('x'));
    const larger = { ...pfwd, transmission: new Uint8Array(FORWARDED_SIZE + 17) };
    expect(await world.ask(sender, way.sessionId, undefined, larger, corrId)).toEqual(
      broker({ kind: 'TRANSPORT', error: { kind: 'LARGE_MSG' } }),
    );
    const garbage = { ...pfwd, transmission: systemRandom.bytes(FORWARDED_SIZE + 16) };
    expect(await world.ask(sender, way.sessionId, undefined, garbage, corrId)).toEqual(
      err({ kind: 'PROXY', error: { kind: 'PROTOCOL', error: { kind: 'CRYPTO' } } }),
    );
  });

  it('has so many commands under way and no more, whatever the relay does', async () => {
    const proxy = world.start('proxy', { proxy: { clientConcurrency: 5 } });
    let asked = 0;
    world.startFake('relay', () => {
      asked++;
      return undefined;
    });
    const sender = await world.connect('proxy');
    const way = await world.way(sender, world.address('relay'));
    const forwards = Array.from({ length: 12 }, () => forwardTo(way, systemRandom.bytes(24), undefined, send('x')));
    await world.settle(
      sender.send(...forwards.map(({ corrId, pfwd }) => sender.encode(way.sessionId, undefined, pfwd, corrId))),
    );
    await world.pass(10_000);
    expect(asked).toBe(5);
    expect(proxy.proxy.forwardingBytes).toBeGreaterThan(5 * FORWARDED_SIZE);
    expect(proxy.proxy.forwardingBytes).toBeLessThan(6 * FORWARDED_SIZE);
    const other = await world.connect('proxy');
    const answer = world.begin(other, [command(forwardTo(way, systemRandom.bytes(24), undefined, send('y')))]);
    await world.pass(1_000);
    expect(asked).toBe(6);
    // Who goes leaves nothing behind.
    sender.transport.destroy();
    await world.pass(1_000);
    expect(proxy.proxy.forwardingBytes).toBeLessThan(2 * FORWARDED_SIZE);
    expect(await world.settle(answer)).toEqual([timeout]);
    expect([asked, proxy.proxy.forwardingBytes]).toEqual([6, 0]);
  });

  it('of a relay that reads nothing leaves nothing behind when it goes', async () => {
    const proxy = world.start('proxy');
    const ready = deferred<void>();
    let asked = 0;
    const answer = () => {
      asked++;
      return undefined;
    };
    world.startFake('relay', answer, ready.promise);
    const way = await world.way(await world.connect('proxy'), world.address('relay'));
    const forward = () => command(forwardTo(way, systemRandom.bytes(24), undefined, send('x')));
    const clients = await Promise.all([1, 2, 3].map(() => world.connect('proxy')));
    for (const client of clients) {
      const gone = world.begin(client, Array.from({ length: 28 }, forward)).catch(() => 'gone');
      await world.pass(1_000);
      client.transport.destroy();
      expect(await world.settle(gone)).toBe('gone');
      await world.pass(1_000);
    }
    expect([proxy.proxy.forwardingBytes, asked]).toEqual([0, 0]);
    const last = world.begin(await world.connect('proxy'), [forward()]);
    ready.resolve();
    expect(await world.settle(last)).toEqual([timeout]);
    // What TCP had taken, and the last; the others were taken back.
    expect(asked).toBeGreaterThan(1);
    expect(asked).toBeLessThan(25);
  });

  it('makes the server forget relays that nobody uses, and no others', async () => {
    const proxy = world.start('proxy', { proxy: { maxRelays: 3 } });
    for (const name of ['a', 'b', 'c', 'd']) world.start(name);
    const sender = await world.connect('proxy');
    const ways: RelaySession[] = [];
    for (const name of ['a', 'b', 'c']) {
      ways.push(await world.way(sender, world.address(name)));
      await world.pass(1_000);
    }
    const ask = (way: RelaySession) => world.forward(sender, way, systemRandom.bytes(24), undefined, send('x'));
    expect(await ask(ways[0]!)).toEqual(err({ kind: 'AUTH' }));
    await world.way(sender, world.address('d'));
    expect(proxy.proxy.relays).toBe(3);
    expect(await ask(ways[0]!)).toEqual(err({ kind: 'AUTH' }));
    expect(await ask(ways[1]!)).toEqual(noSession);
    expect(await ask(ways[2]!)).toEqual(err({ kind: 'AUTH' }));
  });

  it('of relays that never answer gets errors, and others still get their way', async () => {
    const proxy = world.start('proxy', { proxy: { maxRelays: 20 } });
    world.start('relay');
    const sender = await world.connect('proxy');
    for (let i = 0; i < 40; i++) world.network.setReachability(`void${i}`, 'silent');
    const requests = Array.from({ length: 40 }, (_, i) => ({
      command: { kind: 'PRXY' as const, server: world.address(`void${i}`), password: undefined },
    }));
    const answers = world.begin(sender, requests);
    await world.pass(10_000);
    expect([proxy.attempts(), proxy.proxy.relays]).toEqual([16, 16]);
    const other = await world.connect('proxy');
    expect((await world.request(other, world.address('relay'))).kind).toBe('PKEY');
    expect(await world.settle(answers)).toEqual(requests.map(() => network));
    expect(proxy.proxy.relays).toBeLessThanOrEqual(20);
  });

  it('cannot keep the server from stopping', async () => {
    const proxy = world.start('proxy');
    world.startFake('relay', () => undefined);
    const sender = await world.connect('proxy');
    const way = await world.way(sender, world.address('relay'));
    const { corrId, pfwd } = forwardTo(way, systemRandom.bytes(24), undefined, send('x'));
    await sender.send(sender.encode(way.sessionId, undefined, pfwd, corrId));
    await world.pass(1_000);
    const before = world.time.elapsed;
    await proxy.stop();
    expect(world.time.elapsed - before).toBeLessThanOrEqual(5_100);
    expect(proxy.proxy.forwardingBytes).toBe(0);
  });
});
