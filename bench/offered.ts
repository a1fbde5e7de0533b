/** How long messages take while as many come as the server can easily take: the same number a second for all servers. */
import { runCycles } from './cycles.ts';
import { type Figure, ms, percentile } from './measure.ts';
import type { BenchServer } from './server.ts';

const QUEUES = 64;
/** Cycles a second. */
const PACES = [100, 400];

export async function benchOffered(server: BenchServer): Promise<readonly Figure[]> {
  const figures: Figure[] = [];
  for (const pace of PACES) {
    const { latencies, perSecond } = await runCycles(server, QUEUES, pace);
    figures.push({
      what: `server, ${pace} cycles a second offered, p99`,
      value: ms(percentile(latencies, 0.99)),
      how: `${QUEUES} queues, from when SEND was due to the OK of ACK; p50 ${ms(percentile(latencies, 0.5))}, ${perSecond.toFixed(0)} a second done`,
    });
  }
  return figures;
}
