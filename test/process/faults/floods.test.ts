/** More connections than a server takes: newcomers are refused, those who are there notice nothing. */
import { readdirSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { emptyBytes, utf8 } from '../../../src/encoding/index.ts';
import { temporaryFolder } from '../../harness/people.ts';
import { freePort, limitProcess, type RunOptions, ServerProgram } from '../../harness/processes.ts';
import { RawClient } from '../../harness/smp-client.ts';

const versions = { min: 12, max: 12 };
const flags = { notification: false };
const FLOOD = 300;

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

async function startServer(settings?: Readonly<Record<string, number>>, options?: RunOptions): Promise<ServerProgram> {
  const server = new ServerProgram(temporaryFolder(), await freePort(), options);
  await server.init(settings);
  await server.start();
  ends.push(() => server.stop('SIGKILL'));
  return server;
}

interface Flood {
  /** Those that the server has closed. */
  refused: number;
  /** Resolves when every one is connected or refused, and `count` were refused. */
  untilRefused(count: number): Promise<void>;
  /** Goes away, and resolves when it has. */
  end(): Promise<void>;
}

/** Opens connections that say nothing. */
function flood(server: ServerProgram, localAddress = '127.0.0.1'): Flood {
  const sockets = new Set<Socket>();
  let changed = () => {};
  const state: Flood = {
    refused: 0,
    async untilRefused(count) {
      while (state.refused < count) {
        await new Promise<void>((resolve) => {
          changed = resolve;
        });
      }
    },
    async end() {
      const closed = [...sockets].map((socket) => new Promise((resolve) => socket.once('close', resolve)));
      for (const socket of sockets) socket.destroy();
      await Promise.all(closed);
    },
  };
  for (let i = 0; i < FLOOD; i++) {
    const socket = connect({ host: '127.0.0.1', port: Number(server.server.port), localAddress });
    sockets.add(socket);
    socket.on('error', () => {});
    socket.once('close', () => {
      sockets.delete(socket);
      state.refused++;
      changed();
    });
  }
  ends.push(() => state.end());
  return state;
}

/** Stores and gets a message: what needs the disk too. */
async function expectServed(client: RawClient): Promise<void> {
  const queue = await client.newQueue();
  expect(await client.ask(queue.sndId, undefined, { kind: 'SEND', flags, body: utf8('x') })).toEqual({ kind: 'OK' });
  const got = await client.ask(queue.rcvId, queue.authKey, { kind: 'GET' });
  expect(got).toMatchObject({ kind: 'MSG' });
}

/** Connects as soon as there is room: the server may still be closing others. */
async function connectWhenPossible(server: ServerProgram): Promise<RawClient> {
  const end = Date.now() + 30_000;
  for (;;) {
    try {
      return await RawClient.connect(server.server, versions);
    } catch (error) {
      if (Date.now() > end) throw error;
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
}

it('more connections than it takes are refused, and taken again when there is room', async () => {
  const server = await startServer({ connections: 100, connections_per_address: 0 });
  const client = await RawClient.connect(server.server, versions);
  const crowd = flood(server);
  await crowd.untilRefused(FLOOD - 99);
  await expectServed(client);
  await expect(RawClient.connect(server.server, versions)).rejects.toMatchObject({ kind: 'network', retryable: true });
  expect(crowd.refused).toBe(FLOOD - 99);
  await crowd.end();
  const newcomer = await connectWhenPossible(server);
  await expectServed(newcomer);
  await server.program.lines.first(
    (line) => /refused \d+ connections?: the limit of connections is reached/.test(line),
    'a line of log',
  );
  for (const { transport } of [client, newcomer]) transport.destroy();
});

it('one address that takes all it may leaves the others alone', async () => {
  const server = await startServer({ connections_per_address: 20 });
  const crowd = flood(server, '127.0.0.2');
  await crowd.untilRefused(FLOOD - 20);
  const client = await RawClient.connect(server.server, versions);
  await expectServed(client);
  expect(crowd.refused).toBe(FLOOD - 20);
  client.transport.destroy();
});

it('with few file descriptors it takes as many as it can serve', async () => {
  const server = await startServer({ connections_per_address: 0 }, { prefix: ['prlimit', '--nofile=160:160'] });
  const line = await server.program.lines.first((text) => text.startsWith('At most '), 'the number');
  const most = Number(/^At most (\d+) clients can be connected/.exec(line)?.[1]);
  // Of 160, some are its own files, and some for connections to other servers.
  expect(most).toBeGreaterThan(50);
  expect(most).toBeLessThan(100);
  const client = await RawClient.connect(server.server, versions);
  const crowd = flood(server);
  const refused = FLOOD - (most - 1);
  await crowd.untilRefused(refused);
  await expectServed(client);
  expect(crowd.refused).toBe(refused);
  await crowd.end();
  const newcomer = await connectWhenPossible(server);
  await expectServed(newcomer);
  for (const { transport } of [client, newcomer]) transport.destroy();
});

it('when the system has no descriptors left it serves those who are there, and newcomers when it has some again', async () => {
  const server = await startServer({ connections_per_address: 0 });
  const client = await RawClient.connect(server.server, versions);
  const { pid } = server.program;
  const open = readdirSync(`/proc/${pid}/fd`).length;
  limitProcess(pid, `nofile=${open}:`);
  const crowd = flood(server);
  await crowd.untilRefused(FLOOD - 1);
  await expectServed(client);
  await crowd.end();
  limitProcess(pid, 'nofile=1000:');
  const newcomer = await connectWhenPossible(server);
  await expectServed(newcomer);
  expect(await client.ask(emptyBytes, undefined, { kind: 'PING' })).toEqual({ kind: 'PONG' });
  for (const { transport } of [client, newcomer]) transport.destroy();
});
