/** Checks of a store's folder before its data file is opened. */
import { accessSync, constants, readdirSync, readFileSync, type Stats, statSync } from 'node:fs';
import { join } from 'node:path';
import { StoreFileError, type StoreFileFault } from './errors.ts';

/** Created by mkfs in the root of a file system. */
const NOT_OURS = ['lost+found'];

const { R_OK, W_OK, X_OK } = constants;

export const codeOf = (error: unknown) => (error as { readonly code?: string | number }).code;

/** The name of a user id, if the system knows one. */
function userName(uid: number): string {
  try {
    const entry = readFileSync('/etc/passwd', 'utf8')
      .split('\n')
      .map((line) => line.split(':'))
      .find(([, , id]) => id === String(uid));
    return entry?.[0] ?? String(uid);
  } catch {
    return String(uid);
  }
}

function statOf(path: string): Stats | undefined {
  try {
    return statSync(path);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

function demandAccess(folder: string, path: string, mode: number, forbidden: StoreFileFault): void {
  try {
    accessSync(path, mode);
  } catch (cause) {
    const because = (fault: StoreFileFault, message: string) => new StoreFileError(fault, folder, message, { cause });
    if (codeOf(cause) === 'EROFS') throw because('read-only', `${path} is on a read-only file system`);
    const [owner, self] = [userName(statSync(path).uid), userName(process.geteuid?.() ?? 0)];
    const verb = (mode & W_OK) === 0 ? 'read' : 'write';
    const whose = owner === self ? 'its permissions do not let its owner' : `it belongs to user ${owner}, and user`;
    throw because(
      forbidden,
      `${path} cannot be opened to ${verb}: ${whose} ${self} ${owner === self ? '' : 'may not '}${verb} it. Nothing is damaged`,
    );
  }
}

/** Throws {@link StoreFileError} unless `folder` can be used; false when it does not exist. */
export function examineFolder(folder: string, use: 'read' | 'write'): boolean {
  const found = statOf(folder);
  if (found === undefined) {
    if (use === 'read') throw absent(folder);
    return false;
  }
  if (!found.isDirectory())
    throw new StoreFileError('misplaced', folder, `${folder} is not a folder, but the store is kept in a folder`);
  demandAccess(folder, folder, use === 'write' ? R_OK | W_OK | X_OK : R_OK | X_OK, 'forbidden');
  return true;
}

export interface ExpectedFile {
  readonly name: string;
  /** Files that may exist before the data file does. */
  readonly before?: readonly string[];
}

/** Throws {@link StoreFileError} unless the data file can be used; false when it does not exist and may be created. */
export function examineFile(folder: string, { name, before = [] }: ExpectedFile, use: 'read' | 'write'): boolean {
  const path = join(folder, name);
  const data = statOf(path);
  if (data === undefined) {
    const others = readdirSync(folder).filter((each) => !NOT_OURS.includes(each) && !before.includes(each));
    if (others.length > 0)
      throw new StoreFileError(
        'incomplete',
        folder,
        `${path} is missing, but its folder has other files (${others.slice(0, 3).join(', ')}). The data file was moved or deleted, or was never made`,
      );
    if (use === 'read') throw absent(folder);
    return false;
  }
  if (!data.isFile()) {
    const kind = data.isDirectory() ? 'a folder' : 'not a regular file';
    throw new StoreFileError(
      'misplaced',
      folder,
      `${path} is ${kind}, but the data of the store is kept in a file of that name`,
    );
  }
  demandAccess(folder, path, use === 'write' ? R_OK | W_OK : R_OK, 'forbidden');
  return true;
}

/** Throws {@link StoreFileError} when a side file of the data file exists but cannot be used. */
export function examineSideFile(folder: string, name: string, use: 'read' | 'write', forbidden: StoreFileFault): void {
  const path = join(folder, name);
  const found = statOf(path);
  if (found === undefined) return;
  if (!found.isFile())
    throw new StoreFileError(
      'misplaced',
      folder,
      `${path} is not a regular file, but the store keeps a file of that name`,
    );
  demandAccess(folder, path, use === 'write' ? R_OK | W_OK : R_OK, forbidden);
}

const absent = (folder: string) => new StoreFileError('absent', folder, `there is no store in ${folder}`);
