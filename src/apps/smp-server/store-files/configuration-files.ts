/**
 * The files of a configuration folder when a server moves to another folder: identity, settings, and the certificate
 * for browsers if it is in that folder; the settings then refer to its new path.
 */
import { existsSync, readFileSync, realpathSync, renameSync, rmSync, statSync } from 'node:fs';
import { basename, dirname, isAbsolute, join, resolve, sep } from 'node:path';
import {
  CA_KEY,
  HostingError,
  IDENTITY_FILES,
  type Ini,
  makePrivateFolder,
  parseIni,
  reasonOf,
  writeNewFile,
} from '../../../hosting/index.ts';
import { configurationFile } from '../configuration/configuration.ts';
import { giveToOwnerOf } from './owner.ts';

export interface ConfigurationFile {
  readonly name: string;
  readonly content: string;
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new HostingError(`The file ${path} cannot be read: ${reasonOf(cause)}.`, { cause });
  }
}

export const readIni = (folder: string): Ini => parseIni(read(configurationFile(folder)), configurationFile(folder));

/** Settings with paths of certificates for browsers. */
const webFiles = (ini: Ini) =>
  ini.entries.filter(({ section, key }) => section === 'WEB' && (key === 'cert' || key === 'key'));

/** Replaces the certificate paths in a configuration; `newPath` returns the new path, or undefined for no change. */
function withPaths(text: string, newPath: (value: string, key: string) => string | undefined): string {
  // Lines and separators alternate.
  const parts = text.split(/(\r\n|\r|\n)/);
  for (const { line, value, key } of webFiles(parseIni(text, 'smp-server.ini'))) {
    const path = newPath(value, key);
    if (path === undefined) continue;
    const index = (line - 1) * 2;
    const at = parts[index]!.lastIndexOf(value);
    parts[index] = parts[index]!.slice(0, at) + path + parts[index]!.slice(at + value.length);
  }
  return parts.join('');
}

/** The text of a configuration whose certificates for browsers moved from folder `from` to `to`. */
export const movedConfiguration = (text: string, from: string, to: string): string =>
  withPaths(text, (value) => {
    const isThere = dirname(value) === from || isSameFolder(dirname(value), from);
    return isThere ? join(to, basename(value)) : undefined;
  });

const isFile = (path: string) => statSync(path, { throwIfNoEntry: false })?.isFile() === true;

/** The reference's default folder. */
const REFERENCE_FOLDER = '/etc/opt/simplex';

const isWithin = (path: string, folder: string) => path.startsWith(join(folder, sep));

/**
 * The file in `from` that a configured path refers to; undefined when it is elsewhere. `from` may be a copy, and the
 * path that of the original folder.
 */
function fileIn(from: string, value: string): string | undefined {
  if (!isAbsolute(value)) return isFile(join(from, value)) ? join(from, value) : undefined;
  const path = resolve(value);
  if (isFile(path)) {
    const isThere = isWithin(join(realpathSync(dirname(path)), sep), realpathSync(from));
    if (isThere) return path;
    if (!isWithin(path, REFERENCE_FOLDER)) return undefined;
  }
  const names = path.split(sep).filter((name) => name !== '');
  const candidates = names.map((_, i) => join(from, ...names.slice(i)));
  return candidates.find(isFile);
}

/** The certificate files for browsers in `from`, with their file names in the new configuration folder. */
function webFilesIn(from: string): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  for (const { key, value } of webFiles(readIni(from))) {
    const path = value === '' ? undefined : fileIn(from, value);
    if (path === undefined || names.has(path)) continue;
    const taken = [...names.values(), ...IDENTITY_FILES].includes(basename(path)) && dirname(path) !== from;
    names.set(path, taken ? `${key}-${basename(path)}` : basename(path));
  }
  return names;
}

/** All files of `from` for `to`; the configuration comes last, because a server without it does not start. */
export function configurationFiles(from: string, to: string): readonly ConfigurationFile[] {
  const identity = IDENTITY_FILES.filter((name) => name !== CA_KEY || existsSync(join(from, CA_KEY)));
  const web = webFilesIn(from);
  const newPath = (value: string) => {
    const path = value === '' ? undefined : fileIn(from, value);
    const name = path === undefined ? undefined : web.get(path);
    return name === undefined ? undefined : join(to, name);
  };
  const files = [
    ...identity.map((name) => ({ name, content: read(join(from, name)) })),
    ...[...web].map(([path, name]) => ({ name, content: read(path) })),
    { name: basename(configurationFile(to)), content: withPaths(read(configurationFile(from)), newPath) },
  ];
  // A certificate for browsers may be one of the identity's files.
  return files.filter(({ name }, i) => files.findIndex((file) => file.name === name) === i);
}

/** Sentences about the certificates for browsers of a server that was moved to `folder`. */
export function aboutWebFiles(folder: string): readonly string[] {
  const ini = readIni(folder);
  return ['cert', 'key'].flatMap((key) => {
    const path = ini.text('WEB', key);
    if (path === undefined) return [];
    const what = `"${key}" of [WEB] is ${path}`;
    if (isFile(path) && isSameFolder(dirname(path), folder)) {
      return [`${what}: what renews certificates has to write it there from now on.`];
    }
    if (isFile(path)) return [`${what}, where it stays: the user that the server runs as has to be able to read it.`];
    return [`${what}, where there is no file: no pages are served until it is there, or "${key}" names another one.`];
  });
}

/** Whether two paths refer to the same folder. */
export function isSameFolder(a: string, b: string): boolean {
  return existsSync(a) && existsSync(b) && realpathSync(a) === realpathSync(b);
}

/** Throws {@link HostingError} when `folder` has a different server's file; identical files may exist. */
export function refuseOthers(folder: string, files: readonly ConfigurationFile[]): void {
  for (const { name, content } of files) {
    const path = join(folder, name);
    if (existsSync(path) && read(path) !== content) {
      throw new HostingError(`There is another server already: ${path} exists. Nothing was changed.`);
    }
  }
}

/** Writes the missing files, each one atomically. */
export function writeFiles(folder: string, files: readonly ConfigurationFile[]): void {
  makePrivateFolder(folder);
  for (const { name, content } of files) {
    const path = join(folder, name);
    if (existsSync(path)) continue;
    // Left by an attempt that did not finish.
    rmSync(`${path}.new`, { force: true });
    writeNewFile(`${path}.new`, content);
    giveToOwnerOf(folder, `${path}.new`);
    try {
      renameSync(`${path}.new`, path);
    } catch (cause) {
      throw new HostingError(`The file ${path} cannot be written: ${reasonOf(cause)}.`, { cause });
    }
  }
}
