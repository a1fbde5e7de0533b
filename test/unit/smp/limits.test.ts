/** The server's limits: slow readers, silence, age. On a clock and a connection that do what the test says. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Deferred, deferred, silentLogger } from '../../../src/base/index.ts';
import { certificateFingerprint, generateEd25519, generateX25519, systemRandom } from '../../../src/crypto/index.ts';
import { emptyBytes, toHex, utf8 } from '../../../src/encoding/index.ts';
import { authPublicKey } from '../../../src/protocol/index.ts';
import type { HandlerContext } from '../../../src/smp/server/context.ts';
import { handleNew } from '../../../src/smp/server/handlers/new.ts';
import {
  localBus,
  memoryStore,
  QUEUE_QUOTA,
  type QueueRecord,
  SmpServerRunner,
  type SmpStore,
} from '../../../src/smp/server/index.ts';
import { quotaError } from '../../../src/smp/server/responses.ts';
import { BLOCK_SIZE, runClientHandshake, type Transport } from '../../../src/transport/index.ts';
import { type ManualClock, manualClock } from '../../harness/manual-clock.ts';
import { pipeTransports } from '../../harness/pipe-transport.ts';
import { RawClient } from '../../harness/smp-client.ts';
import { message, queueRecord } from '../../harness/smp-records.ts';
import { testIdentity } from '../../harness/smp-server.ts';

const HOUR_MS = 3_600_000;
/** Three blocks more than the greediest connection may hold, which is sixty-four. */
const WAITING_BYTES = 67 * BLOCK_SIZE;
const SUBSCRIPTIONS = 400;
const flags = { notification: false };
const identity = testIdentity();
let clock: ManualClock;
let store: SmpStore;
let server: SmpServerRunner;
/** How often the store was asked for a message. */
let looked: number;
/** Subscriptions the bus holds. */
let subscribed: Set<string>;
/** When defined, the store makes no queue, and removes no message, before it resolves. */
let creating: Deferred<void> | undefined;
let removing: Deferred<void> | undefined;

beforeEach(() => {
  clock = manualClock();
  const memory = memoryStore(QUEUE_QUOTA);
  looked = 0;
  subscribed = new Set();
  creating = undefined;
  removing = undefined;
  const bus = localBus();
  store = {
    ...memory,
    queues: {
      ...memory.queues,
      async create(record) {
        await creating?.promise;
        return memory.queues.create(record);
      },
    },
    messages: {
      ...memory.messages,
      async remove(rcvId, msgId) {
        await removing?.promise;
        return memory.messages.remove(rcvId, msgId);
      },
      first(rcvId) {
        looked++;
        return memory.messages.first(rcvId);
      },
    },
  };
  server = new SmpServerRunner({
    ...identity,
    store,
    bus: {
      ...bus,
      messages: {
        ...bus.messages,
        subscribe(rcvId, listener) {
          subscribed.add(toHex(rcvId));
          bus.messages.subscribe(rcvId, listener);
        },
        unsubscribe(rcvId, listener) {
          subscribed.delete(toHex(rcvId));
          bus.messages.unsubscribe(rcvId, listener);
        },
      },
    },
    policy: { newQueues: true, password: undefined },
    clock,
    random: systemRandom,
    logger: silentLogger,
    limits: { waitingBytes: WAITING_BYTES, subscriptions: SUBSCRIPTIONS },
  });
});
afterEach(() => server.stop());

function connection(): Transport {
  const pipe = pipeTransports(systemRandom.bytes(32), identity.chain);
  server.accept(pipe.server);
  return pipe.client;
}

async function connect(): Promise<RawClient> {
  const transport = connection();
  const session = await runClientHandshake(transport, {
    versions: { min: 12, max: 12 },
    keyHash: certificateFingerprint(identity.chain[1]!),
    keys: generateX25519(systemRandom),
    proxy: false,
    nowMs: Date.now(),
  });
  return new RawClient(transport, session);
}

