/** Our server as a separate process: real disk, real TLS, a new folder each time. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { cpuSecondsOf, holdProcesses, residentBytesOf } from './process.ts';

export const SOTTO = fileURLToPath(new URL('../apps/sotto/main.js', import.meta.url));

/** A server under test; its resource usage is undefined if its process is unknown. */
export interface BenchServer {
  readonly address: string;
  readonly configFolder: string | undefined;
  cpuSeconds(): number | undefined;
  residentBytes(): number | undefined;
  /** Stops or continues its process, if known. */
  hold(hold: boolean): void;
  stop(): Promise<void>;
}

/** `settings` override its configuration; `prepare` is called with its data folder before the start. */
export async function startServer(
  settings: Readonly<Record<string, string>> = {},
  prepare: (data: string) => Promise<void> = async () => {},
): Promise<BenchServer & { readonly startMs: number }> {
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
  const ini = join(folder, 'config', 'smp-server.ini');
  let text = readFileSync(ini, 'utf8');
  for (const [key, value] of Object.entries(settings)) {
    text = text.replace(new RegExp(`^${key} = .*$`, 'm'), `${key} = ${value}`);
  }
  writeFileSync(ini, text);
  await prepare(join(folder, 'data'));
  const started = performance.now();
  const start = ['smp-server', 'start', ...where, '--host', '127.0.0.1', '--port', '0'];
  const server = spawn(process.execPath, [SOTTO, ...start], { stdio: ['ignore', 'pipe', 'inherit'] });
  const address = await printedAddress(server);
  const startMs = performance.now() - started;
  return {
    startMs,
    address,
    configFolder: join(folder, 'config'),
    cpuSeconds: () => cpuSecondsOf(server.pid!),
    residentBytes: () => residentBytesOf(server.pid!),
    hold: (hold) => holdProcesses(server.pid!, hold),
    async stop() {
      const ended = new Promise((resolve) => server.once('exit', resolve));
      server.kill('SIGTERM');
      await ended;
      rmSync(folder, { recursive: true });
    },
  };
}

/** Starts the server of the folder that contains `data`, and stops it at once. */
export async function runOnce(data: string): Promise<void> {
  const where = ['--config', join(data, '..', 'config'), '--data', data];
  const start = ['smp-server', 'start', ...where, '--host', '127.0.0.1', '--port', '0', '--exit-when-idle', '1'];
  await promisify(execFile)(process.execPath, [SOTTO, ...start]);
}

/** Reads the address from the output, and waits until the server is ready. */
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

export function otherServer(address: string, pid: number | undefined): BenchServer {
  return {
    address,
    configFolder: undefined,
    cpuSeconds: () => (pid === undefined ? undefined : cpuSecondsOf(pid)),
    residentBytes: () => (pid === undefined ? undefined : residentBytesOf(pid)),
    hold(hold) {
      if (pid !== undefined) holdProcesses(pid, hold);
    },
    stop: async () => {},
  };
}
