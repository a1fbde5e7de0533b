/** Default folders of servers for configuration and data: system folders for root, XDG folders for other users. */
import { lstatSync, mkdirSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { HostingError } from './errors.ts';

export interface Folders {
  readonly config: string;
  readonly data: string;
}

/** Accessible only to the owner. */
export const PRIVATE_FOLDER_MODE = 0o700;
export const PRIVATE_FILE_MODE = 0o600;

/** The folders of `server` (a folder name) for the user with this id. */
export function defaultFolders(env: NodeJS.ProcessEnv, uid: number | undefined, server: string): Folders {
  if (uid === 0) return { config: '/etc/opt/sotto', data: '/var/opt/sotto' };
  const config = env.XDG_CONFIG_HOME || join(homedir(), '.config');
  const data = env.XDG_DATA_HOME || join(homedir(), '.local', 'share');
  return { config: join(config, 'sotto', server), data: join(data, 'sotto', server) };
}

/** Creates a private folder; an existing folder is not changed. */
export function makePrivateFolder(path: string): void {
  try {
    mkdirSync(path, { recursive: true, mode: PRIVATE_FOLDER_MODE });
  } catch (cause) {
    throw new HostingError(`The folder ${path} cannot be made: ${reasonOf(cause)}.`, { cause });
  }
}

const reasons: Record<string, string> = {
  EACCES: 'this user may not',
  EPERM: 'this user may not',
  ENOTDIR: 'a part of the path is a file',
  EEXIST: 'a file is in its place',
  EROFS: 'the disk is read-only',
  ENOSPC: 'the disk is full',
  ENOENT: 'there is none',
  EISDIR: 'it is a folder',
};

/** The reason for a failed file operation, to follow a colon. */
export function reasonOf(error: unknown): string {
  const { code = '', message } = error as { readonly code?: string; readonly message: string };
  return reasons[code] ?? message;
}

/** Throws {@link HostingError} when there is a folder at the path of a file. */
export function refuseFolder(path: string): void {
  if (lstatSync(path, { throwIfNoEntry: false })?.isDirectory() !== true) return;
  throw new HostingError(
    `${path} is a folder, and the server keeps a file of this name. Move it away (mv ${path} ${path}.old), and start again.`,
  );
}

/** Deletes a file left by an earlier run, if there is one; throws {@link HostingError}. */
export function removeLeftFile(path: string): void {
  try {
    refuseFolder(path);
    rmSync(path, { force: true });
  } catch (cause) {
    if (cause instanceof HostingError) throw cause;
    throw new HostingError(`The file ${path} cannot be deleted: ${reasonOf(cause)}.`, { cause });
  }
}
