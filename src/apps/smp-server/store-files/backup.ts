/**
 * Backups: one file with a snapshot of the store, a note that describes it, and optionally the files of the
 * configuration folder.
 */
import { chmodSync, existsSync, mkdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { DecodeError, fromBase64url, fromUtf8, toBase64url, utf8 } from '../../../encoding/index.ts';
import {
  type Folders,
  HostingError,
  loadIdentityFiles,
  PRIVATE_FILE_MODE,
  PRIVATE_FOLDER_MODE,
  reasonOf,
} from '../../../hosting/index.ts';
import { attach, DATA_FILE } from '../../../smp/server/index.ts';
import { STORE_FOLDER } from '../open-store.ts';
import { type ConfigurationFile, configurationFiles } from './configuration-files.ts';
import { sync } from './owner.ts';
import { copiedCounts, describeCounts, storing, withStore } from './view.ts';

const NOTE = 'backup';
const FILE_PREFIX = 'configuration/';
const FORMAT = 1;

/** The description of a backup. */
export interface BackupNote {
  /** Milliseconds since the epoch. */
  readonly madeAt: number;
  /** Of the server's identity. */
  readonly fingerprint: Uint8Array;
  /** The configuration folder at that time. */
  readonly folder: string;
  readonly files: readonly ConfigurationFile[];
}

function encodeNote({ madeAt, fingerprint, folder, files }: BackupNote): ReadonlyMap<string, Uint8Array> {
  const note = { format: FORMAT, madeAt, fingerprint: toBase64url(fingerprint), folder };
  return new Map([
    [NOTE, utf8(JSON.stringify(note))],
    ...files.map(({ name, content }) => [`${FILE_PREFIX}${name}`, utf8(content)] as const),
  ]);
}

/** Parses the attachments of a store; undefined when it is not a backup. */
export function decodeNote(attachments: ReadonlyMap<string, Uint8Array>): BackupNote | undefined {
  const text = attachments.get(NOTE);
  if (text === undefined) return undefined;
  try {
    const { format, madeAt, fingerprint, folder } = JSON.parse(fromUtf8(text)) as Readonly<Record<string, unknown>>;
    if (format !== FORMAT || typeof madeAt !== 'number' || typeof fingerprint !== 'string') return undefined;
    const files = [...attachments]
      .filter(([name]) => name.startsWith(FILE_PREFIX))
      .map(([name, content]) => ({ name: name.slice(FILE_PREFIX.length), content: fromUtf8(content) }));
    // Names must be plain file names, so that they cannot escape the folder.
    if (files.some(({ name }) => !/^[\w-][\w.-]*$/.test(name)) || typeof folder !== 'string') return undefined;
    return { madeAt, fingerprint: fromBase64url(fingerprint), folder, files };
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof DecodeError) return undefined;
    throw error;
  }
}

/** The name of a backup until it is complete. */
export const partialOf = (file: string): string => `${resolve(file)}.partial`;

export interface BackupOptions {
  readonly folders: Folders;
  readonly file: string;
  readonly withIdentity: boolean;
  readonly nowMs: number;
}

/** Writes a backup to a new file, also while the server runs; rejects with {@link HostingError}. */
export async function backup(options: BackupOptions, print: (line: string) => void): Promise<void> {
  const { folders, withIdentity, nowMs } = options;
  const file = resolve(options.file);
  if (existsSync(file)) throw new HostingError(`There is a file ${file} already: choose another name.`);
  const { fingerprint } = loadIdentityFiles(folders.config);
  const files = withIdentity ? configurationFiles(folders.config, folders.config) : [];
  const partial = partialOf(file);
  try {
    rmSync(partial, { recursive: true, force: true });
    mkdirSync(partial, { mode: PRIVATE_FOLDER_MODE });
  } catch (cause) {
    throw new HostingError(`The file ${file} cannot be written: ${reasonOf(cause)}.`, { cause });
  }
  try {
    await withStore(join(folders.data, STORE_FOLDER), (view) => view.copyTo(partial));
    await storing(() => attach(partial, encodeNote({ madeAt: nowMs, fingerprint, folder: folders.config, files })));
    const counts = await copiedCounts(partial, print);
    const made = join(partial, DATA_FILE);
    chmodSync(made, PRIVATE_FILE_MODE);
    sync(made);
    renameSync(made, file);
    sync(dirname(file));
    print(`Backup: ${file} (${Math.ceil(statSync(file).size / 1024).toLocaleString('en')} KB)`);
    print(`In it: ${describeCounts(counts)}.`);
    for (const { name } of files) print(`Included: ${name}`);
  } finally {
    rmSync(partial, { recursive: true, force: true });
  }
}
