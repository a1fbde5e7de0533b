/** `npm run bench [-- --server smp://…] [-- --only cycles|latency|start]`: prints the figures of docs/benchmarks.md. */
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { benchColdStart } from './cold-start.ts';
import { benchCycles } from './cycles.ts';
import { benchLatency } from './latency.ts';
import { type Figure, printFigures } from './measure.ts';
import { otherServer, startServer } from './server.ts';

const { values } = parseArgs({ options: { server: { type: 'string' }, only: { type: 'string' } } });
const server = values.server === undefined ? await startServer() : otherServer(values.server);
const wanted = (name: string) => values.only === undefined || values.only === name;

console.log(
  `${cpus().length} × ${cpus()[0]?.model.trim()}, Node ${process.version}, server ${values.server ?? 'sotto, durable'}\n`,
);
const figures: Figure[] = [];
if (wanted('cycles')) for (const queues of [1, 16]) figures.push(...(await benchCycles(server, queues)));
if (wanted('latency')) for (const pq of [false, true]) figures.push(...(await benchLatency(server, pq)));
if (wanted('start')) figures.push(...benchColdStart(server));
await server.stop();
printFigures(figures);
