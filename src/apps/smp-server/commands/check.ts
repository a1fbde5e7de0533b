/** `sotto smp-server check`: checks the consistency of the store. */
import { join } from 'node:path';
import { Command } from 'commander';
import { type FolderOptions, foldersOf } from '../folders.ts';
import { STORE_FOLDER } from '../open-store.ts';
import { apart } from '../store-files/apart.ts';
import { explained, folderOptions, reporting } from './options.ts';

const help = `Reads the whole store and changes nothing: does every id lead to its queue and back, are messages where their queues
say, does nothing belong to a queue that is gone, are the notifiers of services counted right. It may run beside the
server: it looks at the store of one moment. What is wrong is told, without ids, and the exit code is 1.

A fault means a bug or a disk that does not keep what it took: stop the server, keep a copy of its data folder, and
go back to a backup (sotto smp-server restore) if users miss something.

Example:
  sotto smp-server check`;

async function check(flags: FolderOptions): Promise<void> {
  const path = join(foldersOf(flags, process.env).data, STORE_FOLDER);
  await apart({ kind: 'check', path }, { path });
}

export function checkCommand(): Command {
  return explained(folderOptions(new Command('check')), help)
    .description('read the whole store and say whether something is wrong')
    .action((flags: FolderOptions) => reporting(() => check(flags)));
}
