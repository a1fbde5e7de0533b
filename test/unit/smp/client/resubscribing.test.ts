/** Which subscriptions are made again, and how often, on virtual time and against servers that refuse or hang up. */
import { afterEach, beforeEach, expect, it } from 'vitest';
import { systemRandom } from '../../../../src/crypto/index.ts';
import type { ErrorType, Response } from '../../../../src/smp/protocol/index.ts';
import { authKey, never, newQueue, testClient } from '../../../harness/smp-client.ts';
import { SmpNetwork } from '../../../harness/smp-network.ts';

const OK: Response = { kind: 'OK' };
const err = (error: ErrorType): Response => ({ kind: 'ERR', error });
const AUTH = err({ kind: 'AUTH' });
const STORE = err({ kind: 'STORE', text: 'the disk is full' });

let network: SmpNetwork;
let made: ReturnType<typeof testClient>;
/** When the server was asked to subscribe, and what it answers. */
let asked: number[];
let answer: Response | undefined;

beforeEach(() => {
  network = new SmpNetwork();
  made = testClient({ clock: network.clock, connect: network.network.connector('client') });
  asked = [];
  answer = OK;
  network.startFake('server', ({ kind }) => {
    if (kind !== 'SUB') return { kind: 'PONG' };
    asked.push(network.time.elapsed);
    return answer;
  });
});
afterEach(async () => {
  await made.clients.close();
  await network.close();
});

const subscribe = () =>
  made.clients.subscribe(network.address('server'), systemRandom.bytes(24), authKey(), never).catch((error) => error);

it('a queue that the server does not know is not asked for again', async () => {
  answer = AUTH;
  expect(await network.settle(subscribe())).toMatchObject({ code: { kind: 'AUTH' } });
  network.network.cut(() => true);
  await network.pass(600_000);
  expect(asked.length).toBe(1);
  expect(network.network.connections).toBe(0);
});

it('a queue that the server does not know any more after a reconnection is told of once, and not asked for again', async () => {
  await network.settle(subscribe());
  answer = AUTH;
  network.network.cut(() => true);
  await network.pass(10_000);
  expect(asked.length).toBe(2);
  network.network.cut(() => true);
  await network.pass(600_000);
  expect(asked.length).toBe(2);
  const events = [];
  while (made.events.size > 0) events.push(await made.events.next());
  expect(events.filter(({ kind }) => kind === 'subscriptionError')).toMatchObject([
    { error: { code: { kind: 'AUTH' } } },
  ]);
});

it('a queue whose connection broke before the answer is asked for on the next one', async () => {
  answer = undefined;
  const subscribing = subscribe();
  await network.pass(5_000);
  expect(asked.length).toBe(1);
  answer = OK;
  network.network.cut(() => true);
  expect(await network.settle(subscribing)).toMatchObject({ kind: 'network', retryable: true });
  await network.pass(10_000);
  expect(asked.length).toBe(2);
});

it('a server in trouble is asked for all queues together, after 1, 2, 4, … and at last every 60 seconds', async () => {
  answer = STORE;
  const refused = await network.settle(Promise.all([subscribe(), subscribe(), subscribe()]));
  for (const error of refused) expect(error).toMatchObject({ code: { kind: 'STORE' } });
  asked = [];
  await network.pass(3_600_000);
  // 1 + 2 + 4 + 8 + 16 + 32 seconds, then about 59 minutes with an attempt in each, for three queues.
  expect(asked.length).toBeGreaterThan(3 * 50);
  expect(asked.length).toBeLessThan(3 * 80);
  answer = OK;
  await network.pass(80_000);
  asked = [];
  await network.pass(3_600_000);
  expect(asked).toEqual([]);
});

it('a queue that another client has taken is left to it', async () => {
  const { address } = network.start('real');
  const other = testClient({ clock: network.clock, connect: network.network.connector('other') });
  const { rcvId, authKey } = await network.settle(newQueue(made.clients, address));
  await network.settle(other.clients.subscribe(address, rcvId, authKey, never));
  await network.pass(1_000);
  expect(await made.events.next()).toEqual({ kind: 'connected' });
  expect(await made.events.next()).toEqual({ kind: 'end', rcvId, reason: 'END' });
  network.network.cut(() => true);
  await network.pass(600_000);
  // The other one has connected again; this one has no reason to.
  expect(made.events.size).toBe(1);
  expect(await made.events.next()).toEqual({ kind: 'disconnected' });
  const kinds = [];
  while (other.events.size > 0) kinds.push((await other.events.next()).kind);
  expect(kinds).toEqual(['connected', 'disconnected', 'connected']);
  await other.clients.close();
});
