/** The client when things go wrong: other servers, lost connections, silence, calls that are called off. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/base/index.ts';
import { createIdentity, createServerCertificate } from '../../../src/crypto/certificate-authority.ts';
import { certificateFingerprint, generateX25519, systemRandom } from '../../../src/crypto/index.ts';
import { decode, emptyBytes, encode, utf8 } from '../../../src/encoding/index.ts';
import { authorizedCodec, encodeTransmission, type SmpServer, transmissionCodec } from '../../../src/protocol/index.ts';
import { type SmpClients, SmpError } from '../../../src/smp/client/index.ts';
import { type Response, responseCodec, SMP_VERSIONS } from '../../../src/smp/protocol/index.ts';
import { memoryStore, StoreError } from '../../../src/smp/server/index.ts';
import {
  parseBatch,
  plainBlocks,
  readBlock,
  runServerHandshake,
  type Transport,
  TransportError,
  takeBatch,
  writeBlock,
} from '../../../src/transport/index.ts';
import { tlsConnect, tlsListen } from '../../../src/transport/node/index.ts';
import { manualClock } from '../../harness/manual-clock.ts';
import { authKey, Inbox, never, newQueue, testClient } from '../../harness/smp-client.ts';
import { pemChain, pemKey, startTestServer, type TestServer, testAdmission } from '../../harness/smp-server.ts';

const flags = { notification: false };
let server: TestServer;
const open: SmpClients[] = [];

function client(options: Parameters<typeof testClient>[0] = {}) {
  const made = testClient(options);
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

/** A server that shakes hands and then does what the test says. */
async function scriptedServer(
  onSession: (transport: Transport) => void,
  versions = SMP_VERSIONS,
  identity = server.identity,
) {
  const { chain, signer } = identity;
  const listener = await tlsListen({
    host: '127.0.0.1',
    port: 0,
    certificates: pemChain(identity),
    key: pemKey(identity),
    alpn: ['smp/1'],
    admission: testAdmission(),
    clock: systemClock,
    onConnection(transport) {
      const own = { versions, chain, signer, keys: generateX25519(systemRandom) };
      runServerHandshake(transport, { ...own, nowMs: Date.now(), registry: async () => undefined }).then(
        () => onSession(transport),
        () => transport.destroy(),
      );
    },
  });
  const address: SmpServer = { ...server.address, port: String(listener.port) };
  return { address, close: () => listener.close() };
}

/** A server that answers every command with `response`, for the entity that `answerFor` makes of the command's. */
function answeringServer(response: Response, answerFor: (entityId: Uint8Array) => Uint8Array) {
  const version = 9;
  const answer = async (transport: Transport) => {
    for (let block = await readBlock(transport, plainBlocks); block !== undefined; ) {
      for (const raw of parseBatch(block)) {
        const { corrId, entityId } = decode(authorizedCodec, decode(transmissionCodec(false), raw).authorized);
        const command = encode(responseCodec(version), response);
        const sent = encodeTransmission({ corrId, entityId: answerFor(entityId), command }, undefined, undefined);
        await writeBlock(transport, plainBlocks, takeBatch([sent]));
      }
      block = await readBlock(transport, plainBlocks);
    }
  };
  return scriptedServer((transport) => void answer(transport).catch(() => transport.destroy()), {
    min: version,
    max: version,
  });
}

const ping = (clients: SmpClients, address: SmpServer, signal = never) => clients.ping(address, signal);

