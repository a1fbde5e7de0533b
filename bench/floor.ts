/** Drives {@link ./floor-server.ts} with the load of the cycles. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { connect, type TLSSocket } from 'node:tls';
import { fileURLToPath } from 'node:url';
import { BLOCK_SIZE, floorWork, IDLER, MESSAGE, RECIPIENT, SENDER } from './floor-work.ts';
import { cpuSecondsOf, residentBytesOf } from './process.ts';

const PROGRAM = fileURLToPath(new URL('./floor-server.js', import.meta.url));

export interface FloorServer {
  readonly port: number;
  cpuSeconds(): number;
  residentBytes(): number;
  stop(): Promise<void>;
}

/** Until the code is optimised: the steady state is measured. */
export const WARM_UP_SECONDS = 4;

export const pause = (seconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, seconds * 1000));

/** Starts a floor server with the certificates of one of our servers. */
export async function startFloorServer(configFolder: string): Promise<FloorServer> {
  const folder = mkdtempSync(join(tmpdir(), 'sotto-bench-'));
  const child: ChildProcess = spawn(process.execPath, [PROGRAM, configFolder, folder], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: child.stdout! });
  const port = await new Promise<number>((resolve) => lines.once('line', (line) => resolve(Number(line))));
  return {
    port,
    cpuSeconds: () => cpuSecondsOf(child.pid!),
    residentBytes: () => residentBytesOf(child.pid!),
    async stop() {
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGTERM');
      await ended;
      rmSync(folder, { recursive: true });
    },
  };
}

/** Blocks in each direction before a client's connection is idle: the hellos, and one command with its response. */
const BLOCKS_BEFORE_IDLE = 2;

/** A connection that has transferred as much as a client's, and is idle since. */
export async function idleConnection(port: number): Promise<TLSSocket> {
  const { block } = floorWork();
  let answers = 0;
  let done = () => {};
  const exchanged = new Promise<void>((resolve) => {
    done = resolve;
  });
  const socket = await connectAs(IDLER, port, () => {
    if (++answers < BLOCKS_BEFORE_IDLE) socket.write(block);
    else done();
  });
  socket.write(block);
  await exchanged;
  return socket;
}

async function bareConnection(port: number): Promise<TLSSocket> {
  const socket = connect({ port, host: '127.0.0.1', servername: '', rejectUnauthorized: false });
  socket.setNoDelay(true);
  await new Promise<void>((resolve, reject) => {
    socket.once('secureConnect', () => resolve());
    socket.once('error', reject);
  });
  return socket;
}

async function connectAs(role: number, port: number, onBlock: (kind: number) => void): Promise<TLSSocket> {
  const socket = await bareConnection(port);
  socket.on('readable', () => {
    for (;;) {
      const block = socket.read(BLOCK_SIZE) as Buffer | null;
      if (block === null || block.length < BLOCK_SIZE) return;
      onBlock(block[0]!);
    }
  });
  socket.write(Uint8Array.of(role));
  return socket;
}

/** Number of cycles in `seconds` with `underWay` in flight, and the processor time of the server. */
export async function floorCycles(
  server: FloorServer,
  underWay: number,
  seconds: number,
): Promise<{ readonly cycles: number; readonly cpu: number }> {
  const { block } = floorWork();
  let cycles = 0;
  const recipient = await connectAs(RECIPIENT, server.port, (kind) => {
    if (kind === MESSAGE) {
      recipient.write(block);
    } else {
      cycles++;
      sender.write(block);
    }
  });
  const sender = await connectAs(SENDER, server.port, () => {});
  for (let i = 0; i < underWay; i++) sender.write(block);
  await pause(WARM_UP_SECONDS);
  const [cyclesBefore, cpuBefore] = [cycles, server.cpuSeconds()];
  await pause(seconds);
  const result = { cycles: cycles - cyclesBefore, cpu: server.cpuSeconds() - cpuBefore };
  sender.destroy();
  recipient.destroy();
  return result;
}
