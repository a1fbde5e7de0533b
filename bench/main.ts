/**
 * `npm run bench [-- --only <part>] [-- --server smp://…] [-- --server-pid N]`: prints the figures of
 * docs/benchmarks.md. `--server` runs the server's parts on another server too; with its process id its resource usage
 * is measured, and it is stopped (SIGSTOP) outside its turns.
 */
import { fork } from 'node:child_process';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { benchBlocks } from './blocks.ts';
import { benchChats } from './chats.ts';
import { benchColdStart } from './cold-start.ts';
import { benchContacts } from './contacts.ts';
import { benchCycles } from './cycles.ts';
import { startFloorServer } from './floor.ts';
import { benchGrowth } from './growth.ts';
import { benchIdle } from './idle.ts';
import { benchKem } from './kem.ts';
import { benchLatency } from './latency.ts';
import { type Figure, printFigures } from './measure.ts';
import { benchOffered } from './offered.ts';
import { benchQueues } from './queues.ts';
import { benchRatchet } from './ratchet.ts';
import { type BenchServer, otherServer, startServer } from './server.ts';
import { benchWorst } from './worst.ts';

const PROGRAM = fileURLToPath(import.meta.url);
const QUEUES = [1, 16, 256];

const { values } = parseArgs({
  options: { server: { type: 'string' }, 'server-pid': { type: 'string' }, only: { type: 'string' } },
});

async function withServer(run: (server: BenchServer) => Promise<readonly Figure[]>): Promise<readonly Figure[]> {
  const server = await startServer();
  const figures = await run(server);
  await server.stop();
  return figures;
}

/** A part of the server: ours with the floor, then the other server. */
async function onServers(
  run: (
    server: BenchServer,
    floor: Awaited<ReturnType<typeof startFloorServer>> | undefined,
  ) => Promise<readonly Figure[]>,
): Promise<readonly Figure[]> {
  const ours = await withServer(async (server) => {
    const floor = await startFloorServer(server.configFolder!);
    const figures = await run(server, floor);
    await floor.stop();
    return figures;
  });
  const other = theOther();
  if (other === undefined) return ours;
  other.hold(false);
  const figures = await run(other, undefined);
  return [...ours, ...figures.map((figure) => ({ ...figure, what: `other ${figure.what}` }))];
}

/** The server given with `--server`. */
function theOther(): BenchServer | undefined {
  if (values.server === undefined) return undefined;
  const pid = values['server-pid'];
  return otherServer(values.server, pid === undefined ? undefined : Number(pid));
}

/** Both servers, by the names of their figures. */
function inTurns(ours: BenchServer): ReadonlyMap<string, BenchServer> {
  const other = theOther();
  return new Map([['server', ours], ...(other === undefined ? [] : [['other server', other] as const])]);
}

const parts: Record<string, () => Promise<readonly Figure[]>> = {
  kem: async () => benchKem(),
  ratchet: async () => [false, true].flatMap(benchRatchet),
  blocks: async () => benchBlocks(),
  growth: () => benchGrowth(),
  queues: () => benchQueues(),
  cycles: () =>
    onServers(async (server, floor) => {
      const figures: Figure[] = [];
      for (const queues of QUEUES) figures.push(...(await benchCycles(server, queues, floor)));
      return figures;
    }),
  offered: () => withServer((server) => benchOffered(inTurns(server))),
  idle: () => onServers(benchIdle),
  latency: () =>
    withServer(async (server) => [...(await benchLatency(server, false)), ...(await benchLatency(server, true))]),
  contacts: () => withServer(benchContacts),
  chats: () => benchChats(),
  worst: () => withServer(benchWorst),
  start: () => withServer(async (server) => benchColdStart(server)),
};

/** Runs a part in a separate process: garbage left by others would slow it down. */
async function inProcess(part: string): Promise<readonly Figure[]> {
  const child = fork(PROGRAM, [...process.argv.slice(2), '--only', part]);
  const ended = new Promise<readonly Figure[]>((_, reject) =>
    child.once('exit', (code) => reject(new Error(`${part} ended with ${code}`))),
  );
  return Promise.race([
    new Promise<readonly Figure[]>((resolve) => child.once('message', resolve as () => void)),
    ended,
  ]);
}

async function runPart(run: () => Promise<readonly Figure[]>): Promise<readonly Figure[]> {
  // Garbage collection of the load generator: see src/hosting/processes/garbage-collection.ts.
  setFlagsFromString('--incremental-marking-hard-trigger=98');
  // Background work of the other server, such as garbage collection, must not count against ours.
  theOther()?.hold(true);
  process.on('exit', () => theOther()?.hold(false));
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(1));
  process.once('disconnect', () => process.exit(1));
  return run();
}

const { only } = values;
const part = only === undefined ? undefined : parts[only];
if (only !== undefined && part === undefined) {
  console.error(`There is no part ${only}: there are ${Object.keys(parts).join(', ')}.`);
  process.exit(2);
}
if (part !== undefined && process.send !== undefined) {
  process.send(await runPart(part), () => process.exit(0));
} else {
  console.log(`${cpus().length} × ${cpus()[0]?.model.trim()}, Node ${process.version}\n`);
  const figures: Figure[] = [];
  for (const name of only === undefined ? Object.keys(parts) : [only]) figures.push(...(await inProcess(name)));
  printFigures(figures);
}
