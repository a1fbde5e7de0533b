/** A server with growing numbers of unused queues: start time, memory, and subscription speed. */
import { join } from 'node:path';
import { generateEd25519, systemRandom } from '#sotto/crypto';
import { parseSmpServer } from '#sotto/protocol';
import { importStore } from '#sotto/smp/server';
import { askingClient } from './client.ts';
import { type Figure, median, ms, percentile } from './measure.ts';
import { runOnce, startServer } from './server.ts';

const QUEUES = [1_000, 100_000, 1_000_000];
/** Concurrent writes while the store is created. */
const AT_ONCE = 1_000;
/** Queues subscribed to afterwards, one after another, spread over all. */
const SUBSCRIBED = 300;
const SETTLE_MS = 3_000;

const noSignal = new AbortController().signal;
const megabytes = (bytes: number) => `${(bytes / 1_048_576).toFixed(0)} MB`;

const authKey = { algorithm: 'ed25519', keys: generateEd25519(systemRandom) } as const;

/** Creates a store with `count` secured queues; returns the ids of some. */
async function fill(path: string, count: number): Promise<readonly Uint8Array[]> {
  const store = importStore(path, 128);
  const key = { algorithm: authKey.algorithm, key: authKey.keys.publicKey } as const;
  const some: Uint8Array[] = [];
  for (let made = 0; made < count; made += AT_ONCE) {
    const writes = Array.from({ length: Math.min(AT_ONCE, count - made) }, (_, i) => {
      const rcvId = systemRandom.bytes(24);
      if ((made + i) % Math.floor(count / SUBSCRIBED) === 0) some.push(rcvId);
      return store.queues.create({
        rcvId,
        sndId: systemRandom.bytes(24),
        rcvAuthKeys: [key],
        rcvDhSecret: systemRandom.bytes(32),
        mode: 'messaging',
        sndAuthKey: key,
        status: { kind: 'active' },
        linkId: undefined,
        notifier: undefined,
        serviceId: undefined,
      });
    });
    await Promise.all(writes);
  }
  await store.close();
  return some;
}

/** Milliseconds of each SUB. */
async function subscribing(address: string, rcvIds: readonly Uint8Array[]): Promise<readonly number[]> {
  const client = askingClient();
  const { server } = parseSmpServer(address);
  const samples: number[] = [];
  for (const rcvId of rcvIds) {
    const start = performance.now();
    await client.subscribe(server, rcvId, authKey, noSignal);
    samples.push(performance.now() - start);
  }
  await client.close();
  return samples;
}

export async function benchQueues(): Promise<readonly Figure[]> {
  const figures: Figure[] = [];
  for (const count of QUEUES) {
    let some: readonly Uint8Array[] = [];
    let reading = 0;
    const server = await startServer({}, async (data) => {
      some = await fill(join(data, 'store'), count);
      // The store has no clean-stop marker: this start checks it first, as after a power failure.
      const started = performance.now();
      await runOnce(data);
      reading = performance.now() - started;
    });
    await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
    const before = server.residentBytes() ?? 0;
    const samples = await subscribing(server.address, some);
    const after = server.residentBytes() ?? 0;
    await server.stop();
    figures.push({
      what: `server with ${count.toLocaleString('en')} idle queues, start`,
      value: ms(server.startMs),
      how: `a whole process until it serves, after a clean stop (${ms(reading)} with reading all first, and stopping again); ${megabytes(before)} of memory then, ${megabytes(after)} after subscribing to ${some.length} of them; SUB p50 ${ms(median(samples))}, p99 ${ms(percentile(samples, 0.99))}`,
    });
  }
  return figures;
}
