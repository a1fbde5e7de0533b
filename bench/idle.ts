/** Memory of idle connections, each with one subscription. */
import { setMaxListeners } from 'node:events';
import { generateEd25519, generateX25519, systemRandom } from '#sotto/crypto';
import { parseSmpServer } from '#sotto/protocol';
import type { SmpClients } from '#sotto/smp';
import { askingClient } from './client.ts';
import { type FloorServer, idleConnection } from './floor.ts';
import { type Figure, percent } from './measure.ts';
import type { BenchServer } from './server.ts';

const CONNECTIONS = 1_000;
const FIRST_CONNECTIONS = 400;
const AT_ONCE = 20;
const SETTLE_MS = 3_000;

const noSignal = new AbortController().signal;
setMaxListeners(0, noSignal);

const kilobytes = (bytes: number) => `${Math.round(bytes / 1024)} KB`;
const settled = () => new Promise((resolve) => setTimeout(resolve, SETTLE_MS));

/** Runs `one` for each connection, a few at a time. */
export async function forAll<T>(one: () => Promise<T>, count: number): Promise<T[]> {
  const made: T[] = [];
  while (made.length < count)
    made.push(...(await Promise.all(Array.from({ length: Math.min(AT_ONCE, count - made.length) }, one))));
  return made;
}

/**
 * Growth of resident memory per connection, for {@link CONNECTIONS} connections after the first ones, which size the
 * heap.
 */
async function growth<T>(
  one: () => Promise<T>,
  close: (made: readonly T[]) => void,
  residentBytes: () => number,
): Promise<{ readonly each: number; readonly withAll: number }> {
  const fresh = residentBytes();
  const first = await forAll(one, FIRST_CONNECTIONS);
  await settled();
  const before = residentBytes();
  const others = await forAll(one, CONNECTIONS);
  await settled();
  const after = residentBytes();
  close([...first, ...others]);
  return { each: (after - before) / CONNECTIONS, withAll: (after - fresh) / (FIRST_CONNECTIONS + CONNECTIONS) };
}

/** A connection with one subscription. */
export async function subscribedClient(server: BenchServer): Promise<SmpClients> {
  const client = askingClient();
  const authKey = { algorithm: 'ed25519', keys: generateEd25519(systemRandom) } as const;
  const { publicKey } = generateX25519(systemRandom);
  const request = { authKey, dhPublicKey: publicKey, sndSecure: true, subscribe: true };
  await client.createQueue(parseSmpServer(server.address), request, noSignal);
  return client;
}

export async function benchIdle(server: BenchServer, floor: FloorServer | undefined): Promise<readonly Figure[]> {
  if (server.residentBytes() === undefined) return [];
  const { each, withAll } = await growth(
    () => subscribedClient(server),
    (clients) => {
      for (const client of clients) void client.close();
    },
    () => server.residentBytes() ?? 0,
  );
  const figure: Figure = {
    what: 'server, an idle connection with one queue',
    value: kilobytes(each),
    how: `growth of resident memory with each of ${CONNECTIONS} after the first ${FIRST_CONNECTIONS} (${kilobytes(withAll)} with the growth of a fresh heap); floor: TLS connections over which as many blocks have gone`,
  };
  if (floor === undefined) return [figure];
  const bare = await growth(
    () => idleConnection(floor.port),
    (sockets) => {
      for (const socket of sockets) socket.destroy();
    },
    () => floor.residentBytes(),
  );
  return [{ ...figure, floor: kilobytes(bare.each), ratio: percent(bare.each / each) }];
}