describe('errors', () => {
  it('tell another identity from a lost connection, in words', async () => {
    const { clients } = client();
    const other = { ...server.address, keyHash: systemRandom.bytes(32) };
    const identity = await ping(clients, other).catch((e: unknown) => e);
    expect(identity).toBeInstanceOf(SmpError);
    expect(identity).toMatchObject({ kind: 'identity', retryable: false });
    expect((identity as SmpError).message).toMatch(/^127\.0\.0\.1 is not the server this address names/);
    await server.stop();
    await expect(ping(clients, server.address)).rejects.toMatchObject({ kind: 'network', retryable: true });
    server = await startTestServer();
  });

  it('refuse a server with the right identity beside a certificate that the identity did not sign', async () => {
    const [nowMs, name] = [Date.now(), '127.0.0.1'];
    const real = createIdentity('ed25519', 'Test CA', nowMs, systemRandom);
    const other = createIdentity('ed25519', 'Test CA', nowMs, systemRandom);
    const byOther = createServerCertificate(other, 'ed25519', name, nowMs, systemRandom);
    const posing = { ...real, keys: { publicKey: real.keys.publicKey, privateKey: other.keys.privateKey } };
    const namingReal = createServerCertificate(posing, 'ed25519', name, nowMs, systemRandom);
    const byReal = createServerCertificate(real, 'ed25519', name, nowMs, systemRandom);
    const { clients } = client();
    for (const [signer, kind] of [
      [byOther, 'identity'],
      [namingReal, 'identity'],
      [byReal, undefined],
    ] as const) {
      const sessions = new Inbox<Transport>();
      const identity = { chain: [signer.certificate, real.certificate], signer };
      const scripted = await scriptedServer((transport) => sessions.push(transport), SMP_VERSIONS, identity);
      const address = { ...scripted.address, keyHash: certificateFingerprint(real.certificate) };
      const controller = new AbortController();
      const call = ping(clients, address, controller.signal).catch((e: unknown) => e);
      if (kind === undefined) {
        // The same with a certificate of the identity is a session.
        const transport = await sessions.next();
        controller.abort(new Error('enough'));
        transport.destroy();
        expect(await call).toMatchObject({ message: 'enough' });
      } else expect(await call).toMatchObject({ kind, retryable: false });
      scripted.close();
    }
  });

  it('tell a server that is too new or too old', async () => {
    const { clients } = client();
    for (const [versions, word] of [
      [{ min: 19, max: 20 }, 'newer'],
      [{ min: 6, max: 8 }, 'older'],
    ] as const) {
      const scripted = await scriptedServer(() => {}, versions);
      const error = await ping(clients, scripted.address).catch((e: unknown) => e);
      expect(error).toMatchObject({ kind: 'version', retryable: false });
      expect((error as SmpError).message).toContain(`the server is ${word}`);
      scripted.close();
    }
  });

  it('carry the code of the server', async () => {
    const { clients } = client();
    const failed = clients.send(server.address, systemRandom.bytes(24), undefined, flags, utf8('x'), never);
    await expect(failed).rejects.toMatchObject({ kind: 'protocol', code: { kind: 'AUTH' }, retryable: false });
    const large = clients.send(server.address, systemRandom.bytes(24), undefined, flags, new Uint8Array(17_000), never);
    await expect(large).rejects.toMatchObject({ kind: 'response', retryable: false });
  });

  it('say what may help', async () => {
    const guarded = await startTestServer({ password: 'secret' });
    const { clients } = client();
    const refused = await newQueue(clients, guarded.address).catch((e: unknown) => e);
    expect(refused).toMatchObject({
      kind: 'protocol',
      code: { kind: 'AUTH' },
      message:
        '127.0.0.1: the server does not let you create queues: its address may need a password ' +
        '(smp://identity:password@host)',
    });
    await guarded.stop();
    const absent = await ping(client().clients, guarded.address).catch((e: unknown) => e);
    expect((absent as SmpError).message).toBe(
      '127.0.0.1: no connection (ECONNREFUSED): is the server running, and the network up?',
    );
  });

  it('call a full queue temporary', async () => {
    const full = await startTestServer({ quota: 1 });
    const { clients } = client();
    const queue = await newQueue(clients, full.address, { subscribe: false });
    const send = () => clients.send(full.address, queue.sndId, undefined, flags, utf8('x'), never);
    await send();
    await expect(send()).rejects.toMatchObject({ code: { kind: 'QUOTA' }, retryable: true });
    await clients.close();
    await full.stop();
  });
});

