/**
 * A server of one's own on this machine, to begin with: made once, with an identity and a port that stay, started when
 * a chat needs it, shared by all chats of this user, and ended by itself when there are none.
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { UsageError } from './options.ts';

const HOST = '127.0.0.1';
/** Seconds after the last chat until the server ends. */
const IDLE_SECONDS = 60;
const START_TIMEOUT_MS = 20_000;
const POLL_MS = 50;
/** How often a running chat looks whether the server still runs. */
const WATCH_MS = 2_000;
/** Ports below those that systems give to outgoing connections. */
const FIRST_PORT = 20_000;
const PORT_COUNT = 12_000;

export interface LocalServerOptions {
  readonly folder: string;
  /** The program `sotto`, as JavaScript. */
  readonly program: string;
  /** Told of the process of a server that was started. */
  readonly onStarted: (pid: number) => void;
}

const delay = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Makes and starts the server where needed, and gives its address. Throws {@link UsageError} with the reason. */
export async function ensureLocalServer(options: LocalServerOptions): Promise<string> {
  await makeOnce(options);
  await ensureRunning(options);
  const address = /smp:\/\/\S+/.exec(readFileSync(join(options.folder, 'address'), 'utf8'))?.[0];
  if (address === undefined) throw new UsageError(`there is no server address in ${join(options.folder, 'address')}`);
  return address;
}

/** Starts the server again should it end while this program runs; the result stops that. */
export function watchLocalServer(options: LocalServerOptions): () => void {
  let starting = false;
  const timer = setInterval(async () => {
    if (starting || isRunning(options.folder)) return;
    starting = true;
    try {
      await ensureRunning(options);
    } catch {
      // Tried again next time; the chat shows that the server is away.
    } finally {
      starting = false;
    }
  }, WATCH_MS);
  timer.unref();
  return () => clearInterval(timer);
}

/** Makes identity, configuration and port in a folder aside, which then takes its place in one step. */
async function makeOnce({ folder, program }: LocalServerOptions): Promise<void> {
  if (existsSync(folder)) return;
  const aside = `${folder}.${process.pid}`;
  rmSync(aside, { recursive: true, force: true });
  mkdirSync(dirname(folder), { recursive: true, mode: 0o700 });
  mkdirSync(aside, { mode: 0o700 });
  const args = ['smp-server', 'init', '-y', '--ip', HOST, '--no-password', ...folderArgs(aside)];
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...args], { encoding: 'utf8' });
  const fingerprint = /smp:\/\/[^@\s]+@/.exec(stdout)?.[0];
  if (status !== 0 || fingerprint === undefined) {
    throw new UsageError(`the local server could not be made: ${stderr.trim() || stdout.trim()}`);
  }
  const port = await freePort();
  writeFileSync(join(aside, 'port'), `${port}\n`);
  writeFileSync(join(aside, 'address'), `${fingerprint}${HOST}:${port}\n`);
  try {
    renameSync(aside, folder);
  } catch (error) {
    rmSync(aside, { recursive: true, force: true });
    // Another chat that starts at this moment was first: its server is the one.
    if (!existsSync(folder)) throw error;
  }
}

async function ensureRunning(options: LocalServerOptions): Promise<void> {
  const { folder } = options;
  const port = Number(readFileSync(join(folder, 'port'), 'utf8'));
  const deadline = Date.now() + START_TIMEOUT_MS;
  let child: { readonly exited: () => boolean } | undefined;
  while (Date.now() < deadline) {
    if (await answers(port)) {
      if (isRunning(folder)) return;
      throw new UsageError(
        `port ${port} of this machine, where the local server should be, is taken by another program: end that program, or give a server with -s`,
      );
    }
    // One that just ended may have been second to another chat's: then that one answers soon.
    if (child === undefined) child = start(options, port);
    else if (child.exited() && !isRunning(folder)) {
      await delay(10 * POLL_MS);
      if (!isRunning(folder)) break;
    }
    await delay(POLL_MS);
  }
  throw new UsageError(`the local server did not start: ${lastLine(logPath(folder))}`);
}

/** Starts the server as a process that stays when this one ends. */
function start({ folder, program, onStarted }: LocalServerOptions, port: number): { readonly exited: () => boolean } {
  const log = openSync(logPath(folder), 'a', 0o600);
  const own = ['--host', HOST, '--port', String(port), '--exit-when-idle', String(IDLE_SECONDS)];
  const child = spawn(process.execPath, [program, 'smp-server', 'start', ...folderArgs(folder), ...own], {
    cwd: '/',
    detached: true,
    // It has no use for the passphrase of the chat.
    env: { ...process.env, SOTTO_KEY: undefined },
    stdio: ['ignore', log, log],
  });
  let exited = false;
  child.on('exit', () => {
    exited = true;
  });
  child.on('error', () => {
    exited = true;
  });
  child.unref();
  if (child.pid !== undefined) onStarted(child.pid);
  return { exited: () => exited };
}

function folderArgs(folder: string): readonly string[] {
  return ['--config', join(folder, 'config'), '--data', join(folder, 'data')];
}

function logPath(folder: string): string {
  return join(folder, 'server.log');
}

/** Whether the process that holds the server's data is alive. */
function isRunning(folder: string): boolean {
  try {
    const pid = Number.parseInt(readFileSync(join(folder, 'data', 'lock'), 'utf8'), 10);
    process.kill(pid, 0);
    // In containers that collect no ended processes, those stay, in state Z.
    const status = `/proc/${pid}/stat`;
    return !existsSync(status) || !/\) Z /.test(readFileSync(status, 'utf8'));
  } catch {
    return false;
  }
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: HOST, port });
    const finish = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket.once('connect', () => finish(true)).once('error', () => finish(false));
  });
}

async function freePort(): Promise<number> {
  for (;;) {
    const port = FIRST_PORT + Math.floor(Math.random() * PORT_COUNT);
    const free = await new Promise<boolean>((resolve) => {
      const server = createServer();
      server.once('error', () => resolve(false));
      server.listen(port, HOST, () => server.close(() => resolve(true)));
    });
    if (free) return port;
  }
}

function lastLine(path: string): string {
  try {
    return readFileSync(path, 'utf8').trimEnd().split('\n').at(-1) || 'it said nothing';
  } catch {
    return 'it said nothing';
  }
}
