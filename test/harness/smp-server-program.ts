/**
 * `sotto smp-server` as a separate process, from the compiled command. `SOTTO_TEST_WORKERS` sets its number of workers.
 */
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { parseSmpServer, type SmpServerWithAuth } from '../../src/protocol/index.ts';
import { Inbox } from './smp-client.ts';

const root = mkdtempSync(join(tmpdir(), 'smp-program-'));
const running = new Set<ChildProcess>();

export function killPrograms(): void {
  for (const child of running) child.kill('SIGKILL');
}

export const removeFolders = (): void => rmSync(root, { recursive: true, force: true });

/** The compiled command. */
const built = new URL('../../dist/apps/smp-server/index.js', import.meta.url).href;
const program = `import { smpServerCommand } from '${built}';
await smpServerCommand().parseAsync(process.argv.slice(1), { from: 'user' });`;

export function buildSmpServer(): void {
  execFileSync('npx', ['tsc', '-b', 'src/apps/smp-server'], { stdio: ['ignore', 'inherit', 'ignore'] });
}

let count = 0;
export const folders = () => {
  const folder = join(root, String(count++));
  return { config: join(folder, 'etc'), data: join(folder, 'var') };
};
export type Folders = ReturnType<typeof folders>;
export const args = ({ config, data }: Folders) => ['--config', config, '--data', data];

export interface Program {
  readonly child: ChildProcess;
  readonly lines: Inbox<string>;
  /** Its output so far. */
  output(): readonly string[];
  readonly ended: Promise<{ readonly code: number | null; readonly output: string }>;
}

/** The arguments for Node to run the command with these parameters. */
export const nodeArguments = (parameters: readonly string[]): string[] => [
  '--input-type=module',
  '-e',
  program,
  '--',
  ...parameters,
];

export const run = (parameters: readonly string[], env: Record<string, string> = {}, input = ''): Program =>
  execute(process.execPath, nodeArguments(parameters), env, input);

function execute(
  command: string,
  parameters: readonly string[],
  env: Record<string, string> = {},
  input = '',
): Program {
  const child = spawn(command, parameters, {
    stdio: 'pipe',
    env: { ...process.env, ...env },
  });
  child.stdin.end(input);
  running.add(child);
  const lines = new Inbox<string>();
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    createInterface(stream).on('line', (line) => {
      output += `${line}\n`;
      lines.push(line);
    });
  }
  const ended = new Promise<{ code: number | null; output: string }>((resolve) =>
    child.once('close', (code) => {
      running.delete(child);
      resolve({ code, output });
    }),
  );
  return { child, lines, output: () => output.split('\n'), ended };
}

export const finish = (parameters: readonly string[], env?: Record<string, string>) => run(parameters, env).ended;

/** Creates a server; `workers` overrides the environment. */
export const init = (...options: readonly string[]): Promise<Folders> =>
  initWithWorkers(process.env.SOTTO_TEST_WORKERS ?? 'auto', ...options);

export async function initWithWorkers(workers: string, ...options: readonly string[]): Promise<Folders> {
  const made = folders();
  const { code, output } = await finish(['init', '-y', '--ip', '127.0.0.1', ...options, ...args(made)]);
  if (code !== 0) throw new Error(output);
  configure(made, ['# workers = auto', `workers = ${workers}`]);
  return made;
}

/** Replaces a line of the configuration. */
export function configure({ config }: Folders, [before, after]: readonly [string | RegExp, string]): void {
  const path = join(config, 'smp-server.ini');
  const text = readFileSync(path, 'utf8');
  const changed = text.replace(before, after);
  if (changed === text) throw new Error(`there is no line ${before}`);
  writeFileSync(path, changed);
}

export async function start(
  made: Folders,
  ...options: readonly string[]
): Promise<Program & { address: SmpServerWithAuth }> {
  return await ready(run(['start', '--host', '127.0.0.1', '--port', '0', ...options, ...args(made)]));
}

/** Whether this process may mount private file systems. */
export const mayMount = (): boolean => process.getuid?.() === 0 && spawnSync('unshare', ['-m', 'true']).status === 0;

/** Starts a server whose data folder is a small file system that can be filled. */
export async function startOnSmallDisk(made: Folders, megabytes: number) {
  const script = `mount -t tmpfs -o size=${megabytes}m,mode=700 none "$0" && exec "$@"`;
  const parameters = nodeArguments(['start', '--host', '127.0.0.1', '--port', '0', ...args(made)]);
  const program = await ready(
    execute('unshare', ['-m', 'sh', '-c', script, made.data, process.execPath, ...parameters]),
  );
  const inside = (command: string) =>
    execFileSync('nsenter', ['-t', `${program.child.pid}`, '-m', 'sh', '-c', command, join(made.data, 'rest')]);
  return {
    ...program,
    fill: () => inside('dd if=/dev/zero of="$0" bs=4096 2>/dev/null; df --output=avail "$0" | tail -1').toString(),
    free: () => void inside('rm "$0"'),
  };
}

async function ready(program: Program): Promise<Program & { address: SmpServerWithAuth }> {
  let address: SmpServerWithAuth | undefined;
  for (;;) {
    const line = await Promise.race([program.lines.next(), program.ended]);
    if (typeof line !== 'string') throw new Error(line.output);
    const text = /^Server address: (.*)$/.exec(line)?.[1];
    if (text !== undefined) address = parseSmpServer(text);
    if (line.startsWith('Ready:')) return { ...program, address: address! };
  }
}
