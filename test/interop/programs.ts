/** Programs under test as processes: their output is watched, and none of them outlives the test. */
import { type ChildProcess, spawn } from 'node:child_process';

export interface SpawnOptions {
  readonly env?: Readonly<Record<string, string>>;
}

const running = new Set<ChildProcess>();

process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(1));

/** How long a program may take to end when it is asked to. */
const STOP_MS = 5_000;

/** A running program and all it has said so far. */
export class Program {
  readonly name: string;
  readonly #child: ChildProcess;
  readonly #exited: Promise<void>;
  #output = '';
  #watchers: (() => void)[] = [];
  #ended = false;

  constructor(name: string, file: string, args: readonly string[], { env = {} }: SpawnOptions = {}) {
    this.name = name;
    this.#child = spawn(file, args, { env: { ...process.env, ...env }, stdio: ['pipe', 'pipe', 'pipe'] });
    running.add(this.#child);
    const take = (chunk: Buffer) => {
      this.#output += chunk.toString('utf8');
      this.#wake();
    };
    this.#child.stdout?.on('data', take);
    this.#child.stderr?.on('data', take);
    this.#child.stdin?.on('error', () => {});
    this.#exited = new Promise((resolve) => {
      const end = () => {
        running.delete(this.#child);
        this.#ended = true;
        this.#wake();
        resolve();
      };
      this.#child.on('close', end).on('error', end);
    });
  }

  get output(): string {
    return this.#output;
  }

  #wake(): void {
    for (const watcher of this.#watchers.splice(0)) watcher();
  }

  write(text: string): void {
    this.#child.stdin?.write(text);
  }

  /** Closes the input and gives all output once the program has ended. */
  async finish(): Promise<string> {
    this.#child.stdin?.end();
    await this.#exited;
    return this.#output;
  }

  /** The first match in the output, from when the program started. Rejects after `ms`, or when the program ends. */
  async waitFor(pattern: RegExp, ms: number): Promise<RegExpExecArray> {
    const deadline = Date.now() + ms;
    for (;;) {
      const match = pattern.exec(this.#output);
      if (match !== null) return match;
      const left = deadline - Date.now();
      if (left <= 0 || this.#ended) {
        const tail = this.#output.trim().split('\n').slice(-6).join('\n  ');
        throw new Error(
          `${this.name}: ${pattern} ${this.#ended ? 'never came' : `not within ${ms / 1000} s`}\n  ${tail}`,
        );
      }
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left);
        this.#watchers.push(() => {
          clearTimeout(timer);
          resolve();
        });
      });
    }
  }

  /** Ends it as a crash does. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#exited;
  }

  async stop(): Promise<void> {
    if (this.#ended) return;
    this.#child.kill('SIGINT');
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), STOP_MS);
    await this.#exited;
    clearTimeout(timer);
  }
}
