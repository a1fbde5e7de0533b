/**
 * Runs work on a possibly damaged store in a separate process. LMDB, used by earlier versions, maps the file into
 * memory and trusts it: a damaged page can crash the process (SIGBUS, SIGSEGV, SIGABRT), which is reported here as
 * damage.
 */
import { fork } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { HostingError } from '../../../hosting/index.ts';
import { StoreFileError } from '../../../smp/server/index.ts';
import { explainStore } from './advice.ts';
import { OUTPUT_LOST, type StoreTask, type TaskFailure } from './tasks.ts';

const PROGRAM = fileURLToPath(new URL('./store-process.js', import.meta.url));

/** Signals of a process that crashed on damaged data. */
const DAMAGE: readonly NodeJS.Signals[] = ['SIGBUS', 'SIGSEGV', 'SIGABRT', 'SIGILL', 'SIGFPE', 'SIGTRAP'];

/** Characters of the libraries' stderr output to keep; shown unless there is an error message instead. */
const MAX_ERRORS = 65_536;

export interface ApartOptions {
  /** The folder or file to read. */
  readonly path: string;
  /** Stops the process. */
  readonly stop?: AbortSignal;
  /** Removes the process's files when it does not finish. */
  readonly tidy?: () => void;
}

/**
 * Runs `task` in a separate process with this one's standard output; rejects with {@link HostingError} when it fails.
 */
export async function apart(task: StoreTask, { path, stop, tidy }: ApartOptions): Promise<void> {
  // Without this process's Node options, which may include code from the command line.
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

/** Checks the store in `path`, if there is one. */
export async function readThrough(path: string): Promise<void> {
  if (existsSync(path) && readdirSync(path).length > 0) await apart({ kind: 'read', path }, { path });
}

function endOf(signal: NodeJS.Signals, path: string): string {
  if (!DAMAGE.includes(signal))
    return `Reading ${path} was stopped by another process (${signal}) before it finished: try again.`;
  const what = `${path} is damaged: reading it crashed the process (${signal}). A page was overwritten, or the disk returns wrong data`;
  return explainStore(new StoreFileError('damaged', path, what));
}
