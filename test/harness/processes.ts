/** The product's programs as processes of their own, driven as a person would, and killed as nobody should. */
import { type ChildProcess, execFile, execFileSync, spawn } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { isDeepStrictEqual, promisify } from 'node:util';
import { parseSmpServer, type SmpServer } from '../../src/protocol/index.ts';
import { EventLog } from './people.ts';

export const SOTTO = fileURLToPath(new URL('../../dist/apps/sotto/main.js', import.meta.url));

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** How a program is run. */
export interface RunOptions {
  /** A program that runs it, as `prlimit` does. */
  readonly prefix?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Options besides those that it needs. */
  readonly more?: readonly string[];
}

/** Sets a limit of a running process, as `fsize=1000:` or `nofile=50:`. */
export function limitProcess(pid: number, limit: string): void {
  execFileSync('prlimit', ['--pid', `${pid}`, `--${limit}`]);
}

/** Processes that a process has started. */
export const childrenOf = (pid: number): number[] =>
  readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);

/** A running program: the lines it prints, and the ways to end it. */
export class Program {
  readonly lines = new EventLog<string>();
  /** What of it went to standard error. */
  readonly errors: string[] = [];
  readonly ended: Promise<number | null>;
  readonly #child: ChildProcess;
  #sent: NodeJS.Signals | undefined;
  #crash: NodeJS.Signals | undefined;

  constructor(args: readonly string[], { prefix = [], env = {}, more = [] }: RunOptions = {}) {
    if (!existsSync(SOTTO)) throw new Error('build first: npm run build');
    const [command, ...rest] = [...prefix, process.execPath, SOTTO, ...args, ...more];
    const child = spawn(command!, rest, { env: { ...process.env, ...env } });
    this.#child = child;
    this.ended = new Promise((resolve) =>
      child.once('exit', (code, signal) => {
        if (signal !== null && signal !== this.#sent) this.#crash = signal;
        resolve(code);
      }),
    );
    createInterface({ input: child.stdout }).on('line', (line) => this.lines.add(line));
    createInterface({ input: child.stderr }).on('line', (line) => {
      this.errors.push(line);
      this.lines.add(line);
    });
    // Written to after it was killed.
    child.stdin.on('error', () => {});
  }

  get pid(): number {
    return this.#child.pid!;
  }

  type(line: string): void {
    this.#child.stdin!.write(`${line}\n`);
  }

  endInput(): void {
    this.#child.stdin!.end();
  }

  signal(signal: NodeJS.Signals): void {
    this.#sent = signal;
    this.#child.kill(signal);
  }

  /** Rejects when it has ended by a signal that nobody sent: a crash. */
  async stop(signal: NodeJS.Signals): Promise<number | null> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) this.signal(signal);
    const code = await this.ended;
    if (this.#crash !== undefined) throw new Error(`the program crashed: ${this.#crash}`);
    return code;
  }

  /** Types a command and gives the lines that it printed. */
  async ask(command: string): Promise<string[]> {
    const from = this.lines.all.length;
    this.type(command);
    this.type('/version');
    const isEnd = (line: string) => /^sotto \d/i.test(line);
    await this.lines.until(() => this.lines.all.slice(from).some(isEnd), `answer to ${command}`);
    const answer = this.lines.all.slice(from);
    return answer.slice(0, answer.findIndex(isEnd));
  }
}

/** A server that keeps its identity, port and data through restarts. */
export class ServerProgram {
  readonly #where: readonly string[];
  readonly #port: number;
  readonly #options: RunOptions;
  readonly configuration: string;
  readonly #former: string[] = [];
  #running: Program | undefined;
  address = '';

  constructor(folder: string, port: number, options: RunOptions = {}) {
    const config = join(folder, 'config');
    this.#where = ['--config', config, '--data', join(folder, 'data')];
    this.#port = port;
    this.#options = options;
    this.configuration = join(config, 'smp-server.ini');
  }

