/** How long messages take while as many come as the server can easily take: the same number a second for all servers. */
import { type CycleTimes, latenciesOf, runCycles } from './cycles.ts';
import { type Figure, ms, percentile } from './measure.ts';
import type { BenchServer } from './server.ts';
import { watchStandstills } from './standstill-watch.ts';

const QUEUES = 64;
/** Cycles a second. */
const PACES = [100, 400];
const SECONDS = 20;
/** How long after a standstill what came meanwhile is still being caught up with. */
const CATCH_UP_MS = 200;

export async function benchOffered(server: BenchServer): Promise<readonly Figure[]> {
  const figures: Figure[] = [];
  for (const pace of PACES) {
    const watch = await watchStandstills();
    const { done, perSecond } = await runCycles(server, QUEUES, pace, SECONDS);
    const undisturbed = withoutStandstills(done, await watch.stop());
    const [all, calm] = [latenciesOf(done), latenciesOf(undisturbed)];
    figures.push({
      what: `server, ${pace} cycles a second offered, p99`,
      value: ms(percentile(calm, 0.99)),
      how: `${QUEUES} queues for ${SECONDS} s, from when SEND was due to the OK of ACK, of the ${Math.round((calm.length * 100) / all.length)}% of messages during which the machine did not stand still; p50 ${ms(percentile(calm, 0.5))}; of all messages p50 ${ms(percentile(all, 0.5))}, p99 ${ms(percentile(all, 0.99))}; ${perSecond.toFixed(0)} a second done`,
    });
  }
  return figures;
}

/** Those that were neither due nor under way when the machine stood still, or shortly after. */
function withoutStandstills(cycles: readonly CycleTimes[], standstills: readonly number[]): readonly CycleTimes[] {
  const at = standstills.map((unixMs) => unixMs - performance.timeOrigin);
  return cycles.filter(({ due, done }) => !at.some((still) => still < done && due < still + CATCH_UP_MS));
}
