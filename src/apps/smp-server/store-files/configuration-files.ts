/**
 * What a server has in its configuration folder, on its way to another: identity, settings, and the certificate for
 * browsers, when it lies there too; then the settings name its new place.
 */
import { existsSync, readFileSync, realpathSync, renameSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
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

/** Settings that name certificates for browsers. */
const webFiles = (ini: Ini) =>
  ini.entries.filter(({ section, key }) => section === 'WEB' && (key === 'cert' || key === 'key'));

/** The text of a configuration whose certificates for browsers were in `from`, for when they are in `to`. */
export function movedConfiguration(text: string, from: string, to: string): string {
  const lines = text.split('\n');
  for (const { line, value } of webFiles(parseIni(text, basename(configurationFile(to))))) {
    if (dirname(value) !== from && !isSameFolder(dirname(value), from)) continue;
    lines[line - 1] = lines[line - 1]!.replace(value, () => join(to, basename(value)));
  }
  return lines.join('\n');
}

/** Everything in `from` that belongs in `to`; the configuration comes last, as a server without it does not start. */
export function configurationFiles(from: string, to: string): readonly ConfigurationFile[] {
  const identity = IDENTITY_FILES.filter((name) => name !== CA_KEY || existsSync(join(from, CA_KEY)));
  const web = webFiles(readIni(from))
    .map(({ value }) => value)
    .filter((path) => existsSync(path) && isSameFolder(dirname(path), from));
  return [
    ...identity.map((name) => ({ name, content: read(join(from, name)) })),
    ...web.map((path) => ({ name: basename(path), content: read(path) })),
    {
      name: basename(configurationFile(to)),
      content: movedConfiguration(read(configurationFile(from)), from, to),
    },
  ];
}

/** Whether two paths are the same folder. */
export function isSameFolder(a: string, b: string): boolean {
  return existsSync(a) && existsSync(b) && realpathSync(a) === realpathSync(b);
}

/** Throws a {@link HostingError} when another server has a file in `folder`; the same ones may be there already. */
export function refuseOthers(folder: string, files: readonly ConfigurationFile[]): void {
  for (const { name, content } of files) {
    const path = join(folder, name);
    if (existsSync(path) && read(path) !== content) {
      throw new HostingError(`There is another server already: ${path} exists. Nothing was changed.`);
    }
  }
}

/** Writes files that are not there; each is there whole or not at all. */
export function writeFiles(folder: string, files: readonly ConfigurationFile[]): void {
  makePrivateFolder(folder);
  for (const { name, content } of files) {
    const path = join(folder, name);
    if (existsSync(path)) continue;
    // Of an attempt that did not come to its end.
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
