/**
 * Runs work on a store that may be damaged in a process of its own. LMDB, in which earlier versions kept theirs, maps the file
 * into memory and trusts it: a damaged page can end the process that reads it (SIGBUS, SIGSEGV, SIGABRT), which is reported here
 * as damage.
 */
import { fork } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { HostingError } from '../../../hosting/index.ts';
import { StoreFileError } from '../../../smp/server/index.ts';
import { explainStore } from './advice.ts';
import { OUTPUT_LOST, type StoreTask, type TaskFailure } from './tasks.ts';

const PROGRAM = fileURLToPath(new URL('./store-process.js', import.meta.url));

/** How a process ends that read what is not there, or found something that cannot be. */
const DAMAGE: readonly NodeJS.Signals[] = ['SIGBUS', 'SIGSEGV', 'SIGABRT', 'SIGILL', 'SIGFPE', 'SIGTRAP'];

/** Characters kept of what libraries write to stderr: shown unless there is a sentence instead. */
const MAX_ERRORS = 65_536;

export interface ApartOptions {
  /** The folder or file that is read. */
  readonly path: string;
  /** Ends the process. */
  readonly stop?: AbortSignal;
  /** Removes what the process leaves behind when it does not come to its end. */
  readonly tidy?: () => void;
}

/** Runs `task` in a process of its own, with the output of this one; rejects with {@link HostingError} when it fails. */
export async function apart(task: StoreTask, { path, stop, tidy }: ApartOptions): Promise<void> {
  // None of the options of this process, which may be those of a text on the command line.
  const child = fork(PROGRAM, [JSON.stringify(task)], { stdio: ['ignore', 'inherit', 'pipe', 'ipc'], execArgv: [] });
  let errors = '';
  child.stderr!.on('data', (data: Buffer) => {
    errors = (errors + data.toString()).slice(-MAX_ERRORS);
  });
  let failure: TaskFailure | undefined;
  child.on('message', (message) => {
    failure = message as TaskFailure;
  });
  const end = () => child.kill('SIGTERM');
  stop?.addEventListener('abort', end);
  try {
    const { code, signal } = await new Promise<{ code: number | null; signal: NodeJS.Signals | null }>(
      (resolve, reject) => {
        child.once('close', (code, signal) => resolve({ code, signal }));
        child.once('error', reject);
      },
    );
    if (failure !== undefined) throw new HostingError(failure.message);
    if (signal !== null) {
      tidy?.();
      throw new HostingError(endOf(signal, path));
    }
    process.stderr.write(errors);
    if (code === 0) return;
    if (code === OUTPUT_LOST) {
      process.exitCode = 1;
      return;
    }
    if (task.kind !== 'check') throw new HostingError(`Reading ${path} failed: see above.`);
    process.exitCode = code ?? 1;
  } finally {
    stop?.removeEventListener('abort', end);
  }
}

/** Reads the store in `path` through, when there is something in it. */
export async function readThrough(path: string): Promise<void> {
  if (existsSync(path) && readdirSync(path).length > 0) await apart({ kind: 'read', path }, { path });
}

function endOf(signal: NodeJS.Signals, path: string): string {
  if (!DAMAGE.includes(signal))
    return `Reading ${path} was ended by another process (${signal}) before it was done: begin it again.`;
  const what = `${path} is damaged: reading it ended the process that did so (${signal}). A page of it was overwritten, or the disk does not give back what was written`;
  return explainStore(new StoreFileError('damaged', path, what));
}
