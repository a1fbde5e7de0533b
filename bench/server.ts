/** The product's own server as a process of its own: real disk, real TLS, a new folder each time. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

export const SOTTO = fileURLToPath(new URL('../apps/cli/main.js', import.meta.url));

export interface BenchServer {
  readonly address: string;
  /** Processor time used so far, in seconds; undefined for a server that is not ours. */
  cpuSeconds(): number | undefined;
  stop(): Promise<void>;
}

/** Ticks of /proc/PID/stat: 100 a second on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100;

function cpuSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

export async function startServer(): Promise<BenchServer> {
  const folder = mkdtempSync(join(tmpdir(), 'sotto-bench-'));
  const where = ['--config', join(folder, 'config'), '--data', join(folder, 'data')];
  await promisify(execFile)(process.execPath, [
    SOTTO,
    'smp-server',
    'init',
    '-y',
    '--ip',
    '127.0.0.1',
    '--no-password',
    ...where,
  ]);
  const start = ['smp-server', 'start', ...where, '--host', '127.0.0.1', '--port', '0'];
  const server = spawn(process.execPath, [SOTTO, ...start], { stdio: ['ignore', 'pipe', 'inherit'] });
  const address = await printedAddress(server);
  return {
    address,
    cpuSeconds: () => cpuSeconds(server.pid!),
    async stop() {
      const ended = new Promise((resolve) => server.once('exit', resolve));
      server.kill('SIGTERM');
      await ended;
      rmSync(folder, { recursive: true });
    },
  };
}

/** The server prints its address and is ready when it says so. */
async function printedAddress(server: ChildProcess): Promise<string> {
  let address: string | undefined;
  for await (const line of createInterface({ input: server.stdout! })) {
    address ??= /smp:\/\/\S+/.exec(line)?.[0];
    if (address !== undefined && /ready|serving/i.test(line)) break;
  }
  if (address === undefined) throw new Error('the server ended before it was ready');
  server.stdout!.resume();
  return address;
}

export function otherServer(address: string): BenchServer {
  return { address, cpuSeconds: () => undefined, stop: async () => {} };
}
