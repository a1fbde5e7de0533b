/** `sotto smp-server check`: checks the consistency of the store. */
import { join } from 'node:path';
import { Command } from 'commander';
import { type FolderOptions, foldersOf } from '../folders.ts';
import { STORE_FOLDER } from '../open-store.ts';
import { apart } from '../store-files/apart.ts';
import { explained, folderOptions, reporting } from './options.ts';

const help = `Reads the whole store without changing it, and checks that every id leads to its queue and back, that messages are where
their queues say, that nothing belongs to a deleted queue, and that services count their notifiers correctly. It may run
while the server runs: it reads a snapshot. Errors are printed without ids, and the exit code is then 1.

An error means a bug or a disk that loses data: stop the server, keep a copy of its data folder, and restore a backup
(sotto smp-server restore) if users miss something.

Example:
  sotto smp-server check`;

async function check(flags: FolderOptions): Promise<void> {
  const path = join(foldersOf(flags, process.env).data, STORE_FOLDER);
  await apart({ kind: 'check', path }, { path });
}

export function checkCommand(): Command {
  return explained(folderOptions(new Command('check')), help)
    .description('check the whole store for errors')
    .action((flags: FolderOptions) => reporting(() => check(flags)));
}