describe('an answer', () => {
  const commands = {
    send: (clients, address, id) => clients.send(address, id, undefined, flags, utf8('x'), never),
    acknowledge: (clients, address, id) => clients.ack(address, id, authKey(), systemRandom.bytes(24), never),
    delete: (clients, address, id) => clients.deleteQueue(address, id, authKey(), never),
    secure: (clients, address, id) => clients.secureSender(address, id, authKey(), never),
  } satisfies Record<string, (clients: SmpClients, address: SmpServer, id: Uint8Array) => Promise<unknown>>;
  const changed = (id: Uint8Array) => id.with(id.length - 1, id.at(-1)! ^ 1);

  it.each(Object.entries(commands))('to %s counts for its own queue only', async (_, command) => {
    const { clients } = client();
    const id = systemRandom.bytes(24);
    for (const answerFor of [changed, () => emptyBytes, () => systemRandom.bytes(24)]) {
      const scripted = await answeringServer({ kind: 'OK' }, answerFor);
      await expect(command(clients, scripted.address, id)).rejects.toMatchObject({
        kind: 'response',
        message: '127.0.0.1 answered for another queue',
      });
      scripted.close();
    }
    const honest = await answeringServer({ kind: 'OK' }, (entityId) => entityId);
    await command(clients, honest.address, id);
    honest.close();
  });

  it('that names a new queue counts with any id, as there was none to ask for', async () => {
    const { clients } = client();
    const [rcvId, sndId] = [systemRandom.bytes(24), systemRandom.bytes(24)];
    const serverDhKey = generateX25519(systemRandom).publicKey;
    const rest = { queueMode: 'messaging', linkId: undefined, serviceId: undefined, notifier: undefined } as const;
    const scripted = await answeringServer({ kind: 'IDS', rcvId, sndId, serverDhKey, ...rest }, () => rcvId);
    expect(await newQueue(clients, scripted.address)).toMatchObject({ rcvId, sndId });
    scripted.close();
  });

  it('that is an error counts also without the id of the queue, as servers send it that could not read it', async () => {
    const { clients } = client();
    const scripted = await answeringServer({ kind: 'ERR', error: { kind: 'BLOCK' } }, () => emptyBytes);
    const failed = commands.send(clients, scripted.address, systemRandom.bytes(24));
    await expect(failed).rejects.toMatchObject({ kind: 'protocol', code: { kind: 'BLOCK' } });
    scripted.close();
  });
});

describe('waiting', () => {
  it('ends when the call is called off, before and after connecting', async () => {
    const scripted = await scriptedServer(() => {});
    const { clients, events } = client();
    await expect(ping(clients, scripted.address, AbortSignal.abort(new Error('early')))).rejects.toThrow('early');
    const controller = new AbortController();
    const waiting = ping(clients, scripted.address, controller.signal);
    await events.next();
    controller.abort(new Error('late'));
    await expect(waiting).rejects.toThrow('late');
    scripted.close();
  });

  it('ends after a time, and takes a silent server for dead', async () => {
    const clock = manualClock();
    const transports = new Inbox<Transport>();
    const scripted = await scriptedServer((transport) => transports.push(transport));
    const { clients, events } = client({ clock });
    const waiting = ping(clients, scripted.address);
    await events.next();
    const transport = await transports.next();
    await transport.read(16_384);
    clock.advance(20_000);
    await expect(waiting).rejects.toMatchObject({ kind: 'timeout', retryable: true });
    expect((await events.next()).kind).toBe('disconnected');
    transport.destroy();
    scripted.close();
  });

  it('pings after a silence, and ends the connection when that is not answered', async () => {
    const clock = manualClock();
    const transports = new Inbox<Transport>();
    const scripted = await scriptedServer((transport) => transports.push(transport));
    const { clients, events } = client({ clock });
    const controller = new AbortController();
    const call = ping(clients, scripted.address, controller.signal);
    const transport = await transports.next();
    await transport.read(16_384);
    controller.abort(new Error('enough'));
    await expect(call).rejects.toThrow('enough');
    expect((await events.next()).kind).toBe('connected');
    clock.advance(120_000);
    await transport.read(16_384);
    clock.advance(20_000);
    expect((await events.next()).kind).toBe('disconnected');
    transport.destroy();
    scripted.close();
  });

  it('keeps no connection to a server that nothing is received from, and makes another when there is something to send', async () => {
    const clock = manualClock();
    const { clients, events } = client({ clock });
    await ping(clients, server.address);
    expect((await events.next()).kind).toBe('connected');
    clock.advance(200_000);
    await ping(clients, server.address);
    // The time counts from what was sent last.
    clock.advance(200_000);
    await ping(clients, server.address);
    expect(events.size).toBe(0);
    clock.advance(150_000);
    clock.advance(150_000);
    expect((await events.next()).kind).toBe('disconnected');
    await ping(clients, server.address);
    expect((await events.next()).kind).toBe('connected');
    // A queue that is received from keeps it.
    await newQueue(clients, server.address);
    clock.advance(300_001);
    await ping(clients, server.address);
    expect(events.size).toBe(0);
  });

  it('fails when the connection breaks, with everything else that waits', async () => {
    const transports = new Inbox<Transport>();
    const scripted = await scriptedServer((transport) => transports.push(transport));
    const { clients } = client();
    const calls = [1, 2, 3].map(() => ping(clients, scripted.address));
    (await transports.next()).destroy();
    for (const call of calls) await expect(call).rejects.toMatchObject({ kind: 'network', retryable: true });
    scripted.close();
  });

  it('fails when the client is closed', async () => {
    const scripted = await scriptedServer(() => {});
    const { clients } = client();
    const waiting = ping(clients, scripted.address);
    const failed = expect(waiting).rejects.toMatchObject({ kind: 'network' });
    await clients.close();
    await failed;
    await expect(ping(clients, scripted.address)).rejects.toThrow('closed');
    scripted.close();
  });

  it('ends a connection that sends what is not the protocol', async () => {
    const scripted = await scriptedServer((transport) => void transport.write(systemRandom.bytes(16_384)));
    const { clients } = client();
    await expect(ping(clients, scripted.address)).rejects.toMatchObject({ kind: 'response' });
    scripted.close();
  });
});

