/** A temporary folder for everything that a run makes, in all its processes: nothing is left behind, however they end. */
import { spawn } from 'node:child_process';
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

/** Runs a program with a temporary folder until it ends, and ends with its code. Who interrupts us interrupts it. */
export function runWithTemporaryFolder(args, { env, ...options }) {
  const remove = useTemporaryFolder();
  const child = spawn(process.execPath, args, { stdio: 'inherit', ...options, env: { ...process.env, ...env } });
  // A terminal tells it by itself.
  process.on('SIGINT', () => process.stdin.isTTY !== true && child.kill('SIGINT'));
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  child.once('close', (code) => {
    remove();
    process.exit(code ?? 1);
  });
}
