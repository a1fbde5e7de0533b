/** Locks a data folder for one process: a file with the process id, which may remain after a crash. */
import { closeSync, fstatSync, openSync, readFileSync, rmSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { HostingError } from './errors.ts';
import { makePrivateFolder, PRIVATE_FILE_MODE, reasonOf, removeLeftFile } from './folders.ts';

const LOCK_FILE = 'lock';

/** The process state and the following fields, if the system tells them (Linux). */
function statusOf(pid: number): readonly string[] {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The process name before may contain any characters.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  } catch {
    return [];
  }
}

/** The start time of a process: tells apart processes that reuse an id. */
const startOf = (pid: number): string => statusOf(pid)[19] ?? '';

function runs(pid: number): boolean {
  // A zombie process has ended.
  if (statusOf(pid)[0] === 'Z') return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as { readonly code?: string }).code === 'EPERM';
  }
}

/** The process that holds the lock; undefined when it has ended, or the file is a copy of another folder's lock. */
function holderOf(path: string): number | undefined {
  let text: string;
  let inode: number;
  try {
    const found = statSync(path);
    // Reading a pipe would block.
    if (!found.isFile()) return undefined;
    inode = found.ino;
    text = readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
  const [pidText, inodeText, start = ''] = text.trim().split(' ');
  const pid = Number(pidText);
  const alive = Number.isInteger(pid) && pid > 0 && runs(pid);
  return alive && Number(inodeText) === inode && startOf(pid) === start ? pid : undefined;
}

/** Creates the file; it contains its own inode, so that a copy is recognised. */
function writeLock(path: string): void {
  const file = openSync(path, 'wx', PRIVATE_FILE_MODE);
  try {
    writeSync(file, `${process.pid} ${fstatSync(file).ino} ${startOf(process.pid)}\n`);
  } finally {
    closeSync(file);
  }
}

/** Locks `folder` for this process, creating it if necessary; call `release` at the end. */
export function lockFolder(folder: string): { release(): void } {
  makePrivateFolder(folder);
  const path = join(folder, LOCK_FILE);
  for (let attempt = 0; ; attempt++) {
    try {
      writeLock(path);
      return { release: () => rmSync(path, { force: true }) };
    } catch (cause) {
      if ((cause as { readonly code?: string }).code !== 'EEXIST') {
        throw new HostingError(`The folder ${folder} cannot be used: ${reasonOf(cause)}.`, { cause });
      }
      const holder = holderOf(path);
      if (holder !== undefined || attempt > 0) {
        throw new HostingError(
          `Another server uses ${folder} already${holder === undefined ? '' : ` (process ${holder})`}.`,
        );
      }
      removeLeftFile(path);
    }
  }
}
