/**
 * Full cycles of a server: SEND of 15.9 KB, MSG to the subscribed recipient, ACK. One connection sends, one receives.
 */
import { systemRandom } from '#sotto/crypto';
import { type FloorServer, floorCycles, pause, WARM_UP_SECONDS } from './floor.ts';
import { Load, type LoadQueue } from './load.ts';
import { type Figure, ms, percent, percentile } from './measure.ts';
import type { BenchServer } from './server.ts';

const BODY_SIZE = 15_900;
const SECONDS = 5;

/**
 * Cycles of a server, alone or with other connections: as many as possible, or `pace` per second over all queues.
 * Latencies are measured from when a message was due.
 */
export async function runCycles(
  server: BenchServer,
  queueCount: number,
  pace?: number,
  forSeconds: number = SECONDS,
): Promise<Cycles> {
  const free: LoadQueue[] = [];
  const sentAt = new Map<LoadQueue, number>();
  const done: CycleTimes[] = [];
  let cycles = 0;
  const load = await Load.open(server.address, queueCount, systemRandom.bytes(BODY_SIZE), (queue) => {
    cycles++;
    done.push({ due: sentAt.get(queue)!, done: performance.now() });
    if (pace === undefined) send(queue, performance.now());
    else free.push(queue);
  });
  const send = (queue: LoadQueue, due: number) => {
    sentAt.set(queue, due);
    load.send(queue);
  };
  const begin = performance.now();
  const end = begin + (WARM_UP_SECONDS + forSeconds) * 1_000;
  if (pace === undefined) {
    for (const queue of load.queues) send(queue, begin);
  } else {
    free.push(...load.queues);
    void keepPace(pace, begin, end, free, send);
  }
  await pause(WARM_UP_SECONDS);
  const [start, cpuBefore, cyclesBefore] = [performance.now(), server.cpuSeconds(), cycles];
  const ownBefore = process.cpuUsage();
  done.length = 0;
  await pause(forSeconds);
  const seconds = (performance.now() - start) / 1_000;
  const cpu = server.cpuSeconds();
  const counted = cycles - cyclesBefore;
  const own = process.cpuUsage(ownBefore);
  load.close();
  return {
    perSecond: counted / seconds,
    perCpuSecond: cpu === undefined || cpuBefore === undefined ? undefined : counted / (cpu - cpuBefore),
    perOwnCpuSecond: (counted * 1_000_000) / (own.user + own.system),
    done,
  };
}

const TICK_MS = 1;

/**
 * Sends when messages are due, on queues without a message in flight; messages that must wait for a queue count as
 * late.
 */
async function keepPace(
  pace: number,
  begin: number,
  end: number,
  free: LoadQueue[],
  send: (queue: LoadQueue, due: number) => void,
): Promise<void> {
  for (let sent = 0; performance.now() < end; ) {
    const due = begin + (sent * 1_000) / pace;
    const queue = due <= performance.now() ? free.shift() : undefined;
    if (queue === undefined) await pause(TICK_MS / 1_000);
    else {
      sent++;
      send(queue, due);
    }
  }
}

export interface Cycles {
  readonly perSecond: number;
  readonly perCpuSecond: number | undefined;
  /** Per second of processor time used by the load generator. */
  readonly perOwnCpuSecond: number;
  readonly done: readonly CycleTimes[];
}

/** When a message was due and when its ACK was answered, by `performance.now()`. */
export interface CycleTimes {
  readonly due: number;
  readonly done: number;
}

export const latenciesOf = (cycles: readonly CycleTimes[]): readonly number[] =>
  cycles.map(({ due, done }) => done - due);

/**
 * Cycles of a server; for our own with the floor, which is measured before and after, because the speed of machines
 * varies.
 */
export async function benchCycles(
  server: BenchServer,
  queueCount: number,
  floor: FloorServer | undefined,
): Promise<readonly Figure[]> {
  const floors = floor === undefined ? [] : [await floorCycles(floor, queueCount, SECONDS)];
  const { perSecond, perCpuSecond, perOwnCpuSecond, done } = await runCycles(server, queueCount);
  const latencies = latenciesOf(done);
  if (floor !== undefined) floors.push(await floorCycles(floor, queueCount, SECONDS));
  const cycles = floors.reduce((sum, one) => sum + one.cycles, 0);
  const cpu = floors.reduce((sum, one) => sum + one.cpu, 0);
  const tail = `p50 ${ms(percentile(latencies, 0.5))}, p99 ${ms(percentile(latencies, 0.99))} from SEND to the OK of ACK`;
  const how = `SEND ${BODY_SIZE} bytes → MSG → ACK for ${SECONDS} s after ${WARM_UP_SECONDS} to warm up, one message under way per queue; ${tail}; driven at ${Math.round(perOwnCpuSecond)} per CPU-second`;
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
