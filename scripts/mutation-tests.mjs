/**
 * Runs test files for `npm run mutate` in a long-lived process, beginning with the files that detected most in the
 * least time.
 */
import { spawn } from 'node:child_process';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const RUNNER = join(dirname(fileURLToPath(import.meta.url)), 'mutation-vitest.mjs');

/** Timeout of a file: this, plus three times the duration of the slowest file of its stage without a mutation. */
const SHORTEST_FILE_TIMEOUT_MS = 8_000;
/** Timeout for the rest of a file after a test has failed. */
const AFTER_FAILURE_MS = 1_000;

/**
 * Runs tests in `cwd`. A stage is a project of Vitest and paths of its files and folders, run when the one before passed;
 * with `of`, only for changes of files in that folder.
 * No file may take longer than `limitMs`.
 */
export class MutationTests {
  #cwd;
  #stages;
  #limitMs;
  /** Each file's name, stage, duration without a mutation, and the mutated files that it failed for. */
  #files = [];
  #child;
  #received = () => {};
  #output = '';

  constructor(cwd, stages, limitMs) {
    this.#cwd = cwd;
    this.#stages = stages;
    this.#limitMs = limitMs;
  }

  /** Runs all tests without a mutation; returns the failure, or undefined when they passed. */
  async start() {
    this.#files = (await this.#startProcess()).map((file) => ({ ...file, ms: 1, failedFor: [] }));
    const onFile = ({ file, ms }) => {
      this.#files.find((known) => known.file === file).ms = ms;
    };
    const names = this.#files.map(({ file }) => file);
    const { result, reason } = await this.#runFiles({ files: names, isFirst: true }, this.#limitMs, onFile);
    return result === 'passed' ? undefined : reason;
  }

  /** Runs the tests for a mutated file: `passed`, `failed` or `late`. */
  async run(changed) {
    for (const [stage, { of = '' }] of this.#stages.entries()) {
      if (!changed.startsWith(of)) continue;
      const files = this.#ordered(stage, changed);
      if (this.#child === undefined) await this.#startProcess();
      const slowest = Math.max(...files.map(({ ms }) => ms));
      const limit = Math.min(SHORTEST_FILE_TIMEOUT_MS + 3 * slowest, this.#limitMs);
      const { result, file } = await this.#runFiles({ files: files.map(({ file }) => file), changed }, limit);
      this.#files.find((known) => known.file === file)?.failedFor.push(changed);
      if (result !== 'passed') return result;
    }
    return 'passed';
  }

  /** Stops the process and its children. */
  async stop() {
    const child = this.#child;
    if (child === undefined) return;
    const ended = new Promise((done) => child.once('close', done));
    this.#kill();
    await ended;
  }

  #ordered(stage, changed) {
    const [folder, name] = changed.replace(/\.ts$/, '').split('/').slice(-2);
    const promise = ({ file, ms, failedFor }) => {
      const failedForThis = failedFor.filter((other) => other === changed).length;
      const words = basename(file).split(/[-.]/);
      const isNamedAlike = words.includes(name) || words.includes(folder);
      return (1 + failedFor.length + 5 * failedForThis + (isNamedAlike ? 5 : 0)) / (500 + ms);
    };
    return this.#files.filter((file) => file.stage === stage).sort((a, b) => promise(b) - promise(a));
  }

  #startProcess() {
    // In its own process group, so that processes started by tests are stopped with it.
    const child = spawn(process.execPath, [RUNNER, JSON.stringify(this.#stages)], {
      cwd: this.#cwd,
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      detached: true,
      env: { ...process.env, TEST: 'true', VITEST: 'true', NODE_ENV: 'test' },
    });
    this.#child = child;
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (data) => {
        this.#output = (this.#output + data).slice(-10_000);
      });
    }
    // A stopped process may still send a message when the next one is running.
    const receive = (message) => this.#child === child && this.#received(message);
    child.on('message', receive);
    child.once('close', () => {
      receive({ kind: 'closed' });
      if (this.#child === child) this.#child = undefined;
    });
    return new Promise((done, failed) => {
      this.#received = ({ kind, files }) => {
        if (kind === 'ready') done(files);
        else failed(new Error(`The tests do not start:\n${this.#output}`));
      };
    });
  }

  #runFiles(request, limitMs, onFile = () => {}) {
    return new Promise((done) => {
      const outcome = { result: 'passed', file: undefined, reason: undefined };
      let timer;
      const end = (change) => {
        clearTimeout(timer);
        this.#received = () => {};
        done({ ...outcome, ...change });
      };
      const endWithin = (ms, change) => {
        clearTimeout(timer);
        timer = setTimeout(() => {
          this.#kill();
          end(change);
        }, ms);
      };
      const late = { result: 'late', reason: `A file of tests took longer than ${limitMs / 1_000} s.` };
      this.#received = (message) => {
        if (message.kind === 'ended') end();
        else if (message.kind === 'closed') end({ result: 'failed', reason: this.#output });
        else if (message.kind === 'failed' && outcome.result === 'passed') {
          Object.assign(outcome, { ...message, result: 'failed' });
          endWithin(AFTER_FAILURE_MS);
        } else if (message.kind === 'file') {
          onFile(message);
          if (outcome.result === 'passed') endWithin(limitMs, late);
        }
      };
      endWithin(limitMs, late);
      this.#child.send(request);
    });
  }

  #kill() {
    const child = this.#child;
    this.#child = undefined;
    try {
      process.kill(-child.pid, 'SIGKILL');
    } catch (error) {
      if (error.code !== 'ESRCH') throw error;
    }
  }
}
