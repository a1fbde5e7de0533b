import { beforeEach, describe, expect, it } from 'vitest';
import { VirtualTime } from '../../../src/base/index.ts';
import { type Transport, TransportError } from '../../../src/transport/index.ts';
import { MemoryNetwork } from '../../../src/transport/memory/index.ts';
import { Chance } from '../../simulation/chance.ts';

const never = new AbortController().signal;
const target = { hosts: ['server'], port: 5223, alpn: ['smp/1'] };
const chain = [Uint8Array.of(1), Uint8Array.of(2)];

let time: VirtualTime;
let network: MemoryNetwork;
let accepted: Transport[];

beforeEach(() => {
  time = new VirtualTime();
  network = new MemoryNetwork(time, new Chance(1));
  accepted = [];
  network.listen('server', { chain, alpn: ['smp/1'], onConnection: (transport) => accepted.push(transport) });
});

/** Lets everything happen that is due within `ms`. */
async function pass(ms = 60_000): Promise<void> {
  const limit = time.elapsed + ms;
  do await new Promise((resolve) => setImmediate(resolve));
  while (time.step(limit));
}

async function connect(): Promise<{ client: Transport; server: Transport }> {
  const connecting = network.connector('client')(target, never);
  await pass();
  return { client: await connecting, server: accepted.at(-1)! };
}

const failure = async (attempt: Promise<unknown>): Promise<unknown> => {
  const failed = attempt.then(
    () => undefined,
    (error: unknown) => error,
  );
  await pass();
  return failed;
};

describe('a network in memory', () => {
  it('connects two ends that share a session, and shows the chain to the client', async () => {
    const { client, server } = await connect();
    expect(client.sessionId).toEqual(server.sessionId);
    expect([client.alpn, server.alpn, client.peerChain, server.peerChain]).toEqual(['smp/1', 'smp/1', chain, []]);
    expect(network.connections).toBe(1);
  });

  it('delivers bytes in order, in whatever pieces they are read', async () => {
    const { client, server } = await connect();
    const sent = Uint8Array.from({ length: 1000 }, (_, i) => i);
    for (let i = 0; i < sent.length; i += 100) await client.write(sent.subarray(i, i + 100));
    const received: number[] = [];
    const reading = (async () => {
      for (const length of [1, 250, 700, 49]) received.push(...((await server.read(length)) ?? []));
    })();
    await pass();
    await reading;
    expect(Uint8Array.from(received)).toEqual(sent);
  });

  it('lets no writer run far ahead of a reader', async () => {
    const { client, server } = await connect();
    let written = 0;
    const writing = (async () => {
      for (; written < 100; written++) await client.write(new Uint8Array(16_384));
    })();
    await pass();
    expect(written).toBeLessThan(20);
    for (let i = 0; i < 100; i++) {
      const reading = server.read(16_384);
      await pass();
      expect((await reading)?.length).toBe(16_384);
    }
    await writing;
    expect(written).toBe(100);
  });

  it('sends what was written before it closes', async () => {
    const { client, server } = await connect();
    await client.write(new Uint8Array(10));
    client.close();
    await pass();
    expect((await server.read(10))?.length).toBe(10);
    expect(await server.read(10)).toBeUndefined();
    await server.closed;
    await expect(server.write(new Uint8Array(1))).rejects.toThrow(TransportError);
    await pass();
    expect(network.connections).toBe(0);
  });

  it('tells a reader that the end came in the middle of a block', async () => {
    const { client, server } = await connect();
    await client.write(new Uint8Array(5));
    client.close();
    const reading = server.read(10).catch((error: Error) => error.message);
    await pass();
    expect(await reading).toBe('the connection ended in the middle of a block');
  });

  it('breaks connections, made and being made', async () => {
    const { client, server } = await connect();
    const reading = client.read(1);
    expect(network.cut(() => true)).toBe(1);
    await pass();
    expect(await reading).toBeUndefined();
    await Promise.all([client.closed, server.closed]);
    const connecting = network.connector('client')(target, never);
    network.cut((from, to) => from === 'client' && to === 'server');
    expect(await failure(connecting)).toMatchObject({ kind: 'network', retryable: true });
  });

  it('leaves both ends of a silent connection in the dark until TCP gives up', async () => {
    const { client, server } = await connect();
    network.silence(() => true);
    await client.write(new Uint8Array(1));
    let read = false;
    void server.read(1).then(() => {
      read = true;
    });
    await pass(3_600_000);
    expect(read).toBe(false);
    expect(network.connections).toBe(1);
    await pass(7_200_000);
    expect(read).toBe(true);
    expect(network.connections).toBe(0);
  });

  it('refuses, or stays silent, as hosts do', async () => {
    const attempt = () => failure(network.connector('client')(target, never));
    network.setReachability('server', 'refuses');
    expect(await attempt()).toMatchObject({ kind: 'network', message: 'no connection (ECONNREFUSED)' });
    network.setReachability('server', 'silent');
    expect(await attempt()).toMatchObject({ kind: 'network', message: 'no connection in time' });
    network.setReachability('server', 'reachable');
    network.unlisten('server');
    expect(await attempt()).toMatchObject({ kind: 'network', message: 'no connection (ECONNREFUSED)' });
    const other = network.connector('client')({ ...target, alpn: ['other'] }, never);
    network.listen('server', { chain, alpn: ['smp/1'], onConnection: () => {} });
    expect(await failure(other)).toMatchObject({ kind: 'tls' });
  });

  it('gives up connecting when told to', async () => {
    const abort = new AbortController();
    const connecting = failure(network.connector('client')(target, abort.signal));
    abort.abort(new Error('not any more'));
    expect(await connecting).toMatchObject({ message: 'not any more' });
    expect(time.waiting).toBe(0);
  });
});
