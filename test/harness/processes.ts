/** The product's programs as processes of their own, driven as a person would, and killed as nobody should. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { EventLog } from './people.ts';

export const SOTTO = fileURLToPath(new URL('../../dist/apps/cli/main.js', import.meta.url));

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** A running program: the lines it prints, and the ways to end it. */
export class Program {
  readonly lines = new EventLog<string>();
  readonly ended: Promise<number | null>;
  readonly #child: ChildProcess;

  constructor(args: readonly string[], env: NodeJS.ProcessEnv = process.env) {
    if (!existsSync(SOTTO)) throw new Error('build first: npm run build');
    const child = spawn(process.execPath, [SOTTO, ...args], { env });
    this.#child = child;
    this.ended = new Promise((resolve) => child.once('exit', (code) => resolve(code)));
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream }).on('line', (line) => this.lines.add(line));
    }
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

  async stop(signal: NodeJS.Signals): Promise<number | null> {
    this.#child.kill(signal);
    return this.ended;
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
  #running: Program | undefined;
  address = '';

  constructor(folder: string, port: number) {
    this.#where = ['--config', join(folder, 'config'), '--data', join(folder, 'data')];
    this.#port = port;
  }

  async init(): Promise<void> {
    const init = ['smp-server', 'init', '-y', '--ip', '127.0.0.1', '--no-password', ...this.#where];
    await promisify(execFile)(process.execPath, [SOTTO, ...init]);
  }

  async start(): Promise<void> {
    const program = new Program([
      'smp-server',
      'start',
      ...this.#where,
      '--host',
      '127.0.0.1',
      '--port',
      `${this.#port}`,
    ]);
    this.#running = program;
    await program.lines.first((line) => /ready|serving/i.test(line), 'the server is ready');
    this.address = /smp:\/\/\S+/.exec(program.lines.all.join('\n'))![0];
  }

  async stop(signal: NodeJS.Signals): Promise<number | null | undefined> {
    return this.#running?.stop(signal);
  }
}

/** Somebody at a terminal that is none: commands in, lines out. */
export class ChatProgram {
  readonly name: string;
  readonly #args: readonly string[];
  program: Program;

  constructor(name: string, folder: string, server: string) {
    this.name = name;
    const where = ['-d', join(folder, name), '--no-passphrase', '-s', server];
    this.#args = ['chat', '-y', ...where, '--create-display-name', name];
    this.program = new Program(this.#args);
  }

  async restart(): Promise<void> {
    await this.program.stop('SIGKILL');
    this.program = new Program(this.#args);
  }

  /** Texts in the conversation with somebody: own and theirs, as they are stored. */
  async conversation(contact: string): Promise<{ readonly sent: string[]; readonly received: string[] }> {
    const lines = await this.program.ask(`/tail @${contact} 5000`);
    const texts = (pattern: RegExp) => lines.flatMap((line) => pattern.exec(line)?.[1] ?? []);
    return {
      sent: texts(new RegExp(`^(?:✓+ )?(?:\\d\\d:\\d\\d|[^@]*) @${contact} (\\d+)`)),
      received: texts(new RegExp(`^\\S.* ${contact}> (\\d+)$`)),
    };
  }
}
