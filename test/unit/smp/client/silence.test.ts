/** What the client does while nothing happens, on virtual time: PINGs, connections nobody uses, attempts to reconnect. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemRandom } from '../../../../src/crypto/index.ts';
import type { Response } from '../../../../src/smp/protocol/index.ts';
import { TransportError } from '../../../../src/transport/index.ts';
import { authKey, never, newQueue, testClient } from '../../../harness/smp-client.ts';
import { SmpNetwork } from '../../../harness/smp-network.ts';

let network: SmpNetwork;
let made: ReturnType<typeof testClient>;
/** When the client tried to connect. */
let attempts: number[];
let refusing = false;

beforeEach(() => {
  network = new SmpNetwork();
  network.network.setDelays(1, 1);
  attempts = [];
  refusing = false;
  made = testClient({
    clock: network.clock,
    async connect(target, signal) {
      attempts.push(network.time.elapsed);
      if (refusing) throw new TransportError('network', 'refused');
      return network.network.connector('client')(target, signal);
    },
  });
});
afterEach(async () => {
  await made.clients.close();
  await network.close();
});

const kindsOf = async () => {
  const kinds = [];
  while (made.events.size > 0) kinds.push((await made.events.next()).kind);
  return kinds;
};

/** Milliseconds between the attempts to connect. */
const gaps = () => attempts.slice(1).map((at, i) => at - attempts[i]!);

describe('a connection to a server that nothing is received from', () => {
  it('is closed 300 s after the last answer', async () => {
    const { address } = network.start('server');
    await network.settle(made.clients.ping(address, never));
    await network.pass(200_000);
    await network.settle(made.clients.ping(address, never));
    await network.pass(299_999);
    expect(await kindsOf()).toEqual(['connected']);
    await network.pass(1);
    expect(await kindsOf()).toEqual(['disconnected']);
    await network.pass(3_600_000);
    expect(attempts.length).toBe(1);
    // Something to send makes another.
    await network.settle(made.clients.ping(address, never));
    expect(await kindsOf()).toEqual(['connected']);
  });

  it('is not closed while a command waits for its answer', async () => {
    const { address } = network.start('server');
    await network.settle(made.clients.ping(address, never));
    await network.pass(299_000);
    network.network.setDelays(3_000, 3_000);
    await network.settle(made.clients.ping(address, never));
    expect(attempts.length).toBe(1);
  });
});

it('no connection is left when the client is closed, and what waits for an answer fails', async () => {
  network.startFake('server', () => undefined);
  const waiting = made.clients.ping(network.address('server'), never);
  const failed = expect(waiting).rejects.toMatchObject({ kind: 'network', message: 'the client is closing' });
  await network.pass(1_000);
  expect(network.network.connections).toBe(1);
  await made.clients.close();
  await failed;
  await network.pass(1_000);
  expect(network.network.connections).toBe(0);
  // No timer either: nothing is done for a connection that has ended.
  expect(network.time.waiting).toBe(0);
  await expect(made.clients.ping(network.address('server'), never)).rejects.toThrow('the client is closed');
});

it('a connection to a server that is received from stays, until no queue is wanted any more', async () => {
  const { address } = network.start('server');
  const queue = await network.settle(newQueue(made.clients, address));
  await network.pass(3_600_000);
  expect(await kindsOf()).toEqual(['connected']);
  made.clients.forget(address, queue.rcvId);
  await network.pass(300_000);
  expect(await kindsOf()).toEqual(['disconnected']);
  await network.pass(3_600_000);
  expect(attempts.length).toBe(1);
});

it('a PING is sent after 120 s in which nothing was received, and again after each 120 s', async () => {
  let pings = 0;
  network.startFake('server', (command): Response => {
    if (command.kind !== 'PING') return { kind: 'OK' };
    pings++;
    return { kind: 'PONG' };
  });
  const subscribing = made.clients.subscribe(network.address('server'), systemRandom.bytes(24), authKey(), never);
  await network.settle(subscribing);
  await network.pass(100_000);
  await network.settle(made.clients.ping(network.address('server'), never));
  // One millisecond more on its way.
  await network.pass(120_000);
  expect(pings).toBe(1);
  await network.pass(1);
  expect(pings).toBe(2);
  // And for each answer to come.
  await network.pass(600_100);
  expect(pings).toBe(7);
  expect(await kindsOf()).toEqual(['connected']);
});

describe('connecting again', () => {
  const subscribe = (name: string) =>
    made.clients.subscribe(network.address(name), systemRandom.bytes(24), authKey(), never);

  /** A second and twice as long each time, up to two minutes; a quarter more or less, so that not all come at once. */
  const expectBackoff = (waits: readonly number[]) => {
    for (const [i, wait] of waits.entries()) {
      const around = Math.min(1_000 * 2 ** i, 120_000);
      // Beside the wait there are the milliseconds that the network takes.
      expect(wait).toBeGreaterThanOrEqual(0.75 * around);
      expect(wait).toBeLessThanOrEqual(1.25 * around + 100);
    }
  };

  it('waits longer after each attempt that fails, up to two minutes', async () => {
    refusing = true;
    await network.settle(expect(subscribe('server')).rejects.toMatchObject({ kind: 'network' }));
    await network.pass(1_800_000);
    expect(attempts.length).toBeGreaterThan(15);
    expectBackoff(gaps());
  });

  it('waits longer also for a server that shakes hands and then ends the connection', async () => {
    network.startFake('server', () => {
      throw new Error('trouble');
    });
    await network.settle(expect(subscribe('server')).rejects.toMatchObject({ kind: 'network' }));
    await network.pass(1_800_000);
    expect(attempts.length).toBeGreaterThan(15);
    expectBackoff(gaps());
  });

  it('begins with a short wait again once the server has answered', async () => {
    refusing = true;
    await network.settle(expect(subscribe('server')).rejects.toMatchObject({ kind: 'network' }));
    await network.pass(600_000);
    network.startFake('server', () => ({ kind: 'OK' }));
    refusing = false;
    await network.pass(300_000);
    expect(await kindsOf()).toEqual(['connected']);
    attempts = [network.time.elapsed];
    refusing = true;
    network.network.cut(() => true);
    await network.pass(20_000);
    expectBackoff(gaps().slice(0, 1));
  });

  it('stops when no queue is wanted any more', async () => {
    refusing = true;
    const rcvId = systemRandom.bytes(24);
    const address = network.address('server');
    await network.settle(
      expect(made.clients.subscribe(address, rcvId, authKey(), never)).rejects.toMatchObject({ kind: 'network' }),
    );
    await network.pass(10_000);
    const tried = attempts.length;
    made.clients.forget(address, rcvId);
    await network.pass(3_600_000);
    expect(attempts.length).toBe(tried);
  });
});
