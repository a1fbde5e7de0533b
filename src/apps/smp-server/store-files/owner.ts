/** Files that are made for the server: whose they are, and that they are on disk. */
import { chownSync, closeSync, fsyncSync, openSync, statSync } from 'node:fs';

/** Root works for a server that runs as another user, whose folder it is. */
export function giveToOwnerOf(folder: string, path: string): void {
  if (process.getuid?.() !== 0) return;
  const { uid, gid } = statSync(folder);
  chownSync(path, uid, gid);
}

/** Has a file, or the names in a folder, on disk. */
export function sync(path: string): void {
  const file = openSync(path, 'r');
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}
