/** Ends that vanish without a word: no FIN, no answer, nothing that a socket would notice. */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { utf8 } from '../../../src/encoding/index.ts';
import { FaultProxy } from '../../harness/fault-proxy.ts';
import { manualClock } from '../../harness/manual-clock.ts';
import { temporaryFolder } from '../../harness/people.ts';
import { freePort, ServerProgram } from '../../harness/processes.ts';
import { Inbox, never, newQueue, testClient } from '../../harness/smp-client.ts';
import { startTestServer } from '../../harness/smp-server.ts';

const flags = { notification: false };
const PING_INTERVAL_MS = 120_000;
const RESPONSE_TIMEOUT_MS = 20_000;
const FIRST_RECONNECT_MS = 2_000;
const HOUR_MS = 3_600_000;

let ends: (() => unknown)[];
beforeEach(() => {
  ends = [];
});
afterEach(async () => {
  for (const end of ends.reverse()) await end();
});

async function startServer(): Promise<ServerProgram> {
  const server = new ServerProgram(temporaryFolder(), await freePort());
  await server.init();
  await server.start();
  ends.push(() => server.stop('SIGKILL'));
  return server;
}

it('a client notices a frozen server by its silence, and is served again when it thaws', async () => {
  const server = await startServer();
  const clock = manualClock();
  const { clients, messages, events } = testClient({ clock });
  ends.push(() => clients.close());
  const queue = await newQueue(clients, server.server);
  expect((await events.next()).kind).toBe('connected');
  server.program.signal('SIGSTOP');
  clock.advance(PING_INTERVAL_MS);
  clock.advance(RESPONSE_TIMEOUT_MS);
  expect((await events.next()).kind).toBe('disconnected');
  server.program.signal('SIGCONT');
  clock.advance(FIRST_RECONNECT_MS);
  expect((await events.next()).kind).toBe('connected');
  await clients.send(server.server, queue.sndId, undefined, flags, utf8('after'), never);
  expect(queue.open(await messages.next())).toMatchObject({ body: utf8('after') });
});

it('a client whose network swallows everything reconnects, and gets what went into the void', async () => {
  const server = await startServer();
  const proxy = await FaultProxy.start(() => Number(server.server.port));
  ends.push(() => proxy.stop());
  const clock = manualClock();
  const { clients, messages, events } = testClient({ clock });
  const sender = testClient();
  ends.push(
    () => clients.close(),
    () => sender.clients.close(),
  );
  const behindProxy = { ...server.server, port: `${proxy.port}` };
  const queue = await newQueue(clients, behindProxy);
  expect((await events.next()).kind).toBe('connected');
  proxy.freeze();
  // The server still believes in the connection, and delivers to it.
  await sender.clients.send(server.server, queue.sndId, undefined, flags, utf8('into the void'), never);
  clock.advance(PING_INTERVAL_MS);
  clock.advance(RESPONSE_TIMEOUT_MS);
  expect((await events.next()).kind).toBe('disconnected');
  clock.advance(FIRST_RECONNECT_MS);
  expect((await events.next()).kind).toBe('connected');
  const message = await messages.next();
  expect(queue.open(message)).toMatchObject({ body: utf8('into the void') });
  await clients.ack(behindProxy, queue.rcvId, queue.authKey, message.msgId, never);
});

/** Connects, shakes hands and waits. */
const quietClient = (port: string, keyHash: Uint8Array) => `
import { systemClock } from '${new URL('../../../dist/base/index.js', import.meta.url).href}';
import { generateX25519, systemRandom } from '${new URL('../../../dist/crypto/index.js', import.meta.url).href}';
import { runClientHandshake } from '${new URL('../../../dist/transport/index.js', import.meta.url).href}';
import { tlsConnect } from '${new URL('../../../dist/transport/node/index.js', import.meta.url).href}';
const target = { hosts: ['127.0.0.1'], port: ${port}, alpn: ['smp/1'] };
const transport = await tlsConnect(systemClock)(target, new AbortController().signal);
await runClientHandshake(transport, {
  versions: { min: 12, max: 12 },
  keyHash: Uint8Array.of(${keyHash.join()}),
  keys: generateX25519(systemRandom),
  nowMs: Date.now(),
});
console.log('connected');
await transport.read(1);
`;

it('a server drops a client that froze, once it has been idle for long', async () => {
  const clock = manualClock();
  const counts = new Inbox<number>();
  const server = await startTestServer({ clock, onConnections: (count) => counts.push(count) });
  ends.push(() => server.stop());
  const { port, keyHash } = server.address;
  const child = spawn(process.execPath, ['--input-type=module', '-e', quietClient(port, keyHash)]);
  ends.push(() => child.kill('SIGKILL'));
  const [line] = await new Promise<string[]>((resolve) =>
    createInterface(child.stdout).once('line', (first) => resolve([first])),
  );
  expect(line).toBe('connected');
  child.kill('SIGSTOP');
  expect(await counts.next()).toBe(1);
  for (let hour = 0; hour < 7; hour++) {
    clock.advance(HOUR_MS);
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(await counts.next()).toBe(0);
});
