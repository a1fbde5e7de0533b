/** Latency at an offered load that the server can handle easily, equal for all servers. */
import { type CycleTimes, latenciesOf, runCycles } from './cycles.ts';
import { type Figure, ms, percentile } from './measure.ts';
import type { BenchServer } from './server.ts';
import { watchStandstills } from './standstill-watch.ts';

const QUEUES = 64;
/** Cycles per second. */
const PACES = [100, 400];
/** Servers take turns, so that a slowdown of the machine affects all. */
const ROUNDS = 5;
const SECONDS = 8;
/** Time to catch up after a standstill of the machine. */
const CATCH_UP_MS = 200;

interface Latencies {
  readonly all: number[];
  readonly calm: number[];
}

/** `servers`: by the names of their figures. */
export async function benchOffered(servers: ReadonlyMap<string, BenchServer>): Promise<readonly Figure[]> {
  const figures: Figure[] = [];
  for (const pace of PACES) {
    const latencies = new Map<string, Latencies>([...servers.keys()].map((name) => [name, { all: [], calm: [] }]));
    for (let round = 0; round < ROUNDS; round++) {
      for (const [name, server] of servers) {
        for (const one of servers.values()) one.hold(one !== server);
        const watch = await watchStandstills();
        const { done } = await runCycles(server, QUEUES, pace, SECONDS);
        const { all, calm } = latencies.get(name)!;
        calm.push(...latenciesOf(withoutStandstills(done, await watch.stop())));
        all.push(...latenciesOf(done));
      }
    }
    for (const [name, { all, calm }] of latencies) figures.push(figureOf(name, pace, all, calm));
  }
  for (const server of servers.values()) server.hold(false);
  return figures;
}

function figureOf(name: string, pace: number, all: readonly number[], calm: readonly number[]): Figure {
  const share = Math.round((calm.length * 100) / all.length);
  const of = (latencies: readonly number[]) =>
    `p50 ${ms(percentile(latencies, 0.5))}, p99 ${ms(percentile(latencies, 0.99))}`;
  return {
    what: `${name}, ${pace} cycles a second offered, p99`,
    value: ms(percentile(calm, 0.99)),
    how: `${QUEUES} queues, ${ROUNDS} turns of ${SECONDS} s, from when SEND was due to the OK of ACK, of the ${share}% of messages during which the machine did not stand still: ${of(calm)}; of all messages ${of(all)}`,
  };
}

/** Excludes cycles that were due or in flight during a standstill or shortly after. */
function withoutStandstills(cycles: readonly CycleTimes[], standstills: readonly number[]): readonly CycleTimes[] {
  const at = standstills.map((unixMs) => unixMs - performance.timeOrigin);
  return cycles.filter(({ due, done }) => !at.some((still) => still < done && due < still + CATCH_UP_MS));
}
