/** Full cycles of a server: SEND of 15.9 KB, MSG to the subscribed recipient, ACK. One connection sends, one receives. */
import { setMaxListeners } from 'node:events';
import { silentLogger, systemClock } from 'sotto/base';
import { generateEd25519, generateX25519, systemRandom } from 'sotto/crypto';
import { type AuthKey, parseSmpServer } from 'sotto/protocol';
import { SmpClients } from 'sotto/smp';
import { tlsConnect } from 'sotto/transport/node';
import { type FloorServer, floorCycles, pause, WARM_UP_SECONDS } from './floor.ts';
import { type Figure, ms, percent, percentile } from './measure.ts';
import type { BenchServer } from './server.ts';

const BODY_SIZE = 15_900;
const SECONDS = 5;

interface Queue {
  readonly rcvId: Uint8Array;
  readonly sndId: Uint8Array;
  readonly rcvKey: AuthKey;
  readonly sndKey: AuthKey;
}

const nothing = () => {};
const noSignal = new AbortController().signal;
setMaxListeners(0, noSignal);

function clients(onMessage: ConstructorParameters<typeof SmpClients>[0]['onMessage']): SmpClients {
  return new SmpClients({
    connect: tlsConnect(systemClock),
    clock: systemClock,
    random: systemRandom,
    logger: silentLogger,
    onMessage,
    onEnd: nothing,
    onConnected: nothing,
    onDisconnected: nothing,
    onSubscriptionError: nothing,
  });
}

/**
 * Cycles of a server that does nothing else, or has others connected: as many as it can take, or `pace` a second of all
 * queues together. Latencies count from when a message was due.
 */
export async function runCycles(server: BenchServer, queueCount: number, pace?: number): Promise<Cycles> {
  const address = parseSmpServer(server.address);
  const queues = new Map<string, Queue>();
  const free: Queue[] = [];
  const sentAt = new Map<string, number>();
  const latencies: number[] = [];
  let cycles = 0;
  let end = Number.POSITIVE_INFINITY;
  const name = (id: Uint8Array) => Buffer.from(id).toString('hex');
  const sender = clients(nothing);
  const receiver = clients((_, rcvId, { msgId }) => {
    const id = name(rcvId);
    const queue = queues.get(id)!;
    const cycle = async () => {
      await receiver.ack(address.server, queue.rcvId, queue.rcvKey, msgId, noSignal);
      cycles++;
      latencies.push(performance.now() - sentAt.get(id)!);
      if (pace !== undefined) free.push(queue);
      else if (performance.now() < end) await send(queue, performance.now());
    };
    cycle().catch((error: unknown) => {
      if (performance.now() < end) throw error;
    });
  });
  const body = systemRandom.bytes(BODY_SIZE);
  const send = async (queue: Queue, due: number) => {
    sentAt.set(name(queue.rcvId), due);
    await sender.send(address.server, queue.sndId, queue.sndKey, { notification: false }, body, noSignal);
  };
  for (let i = 0; i < queueCount; i++) {
    const rcvKey: AuthKey = { algorithm: 'ed25519', keys: generateEd25519(systemRandom) };
    const sndKey: AuthKey = { algorithm: 'x25519', keys: generateX25519(systemRandom) };
    const { publicKey } = generateX25519(systemRandom);
    const request = { authKey: rcvKey, dhPublicKey: publicKey, sndSecure: true, subscribe: true };
    const { rcvId, sndId } = await receiver.createQueue(address, request, noSignal);
    await sender.secureSender(address.server, sndId, sndKey, noSignal);
    const queue = { rcvId, sndId, rcvKey, sndKey };
    queues.set(name(rcvId), queue);
    free.push(queue);
  }
  end = performance.now() + (WARM_UP_SECONDS + SECONDS) * 1000;
  const begin = performance.now();
  if (pace === undefined) await Promise.all([...queues.values()].map((queue) => send(queue, begin)));
  else void keepPace(pace, begin, () => end, free, send);
  await pause(WARM_UP_SECONDS);
  const [start, cpuBefore, cyclesBefore] = [performance.now(), server.cpuSeconds(), cycles];
  latencies.length = 0;
  await pause(SECONDS);
  const seconds = (performance.now() - start) / 1000;
  const cpu = server.cpuSeconds();
  const counted = cycles - cyclesBefore;
  await Promise.all([sender.close(), receiver.close()]);
  return {
    perSecond: counted / seconds,
    perCpuSecond: cpu === undefined || cpuBefore === undefined ? undefined : counted / (cpu - cpuBefore),
    latencies,
  };
}

const TICK_MS = 2;

/** Sends when messages are due, on queues with nothing under way; those that have none free wait, and are late. */
async function keepPace(
  pace: number,
  begin: number,
  end: () => number,
  free: Queue[],
  send: (queue: Queue, due: number) => Promise<void>,
): Promise<void> {
  for (let sent = 0; performance.now() < end(); ) {
    const due = begin + (sent * 1_000) / pace;
    const queue = due <= performance.now() ? free.shift() : undefined;
    if (queue === undefined) await pause(TICK_MS / 1_000);
    else {
      sent++;
      send(queue, due).catch(nothing);
    }
  }
}

export interface Cycles {
  readonly perSecond: number;
  readonly perCpuSecond: number | undefined;
  readonly latencies: readonly number[];
}

/** Cycles of a server; of ours beside the floor, which is measured before and after, as machines change their pace. */
export async function benchCycles(
  server: BenchServer,
  queueCount: number,
  floor: FloorServer | undefined,
): Promise<readonly Figure[]> {
  const floors = floor === undefined ? [] : [await floorCycles(floor, queueCount, SECONDS)];
  const { perSecond, perCpuSecond, latencies } = await runCycles(server, queueCount);
  if (floor !== undefined) floors.push(await floorCycles(floor, queueCount, SECONDS));
  const cycles = floors.reduce((sum, one) => sum + one.cycles, 0);
  const cpu = floors.reduce((sum, one) => sum + one.cpu, 0);
  const tail = `p50 ${ms(percentile(latencies, 0.5))}, p99 ${ms(percentile(latencies, 0.99))} from SEND to the OK of ACK`;
  const how = `SEND ${BODY_SIZE} bytes → MSG → ACK for ${SECONDS} s after ${WARM_UP_SECONDS} to warm up, one message under way per queue; ${tail}`;
  const what = `server, full cycles, ${queueCount} queue${queueCount === 1 ? '' : 's'}`;
  const row = (name: string, value: number, least: number | undefined): Figure => ({
    what: `${what}, ${name}`,
    value: `${Math.round(value)}`,
    ...(least === undefined ? {} : { floor: `${Math.round(least)}`, ratio: percent(value / least) }),
    how,
  });
  const perFloorSecond = floors.length === 0 ? undefined : cycles / (floors.length * SECONDS);
  return [
    row('per second', perSecond, perFloorSecond),
    ...(perCpuSecond === undefined
      ? []
      : [row('per CPU-second', perCpuSecond, floors.length === 0 ? undefined : cycles / cpu)]),
  ];
}
