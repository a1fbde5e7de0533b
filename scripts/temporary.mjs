/** A temporary folder for everything that a run makes, in all its processes: nothing is left behind, however they end. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Makes it that of this process and of those it starts; gives what removes it. */
export function useTemporaryFolder() {
  const before = process.env.TMPDIR;
  // A short name: sockets in it have paths of at most 103 bytes.
  const folder = mkdtempSync(join(tmpdir(), 'sotto-'));
  process.env.TMPDIR = folder;
  return () => {
    if (before === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = before;
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  };
}

/** The same for a whole program, until it ends; interrupting it ends what it started, and then the program. */
export function useTemporaryFolderUntilExit() {
  process.once('exit', useTemporaryFolder());
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(1));
}
