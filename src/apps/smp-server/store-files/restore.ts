/** Restores a backup as the store of a server that has none. */
import { chmodSync, copyFileSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { equalBytes } from '../../../encoding/index.ts';
import {
  existingIdentityFile,
  type Folders,
  HostingError,
  loadIdentityFiles,
  lockFolder,
  PRIVATE_FILE_MODE,
  reasonOf,
} from '../../../hosting/index.ts';
import {
  attach,
  convertStore,
  DATA_FILE,
  isLmdbFile,
  isLmdbStore,
  LMDB_FILE,
  StoreFileError,
} from '../../../smp/server/index.ts';
import { type BackupNote, decodeNote } from './backup.ts';
import {
  aboutWebFiles,
  type ConfigurationFile,
  movedConfiguration,
  refuseOthers,
  writeFiles,
} from './configuration-files.ts';
import { beginStore, dropNewStore, finishStore, refuseUsedStore } from './new-store.ts';
import { copiedCounts, describeCounts, storing, withStore } from './view.ts';

function copied(file: string, path: string): void {
  if (!existsSync(file)) throw new HostingError(`There is no file ${file}.`);
  try {
    const copy = join(path, isLmdbFile(file) ? LMDB_FILE : DATA_FILE);
    copyFileSync(file, copy);
    chmodSync(copy, PRIVATE_FILE_MODE);
  } catch (cause) {
    throw new HostingError(`The file ${file} cannot be copied: ${reasonOf(cause)}.`, { cause });
  }
}

/** The files of a backup for `config`; throws when another server is there. */
function filesFor(config: string, { files, folder, fingerprint }: BackupNote): readonly ConfigurationFile[] {
  const moved = files.map(({ name, content }) => ({
    name,
    content: name.endsWith('.ini') ? movedConfiguration(content, folder, config) : content,
  }));
  refuseOthers(config, moved);
  const isOther =
    files.length === 0 &&
    existingIdentityFile(config) !== undefined &&
    !equalBytes(loadIdentityFiles(config).fingerprint, fingerprint);
  if (isOther)
    throw new HostingError(`The backup is of another server than the one in ${config}. Nothing was changed.`);
  return moved;
}

/** Names the backup in an error about its temporary copy in `path`. */
function aboutBackup(error: unknown, file: string, path: string): unknown {
  const cause = error instanceof HostingError ? error.cause : undefined;
  if (!(cause instanceof StoreFileError)) return error;
  const told = [DATA_FILE, LMDB_FILE]
    .reduce((text, name) => text.replaceAll(join(path, name), file), cause.message)
    .replaceAll(path, file);
  return new HostingError(`The backup cannot be used: ${told}. Nothing was changed: choose another backup.`, { cause });
}

/** Restores `file`; rejects with {@link HostingError} and then changes nothing. */
export async function restore(file: string, folders: Folders, print: (line: string) => void): Promise<void> {
  const lock = lockFolder(folders.data);
  try {
    await refuseUsedStore(folders.data);
    const { path } = beginStore(folders.data);
    try {
      await fill(path, file, folders, print);
    } catch (error) {
      dropNewStore(folders.data);
      throw aboutBackup(error, file, path);
    }
    finishStore(folders.data);
  } finally {
    lock.release();
  }
  if (existingIdentityFile(folders.config) !== undefined) return;
  print(`There is no identity in ${folders.config} yet: copy the identity of this server there before starting it.`);
}

async function fill(path: string, file: string, folders: Folders, print: (line: string) => void): Promise<void> {
  copied(file, path);
  const note = decodeNote(await withStore(path, async (view) => view.attachments()));
  if (note === undefined) throw new HostingError(`The file ${file} is not a backup.`);
  if (isLmdbStore(path)) await storing(() => convertStore(path));
  const counts = await copiedCounts(path, print);
  const files = filesFor(folders.config, note);
  await storing(() => attach(path, new Map()));
  if (files.length > 0) writeFiles(folders.config, files);
  print(`Restored, as of ${new Date(note.madeAt).toISOString()}: ${describeCounts(counts)}.`);
  for (const { name } of files) print(`Also restored: ${join(folders.config, name)}`);
  if (files.length > 0) for (const sentence of aboutWebFiles(folders.config)) print(sentence);
}
