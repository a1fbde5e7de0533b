/** Peers that send a byte at a time, and peers that do not take what they asked for. */
import { readFileSync } from 'node:fs';
import { afterEach, expect, it } from 'vitest';
import { emptyBytes } from '../../../src/encoding/index.ts';
import type { Transport } from '../../../src/transport/index.ts';
import { FaultProxy } from '../../harness/fault-proxy.ts';
import { temporaryFolder } from '../../harness/people.ts';
import { freePort, ServerProgram } from '../../harness/processes.ts';
import { authKey, RawClient } from '../../harness/smp-client.ts';

const versions = { min: 12, max: 12 };
const flags = { notification: false };
const PING = { kind: 'PING' } as const;
const MEGABYTE = 1024 * 1024;

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

async function startServer(settings?: Readonly<Record<string, number>>): Promise<ServerProgram> {
  const server = new ServerProgram(temporaryFolder(), await freePort());
  await server.init(settings);
  await server.start();
  ends.push(() => server.stop('SIGKILL'));
  return server;
}

function residentBytes(pid: number): number {
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) * 1024;
}

/** Sends every byte in a TLS record of its own. */
const byBytes = (transport: Transport): Transport => ({
  ...transport,
  async write(bytes) {
    for (let at = 0; at < bytes.length; at++) await transport.write(bytes.subarray(at, at + 1));
  },
});

it('blocks that come a byte at a time are blocks', async () => {
  const server = await startServer();
  const fast = await RawClient.connect(server.server, versions);
  const slow = new RawClient(byBytes(fast.transport), fast.session);
  expect(await slow.ask(emptyBytes, undefined, PING)).toEqual({ kind: 'PONG' });
  const queue = await slow.newQueue();
  const send = { kind: 'SEND', flags, body: new Uint8Array(16_000) } as const;
  expect(await slow.ask(queue.sndId, undefined, send)).toEqual({ kind: 'OK' });
  fast.transport.destroy();
});

it('TCP that passes on a byte at a time, both ways and from the first, carries a session', async () => {
  const server = await startServer();
  const proxy = await FaultProxy.start(() => Number(server.server.port));
  ends.push(() => proxy.stop());
  proxy.chunk = 1;
  const client = await RawClient.connect({ ...server.server, port: `${proxy.port}` }, versions);
  expect(await client.ask(emptyBytes, undefined, PING)).toEqual({ kind: 'PONG' });
  client.transport.destroy();
});

it('clients that ask for messages and take none fill a bounded memory, and others are served', async () => {
  const [SLOW, ASKED, ALLOWED_MEGABYTES] = [150, 100, 8];
  const server = await startServer({ waiting_megabytes: ALLOWED_MEGABYTES });
  const other = await RawClient.connect(server.server, versions);
  const queue = await other.newQueue();
  const send = { kind: 'SEND', flags, body: new Uint8Array(16_000) } as const;
  expect(await other.ask(queue.sndId, undefined, send)).toEqual({ kind: 'OK' });
  const slow: RawClient[] = [];
  for (let i = 0; i < SLOW; i++) slow.push(await RawClient.connect(server.server, versions));
  ends.push(() => {
    for (const { transport } of slow) transport.destroy();
  });
  const ask = (client: RawClient, count: number) =>
    client.send(...[...Array(count)].map(() => client.encode(queue.rcvId, queue.authKey, { kind: 'GET' })));
  const take = async (client: RawClient, count: number) => {
    for (let i = 0; i < count; i++) expect((await client.receive())?.response.kind).toBe('MSG');
  };
  // So that what is measured is not what any work of this kind leaves behind for the garbage collector.
  for (const client of slow) {
    await ask(client, 20);
    await take(client, 20);
  }
  const before = residentBytes(server.program.pid);
  for (const client of slow) await ask(client, ASKED);
  // Everything that can happen has happened when others have been served for a while.
  for (let i = 0; i < 200; i++) {
    expect(await other.ask(queue.rcvId, queue.authKey, { kind: 'QUE' })).toMatchObject({ kind: 'INFO' });
  }
  const grown = residentBytes(server.program.pid) - before;
  // Bounded each by itself they would hold a megabyte each; garbage, and buffers of Node and TLS, are in this figure.
  expect(grown).toBeLessThan(SLOW * MEGABYTE);
  expect(await other.newQueue({ subscribe: true })).toMatchObject({ authKey: expect.anything() });
  // Those who take what they asked for get all of it.
  const [patient] = slow;
  await take(patient!, ASKED);
  expect(await patient!.ask(emptyBytes, undefined, PING)).toEqual({ kind: 'PONG' });
  expect(await patient!.ask(queue.rcvId, authKey(), { kind: 'SUB' })).toMatchObject({ kind: 'ERR' });
  other.transport.destroy();
});
