/** Resources of a server with growing numbers of connections: memory of each, and the speed of active ones. */
import { latenciesOf, runCycles } from './cycles.ts';
import { forAll, subscribedClient } from './idle.ts';
import { type Figure, ms, percentile } from './measure.ts';
import { startServer } from './server.ts';

const CONNECTIONS = [10, 100, 1_000, 5_000];
/** Active queues while the others are idle. */
const TALKING = 64;
const SETTLE_MS = 3_000;

const megabytes = (bytes: number) => (bytes / 1_048_576).toFixed(0);

export async function benchGrowth(): Promise<readonly Figure[]> {
  // All connections come from one address here.
  const server = await startServer({ connections_per_address: '0' });
  const figures: Figure[] = [];
  const idle: Awaited<ReturnType<typeof subscribedClient>>[] = [];
  for (const connections of CONNECTIONS) {
    const [cpu, from] = [server.cpuSeconds() ?? 0, idle.length];
    idle.push(...(await forAll(() => subscribedClient(server), connections - from)));
    const connecting = (((server.cpuSeconds() ?? 0) - cpu) / (idle.length - from)) * 1_000;
    await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
    const memory = server.residentBytes() ?? 0;
    const { perCpuSecond, done } = await runCycles(server, TALKING);
    const latencies = latenciesOf(done);
    figures.push({
      what: `server with ${idle.length} idle connections, cycles per CPU-second`,
      value: `${Math.round(perCpuSecond ?? Number.NaN)}`,
      how: `${TALKING} queues besides; p50 ${ms(percentile(latencies, 0.5))}, p99 ${ms(percentile(latencies, 0.99))}; ${megabytes(memory)} MB of memory before; ${connecting.toFixed(1)} ms of processor to connect, make a queue and subscribe`,
    });
  }
  for (const client of idle) void client.close();
  await server.stop();
  return figures;
}
