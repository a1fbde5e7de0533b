/** Memory that idle connections take: each with one queue it is subscribed to. */
import { setMaxListeners } from 'node:events';
import { silentLogger, systemClock } from 'sotto/base';
import { generateEd25519, generateX25519, systemRandom } from 'sotto/crypto';
import { parseSmpServer } from 'sotto/protocol';
import { SmpClients } from 'sotto/smp';
import { tlsConnect } from 'sotto/transport/node';
import { bareConnection, type FloorServer } from './floor.ts';
import { type Figure, percent } from './measure.ts';
import type { BenchServer } from './server.ts';

const CONNECTIONS = 1_000;
const AT_ONCE = 20;
const SETTLE_MS = 3_000;

const nothing = () => {};
const noSignal = new AbortController().signal;
setMaxListeners(0, noSignal);

const kilobytes = (bytes: number) => `${Math.round(bytes / 1024)} KB`;
const settled = () => new Promise((resolve) => setTimeout(resolve, SETTLE_MS));

/** Does `one` for each connection, a few at a time. */
async function forAll<T>(one: () => Promise<T>): Promise<T[]> {
  const made: T[] = [];
  while (made.length < CONNECTIONS) made.push(...(await Promise.all(Array.from({ length: AT_ONCE }, one))));
  return made;
}

async function subscribedClient(server: BenchServer): Promise<SmpClients> {
  const client = new SmpClients({
    connect: tlsConnect(systemClock),
    clock: systemClock,
    random: systemRandom,
    logger: silentLogger,
    onMessage: nothing,
    onEnd: nothing,
    onConnected: nothing,
    onDisconnected: nothing,
    onSubscriptionError: nothing,
  });
  const authKey = { algorithm: 'ed25519', keys: generateEd25519(systemRandom) } as const;
  const { publicKey } = generateX25519(systemRandom);
  const request = { authKey, dhPublicKey: publicKey, sndSecure: true, subscribe: true };
  await client.createQueue(parseSmpServer(server.address), request, noSignal);
  return client;
}

export async function benchIdle(server: BenchServer, floor: FloorServer | undefined): Promise<readonly Figure[]> {
  const before = server.residentBytes();
  const clients = await forAll(() => subscribedClient(server));
  await settled();
  const after = server.residentBytes();
  await Promise.all(clients.map((client) => client.close()));
  if (before === undefined || after === undefined) return [];
  const each = (after - before) / CONNECTIONS;
  const figure: Figure = {
    what: 'server, an idle connection with one queue',
    value: kilobytes(each),
    how: `growth of resident memory with ${CONNECTIONS} of them; floor: the same number of bare TLS connections`,
  };
  if (floor === undefined) return [figure];
  const bareBefore = floor.residentBytes();
  const sockets = await forAll(() => bareConnection(floor.port));
  await settled();
  const bare = (floor.residentBytes() - bareBefore) / CONNECTIONS;
  for (const socket of sockets) socket.destroy();
  return [{ ...figure, floor: kilobytes(bare), ratio: percent(bare / each) }];
}