describe('subscriptions', () => {
  it('are made when the server comes back, also the first time', async () => {
    const alice = client();
    const queue = await newQueue(alice.clients, server.address, { subscribe: false });
    await alice.clients.send(server.address, queue.sndId, undefined, flags, utf8('waiting'), never);
    await alice.clients.close();
    await server.stop();
    const bob = client();
    const early = bob.clients.subscribe(server.address, queue.rcvId, queue.authKey, never);
    await expect(early).rejects.toMatchObject({ kind: 'network' });
    server = await startTestServer({ former: server });
    expect((await bob.events.next()).kind).toBe('connected');
    expect(queue.open(await bob.messages.next())).toMatchObject({ body: utf8('waiting') });
  });

  it('are not made again when forgotten, and an error is told', async () => {
    const { clients, events, messages } = client();
    const kept = await newQueue(clients, server.address);
    const forgotten = await newQueue(clients, server.address);
    const deleted = await newQueue(clients, server.address);
    await clients.send(server.address, forgotten.sndId, undefined, flags, utf8('no'), never);
    await messages.next();
    clients.forget(server.address, forgotten.rcvId);
    expect((await events.next()).kind).toBe('connected');
    await server.stop();
    expect((await events.next()).kind).toBe('disconnected');
    await server.store.queues.delete(deleted.rcvId);
    server = await startTestServer({ former: server });
    expect((await events.next()).kind).toBe('connected');
    expect(await events.next()).toMatchObject({
      kind: 'subscriptionError',
      rcvId: deleted.rcvId,
      error: { code: { kind: 'AUTH' } },
    });
    await clients.send(server.address, kept.sndId, undefined, flags, utf8('yes'), never);
    expect((await messages.next()).rcvId).toEqual(kept.rcvId);
  });

  it('keep the order of messages on a connection', async () => {
    const alice = client();
    const bob = client();
    const queues = await Promise.all([...Array(20)].map(() => newQueue(alice.clients, server.address)));
    const received = new Map<string, string[]>();
    const sending = queues.map(async (queue) => {
      const sender = authKey('x25519');
      await bob.clients.secureSender(server.address, queue.sndId, sender, never);
      for (let i = 0; i < 5; i++) {
        await bob.clients.send(server.address, queue.sndId, sender, flags, utf8(`${i}`), never);
      }
    });
    for (let i = 0; i < queues.length * 5; i++) {
      const message = await alice.messages.next();
      const name = Buffer.from(message.rcvId).toString('hex');
      const queue = queues.find(({ rcvId }) => Buffer.from(rcvId).toString('hex') === name)!;
      const delivery = queue.open(message);
      const text = delivery.kind === 'message' ? Buffer.from(delivery.body).toString() : 'quota';
      received.set(name, [...(received.get(name) ?? []), text]);
      await alice.clients.ack(server.address, queue.rcvId, queue.authKey, message.msgId, never);
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
    for (let attempt = 0; attempt < 3; attempt++) clock.advance(await waits.next());
    expect(queue.open(await bob.messages.next())).toMatchObject({ body: utf8('kept') });
    expect(await bob.events.next()).toEqual({ kind: 'connected' });
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
    for (let attempt = 0; attempt < 4; attempt++) clock.advance(await waits.next());
    await refused;
    await clients.close();
    await failing.stop();
  });
});

describe('connecting again', () => {
  /** Milliseconds before the second attempt, after `error` was what became of the first. */
  async function delayAfter(error: TransportError): Promise<number> {
    const clock = manualClock();
    const waits: number[] = [];
    const { clients } = client({
      connect: () => Promise.reject(error),
      clock: {
        ...clock,
        schedule(ms, callback) {
          waits.push(ms);
          return clock.schedule(ms, callback);
        },
      },
    });
    await expect(clients.subscribe(server.address, systemRandom.bytes(24), authKey(), never)).rejects.toThrow();
    expect(waits.length).toBe(1);
    return waits[0]!;
  }

  it('is soon after what passes, and later after what does not', async () => {
    for (const kind of ['network', 'tls', 'protocol'] as const) {
      expect(await delayAfter(new TransportError(kind, 'x'))).toBeLessThan(2_000);
    }
    expect(await delayAfter(new TransportError('identity', 'x'))).toBe(60_000);
    expect(await delayAfter(new TransportError('version', 'x'))).toBe(600_000);
  });
});

describe('a connection that has ended', () => {
  it('says nothing any more', async () => {
    const transports = new Inbox<Transport>();
    const scripted = await scriptedServer((transport) => transports.push(transport), { min: 9, max: 9 });
    const clock = manualClock();
    const opened = new Inbox<Transport>();
    const { clients, events } = client({
      clock,
      async connect(target, signal) {
        const transport = await tlsConnect(systemClock)(target, signal);
        opened.push(transport);
        // As long as not everything is sent, closing takes its time.
        return { ...transport, close: () => {} };
      },
    });
    const rcvId = systemRandom.bytes(24);
    const subscribing = clients.subscribe(scripted.address, rcvId, authKey(), never);
    const transport = await transports.next();
    await transport.read(16_384);
    clock.advance(20_000);
    await expect(subscribing).rejects.toMatchObject({ kind: 'timeout' });
    const end = encode(responseCodec(9), { kind: 'END' });
    const unsigned = encodeTransmission({ corrId: emptyBytes, entityId: rcvId, command: end }, undefined, undefined);
    await writeBlock(transport, plainBlocks, takeBatch([unsigned]));
    transport.close();
    await (await opened.next()).closed;
    await new Promise((resolve) => setImmediate(resolve));
    expect([await events.next(), await events.next()]).toEqual([{ kind: 'connected' }, { kind: 'disconnected' }]);
    expect(events.size).toBe(0);
    scripted.close();
  });
});

describe('other commands', () => {
  it('GET and QUE', async () => {
    const { clients, messages } = client({ connect: tlsConnect(systemClock) });
    const queue = await newQueue(clients, server.address, { subscribe: false });
    expect(await clients.getMessage(server.address, queue.rcvId, queue.authKey, never)).toBe(false);
    await clients.send(server.address, queue.sndId, undefined, flags, emptyBytes, never);
    expect(await clients.getMessage(server.address, queue.rcvId, queue.authKey, never)).toBe(true);
    expect(queue.open(await messages.next())).toMatchObject({ kind: 'message', body: emptyBytes });
    const info = await clients.queueInfo(server.address, queue.rcvId, queue.authKey, never);
    expect(info).toMatchObject({ qiSize: 1, qiSub: { qSubThread: 'prohibitSub' }, qiMsg: { msgType: 'message' } });
    await clients.suspend(server.address, queue.rcvId, queue.authKey, never);
    await clients.deleteQueue(server.address, queue.rcvId, queue.authKey, never);
  });
});