/** Lets everything that can happen without the outside happen. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve));
}

describe('limits', () => {
  it('a subscriber that does not read holds a bounded number of messages in memory', async () => {
    const client = await connect();
    const queues = [];
    for (let i = 0; i < 300; i++) {
      const queue = await client.newQueue();
      await store.messages.add(queue.rcvId, message('x'));
      queues.push(queue);
    }
    looked = 0;
    void client
      .send(...queues.map(({ rcvId, authKey }) => client.encode(rcvId, authKey, { kind: 'SUB' })))
      .catch(() => {});
    await settled();
    // As much as sixty-four blocks may wait to be sent.
    expect(looked).toBeGreaterThan(0);
    expect(looked).toBeLessThan(100);
    for (let messages = 0; messages < queues.length; ) {
      if ((await client.receive())?.response.kind === 'MSG') messages++;
    }
    expect(looked).toBe(queues.length);
    expect(await client.ask(emptyBytes, undefined, { kind: 'PING' })).toEqual({ kind: 'PONG' });
  });

  it('many that do not read hold a bounded number together, and keep nobody from being served', async () => {
    const slow = [];
    for (let i = 0; i < 5; i++) {
      const client = await connect();
      const queues = [];
      for (let j = 0; j < 70; j++) {
        const queue = await client.newQueue();
        await store.messages.add(queue.rcvId, { ...message(''), body: new Uint8Array(16_000) });
        queues.push(queue);
      }
      slow.push({ client, queues });
    }
    for (const { client, queues } of slow) {
      const subs = queues.map(({ rcvId, authKey }) => client.encode(rcvId, authKey, { kind: 'SUB' }));
      void client.send(...subs).catch(() => {});
      await settled();
    }
    // The first takes what is shared; the others have their own two blocks.
    expect(server.waitingBytes).toBeGreaterThan(60 * BLOCK_SIZE);
    expect(server.waitingBytes).toBeLessThanOrEqual(WAITING_BYTES + 5 * 4 * BLOCK_SIZE);
    const other = await connect();
    const queue = await other.newQueue({ subscribe: true });
    const sends = [...Array(50)].map(() =>
      other.encode(queue.sndId, undefined, { kind: 'SEND', flags, body: new Uint8Array(16_000) }),
    );
    const sending = other.send(...sends);
    let stored = 0;
    let delivered = 0;
    while (stored < sends.length || delivered === 0) {
      const answer = await other.receive();
      if (answer?.response.kind === 'OK') stored++;
      if (answer?.response.kind === 'MSG') delivered++;
    }
    await sending;
    for (const { client } of [...slow, { client: other }]) client.transport.destroy();
    await settled();
    expect(server.waitingBytes).toBe(0);
    expect(server.subscriptions).toBe(0);
  });

  it('subscriptions end somewhere, each connection has some, and they come back when they end', async () => {
    const greedy = await connect();
    const outcomes: string[] = [];
    for (let i = 0; i < SUBSCRIPTIONS; i++) await greedy.newQueue({ subscribe: true });
    const { rcvId, authKey } = await greedy.newQueue();
    expect(await greedy.ask(rcvId, authKey, { kind: 'SUB' })).toEqual({ kind: 'ERR', error: { kind: 'QUOTA' } });
    expect(await greedy.ask(rcvId, authKey, { kind: 'GET' })).toEqual({ kind: 'ERR', error: { kind: 'QUOTA' } });
    await expect(greedy.newQueue({ subscribe: true })).rejects.toThrow('QUOTA');
    const modest = await connect();
    const outcome = () =>
      modest.newQueue({ subscribe: true }).then(
        () => 'made',
        () => 'refused',
      );
    for (let i = 0; i <= 100; i++) outcomes.push(await outcome());
    expect(outcomes).toEqual([...Array(100).fill('made'), 'refused']);
    greedy.transport.destroy();
    await settled();
    expect(server.subscriptions).toBe(100);
    await modest.newQueue({ subscribe: true });
    modest.transport.destroy();
  });

  it('a queue for whose subscription there is no room in the end is not left behind', async () => {
    const { queues, ...rest } = memoryStore(1);
    const made: Uint8Array[] = [];
    const deleted: Uint8Array[] = [];
    const store = {
      ...rest,
      queues: {
        ...queues,
        create: (record: QueueRecord) => queues.create(record).finally(() => made.push(record.rcvId)),
        delete: (rcvId: Uint8Array) => queues.delete(rcvId).finally(() => deleted.push(rcvId)),
      },
    };
    // Others take the last place while the queue is being stored.
    const subscriptions = { full: false, subscribe: () => quotaError };
    const context = { policy: { newQueues: true, password: undefined }, store, random: systemRandom, subscriptions };
    const command = {
      kind: 'NEW' as const,
      rcvAuthKey: authPublicKey({ algorithm: 'ed25519', keys: generateEd25519(systemRandom) }),
      rcvDhKey: generateX25519(systemRandom).publicKey,
      password: undefined,
      subscribe: true,
      queue: { mode: 'messaging' as const, link: undefined },
      notifier: undefined,
    };
    const request = { corrId: emptyBytes, entityId: emptyBytes, command };
    const answer = await handleNew(request, context as unknown as HandlerContext, () => {});
    expect(answer).toEqual(quotaError);
    expect(made).toHaveLength(1);
    expect(deleted).toEqual(made);
  });

  it('ids that somebody has are drawn again twice, and then the command fails', async () => {
    let tries = 0;
    const context = {
      policy: { newQueues: true, password: undefined },
      store: { queues: { create: async () => ++tries > 3 } },
      random: systemRandom,
      subscriptions: { full: false, subscribe: () => ({ kind: 'OK' }) },
    };
    const command = {
      kind: 'NEW' as const,
      rcvAuthKey: authPublicKey({ algorithm: 'ed25519', keys: generateEd25519(systemRandom) }),
      rcvDhKey: generateX25519(systemRandom).publicKey,
      password: undefined,
      subscribe: true,
      queue: { mode: 'messaging' as const, link: undefined },
      notifier: undefined,
    };
    const request = { corrId: emptyBytes, entityId: emptyBytes, command };
    const answer = () => handleNew(request, context as unknown as HandlerContext, () => {});
    expect(await answer()).toEqual({ kind: 'ERR', error: { kind: 'INTERNAL' } });
    expect(tries).toBe(3);
    expect(await answer()).toMatchObject({ kind: 'IDS' });
    expect(tries).toBe(4);
  });

  it('notifiers count as subscriptions, until their connection is gone', async () => {
    const client = await connect();
    const queue = await client.newQueue();
    const key = { algorithm: 'ed25519' as const, keys: generateEd25519(systemRandom) };
    const dhKey = generateX25519(systemRandom).publicKey;
    const nid = await client.ask(queue.rcvId, queue.authKey, { kind: 'NKEY', key: authPublicKey(key), dhKey });
    const notifier = await connect();
    expect(nid.kind).toBe('NID');
    const { notifierId } = nid as Extract<typeof nid, { kind: 'NID' }>;
    for (let i = 0; i < 2; i++) {
      expect(await notifier.ask(notifierId, key, { kind: 'NSUB' })).toEqual({ kind: 'OK' });
      expect(server.subscriptions).toBe(1);
    }
    notifier.transport.destroy();
    await settled();
    expect(server.subscriptions).toBe(0);
  });

  it('a connection that is gone leaves no subscriptions, also of queues that were still being made', async () => {
    const client = await connect();
    await client.newQueue({ subscribe: true });
    expect(subscribed.size).toBe(1);
    creating = deferred<void>();
    void client.newQueue({ subscribe: true }).catch(() => {});
    await settled();
    client.transport.destroy();
    await settled();
    creating.resolve();
    await settled();
    expect(subscribed.size).toBe(0);
    expect(server.connections).toBe(0);
  });

  it('a server that stops finishes what it was asked, and waits also for connections that are gone', async () => {
    const client = await connect();
    const queue = await client.newQueue();
    await store.messages.add(queue.rcvId, message('x'));
    const first = await client.ask(queue.rcvId, queue.authKey, { kind: 'GET' });
    const msgId = first.kind === 'MSG' ? first.msgId : emptyBytes;
    const gone = await connect();
    creating = deferred<void>();
    removing = deferred<void>();
    void gone.newQueue().catch(() => {});
    const acknowledged = client.ask(queue.rcvId, queue.authKey, { kind: 'ACK', msgId });
    await settled();
    gone.transport.destroy();
    await settled();
    let stopped = false;
    const stopping = server.stop().then(() => {
      stopped = true;
    });
    await settled();
    removing.resolve();
    expect(await acknowledged).toEqual({ kind: 'OK' });
    await settled();
    expect(stopped).toBe(false);
    creating.resolve();
    await stopping;
    expect(await store.messages.size(queue.rcvId)).toBe(0);
  });

  it('a connection that takes nothing for two minutes is dropped, the others are not', async () => {
    const slow = await connect();
    const other = await connect();
    await slow.send(slow.encode(emptyBytes, undefined, { kind: 'PING' }));
    await settled();
    clock.advance(120_000);
    await slow.transport.closed;
    expect(await other.ask(emptyBytes, undefined, { kind: 'PING' })).toEqual({ kind: 'PONG' });
  });

  it('a connection that does not shake hands is dropped', async () => {
    const transport = connection();
    await transport.read(0);
    clock.advance(30_000);
    await transport.closed;
    await settled();
    expect(server.connections).toBe(0);
  });

  it('idle connections end after six hours, unless they wait for messages', async () => {
    const idle = await connect();
    const waiting = await connect();
    await waiting.newQueue({ subscribe: true });
    const busy = await connect();
    for (let hour = 0; hour < 7; hour++) {
      clock.advance(HOUR_MS);
      expect(await busy.ask(emptyBytes, undefined, { kind: 'PING' })).toEqual({ kind: 'PONG' });
    }
    await idle.transport.closed;
    expect(await waiting.ask(emptyBytes, undefined, { kind: 'PING' })).toEqual({ kind: 'PONG' });
  });

  it('idle connections stay where they are to', async () => {
    const limits = { waitingBytes: WAITING_BYTES, subscriptions: SUBSCRIPTIONS };
    server.configure({ limits, disconnectIdle: false });
    const idle = await connect();
    for (let hour = 0; hour < 13; hour++) {
      clock.advance(HOUR_MS);
      await settled();
    }
    expect(await idle.ask(emptyBytes, undefined, { kind: 'PING' })).toEqual({ kind: 'PONG' });
  });

  it('messages expire after 21 days', async () => {
    const client = await connect();
    const queue = await client.newQueue();
    const send = { kind: 'SEND' as const, flags, body: utf8('x') };
    await client.ask(queue.sndId, undefined, send);
    for (const [days, size] of [
      [20, 1],
      [2, 0],
    ] as const) {
      for (let hour = 0; hour < days * 24; hour++) {
        clock.advance(HOUR_MS);
        await settled();
      }
      expect(await store.messages.size(queue.rcvId)).toBe(size);
    }
  }, 60_000);

  it('messages do not expire early because the clock was set, there or back', async () => {
    const client = await connect();
    const queue = await client.newQueue();
    const size = () => store.messages.size(queue.rcvId);
    const days = async (count: number) => {
      for (let hour = 0; hour < count * 24; hour++) {
        clock.advance(HOUR_MS);
        await settled();
      }
    };
    await client.ask(queue.sndId, undefined, { kind: 'SEND', flags, body: utf8('x') });
    clock.set(100 * 24 * HOUR_MS);
    await days(19);
    expect(await size()).toBe(1);
    clock.set(-100 * 24 * HOUR_MS);
    await days(1);
    expect(await size()).toBe(1);
    clock.set(-24 * HOUR_MS);
    await days(1);
    expect(await size()).toBe(1);
    await days(2);
    expect(await size()).toBe(0);
  }, 60_000);

  it('a queue that is gone is looked up, not remembered', async () => {
    const client = await connect();
    const record = queueRecord();
    await store.queues.create(record);
    await store.queues.delete(record.rcvId);
    expect(await client.ask(record.sndId, undefined, { kind: 'SEND', flags, body: emptyBytes })).toEqual({
      kind: 'ERR',
      error: { kind: 'AUTH' },
    });
  });
});
