/** Ownership and syncing of files created for the server. */
import { chownSync, closeSync, fsyncSync, openSync, statSync } from 'node:fs';

/** When run as root, gives the file to the owner of the folder, the user of the server. */
export function giveToOwnerOf(folder: string, path: string): void {
  if (process.getuid?.() !== 0) return;
  const { uid, gid } = statSync(folder);
  chownSync(path, uid, gid);
}

/** Syncs a file, or the entries of a folder, to disk. */
export function sync(path: string): void {
  const file = openSync(path, 'r');
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}