  /** The server, while it runs. */
  get program(): Program {
    if (this.#running === undefined) throw new Error('the server does not run');
    return this.#running;
  }

  /** What it has printed, in all its lives. */
  get log(): readonly string[] {
    return [...this.#former, ...(this.#running?.lines.all ?? [])];
  }

  /** What clients connect to. */
  get server(): SmpServer {
    return parseSmpServer(this.address).server;
  }

  /** Makes the server; `settings` replace those of its configuration. */
  async init(settings: Readonly<Record<string, number | string>> = {}): Promise<void> {
    const init = ['smp-server', 'init', '-y', '--ip', '127.0.0.1', '--no-password', ...this.#where];
    await promisify(execFile)(process.execPath, [SOTTO, ...init]);
    let text = readFileSync(this.configuration, 'utf8');
    for (const [key, value] of Object.entries(settings)) {
      text = text.replace(new RegExp(`^(?:# )?${key} = .*$`, 'm'), `${key} = ${value}`);
    }
    writeFileSync(this.configuration, text);
  }

  async start(): Promise<void> {
    const where = [...this.#where, '--host', '127.0.0.1', '--port', `${this.#port}`];
    const program = new Program(['smp-server', 'start', ...where], this.#options);
    this.#former.push(...(this.#running?.lines.all ?? []));
    this.#running = program;
    await program.lines.first((line) => /ready|serving/i.test(line), 'the server is ready');
    const address = /smp:\/\/\S+/.exec(program.lines.all.join('\n'))![0];
    // What it prints into a pipe has no password.
    const password = /^create_password = (.+)$/m.exec(readFileSync(this.configuration, 'utf8'))?.[1];
    this.address = password === undefined ? address : address.replace('@', `:${password}@`);
  }

  async stop(signal: NodeJS.Signals): Promise<number | null | undefined> {
    return this.#running?.stop(signal);
  }
}

/** More lines than any conversation of a test has. */
const ALL_ITEMS = 1_000_000;

/** Somebody at a terminal that is none: commands in, lines out. */
export class ChatProgram {
  readonly name: string;
  readonly #args: readonly string[];
  readonly #options: RunOptions;
  readonly database: string;
  program: Program;

  constructor(name: string, folder: string, server: string, options: RunOptions = {}) {
    this.name = name;
    this.#options = options;
    this.database = join(folder, `${name}.db`);
    const where = ['-d', join(folder, name), '--no-passphrase', '-s', server];
    this.#args = ['chat', '-y', ...where, '--create-display-name', name];
    this.program = new Program(this.#args, this.#options);
  }

  async restart(): Promise<void> {
    await this.program.stop('SIGKILL');
    this.program = new Program(this.#args, this.#options);
  }

  /** Makes a link for one person. */
  async invite(): Promise<string> {
    const from = this.program.lines.all.length;
    this.program.type('/c');
    const isLink = (line: string) => line.startsWith('simplex:');
    await this.program.lines.until(() => this.program.lines.all.slice(from).some(isLink), 'invitation');
    return this.program.lines.all.slice(from).find(isLink)!;
  }

  /** Connects with somebody who runs too. */
  async connect(other: ChatProgram): Promise<void> {
    const link = await other.invite();
    this.program.type(`/c ${link}`);
    for (const [a, b] of [
      [this, other],
      [other, this],
    ] as const) {
      await a.program.lines.first((line) => line.startsWith(`${b.name}: contact is connected`), 'connected');
    }
  }

  /** Texts in the conversation with somebody: own and theirs, as they are stored. */
  async conversation(contact: string): Promise<Conversation> {
    return readConversation(contact, await this.#tail(contact));
  }

  /** The conversation once nothing is printed among it any more: two answers in a row are the same, marks included. */
  async settledConversation(contact: string): Promise<Conversation> {
    let before = await this.#tail(contact);
    for (;;) {
      const now = await this.#tail(contact);
      if (isDeepStrictEqual(now, before)) return readConversation(contact, now);
      before = now;
    }
  }

  #tail(contact: string): Promise<readonly string[]> {
    return this.program.ask(`/tail @${contact} ${ALL_ITEMS}`);
  }
}

interface Conversation {
  readonly sent: string[];
  readonly received: string[];
}

function readConversation(contact: string, lines: readonly string[]): Conversation {
  const texts = (pattern: RegExp) => lines.flatMap((line) => pattern.exec(line)?.[1] ?? []);
  return {
    sent: texts(new RegExp(`^(?:✓+ )?(?:\\d\\d:\\d\\d|[^@]*) @${contact} (\\d+)`)),
    received: texts(new RegExp(`^\\S.* ${contact}> (\\d+)$`)),
  };
}
