/** Arguments of `sotto smp-server import`. */
import { join } from 'node:path';
import { Command } from 'commander';
import { type FolderOptions, foldersOf } from '../folders.ts';
import { STORE_FOLDER } from '../open-store.ts';
import { apart, readThrough } from '../store-files/apart.ts';
import { explained, folderOptions, reporting } from './options.ts';

interface ImportFlags extends FolderOptions {
  readonly fromConfig: string;
  readonly fromData: string;
}

const help = `Imports a server of the official program: its address, its queues, and undelivered messages; users notice nothing. It
imports smp-server.ini as it is, the identity and certificates (also those for browsers, if they are beside them), queues
with their links, notifiers and services (smp-server-store.log), and messages (smp-server-messages.log, or journals in
the folder messages). It does not import waiting notifications, which apps do not need, statistics, and the time a queue
was last used. The files of the other server are only read.

First stop the other server, so that it writes its messages to disk, and wait until it has ended:
  systemctl stop smp-server
  sotto smp-server import
  systemctl disable smp-server

Lines that cannot be read are skipped and reported by number. If the import is interrupted, repeat it: the server does not
start with half of it.

If both servers are on one machine, run this as a user who may read the other's files, such as root; the files it writes
are given to the owners of the folders.

Example:
  sotto smp-server import --from-config /mnt/old/etc --from-data /mnt/old/var`;

export function importCommand(): Command {
  return explained(folderOptions(new Command('import')), help)
    .description('import a server of the official program')
    .option('--from-config <folder>', 'its configuration and certificates', '/etc/opt/simplex')
    .option('--from-data <folder>', 'its queues and messages', '/var/opt/simplex')
    .action(({ fromConfig, fromData, ...flags }: ImportFlags) =>
      reporting(async () => {
        const to = foldersOf(flags, process.env);
        const from = { config: fromConfig, data: fromData };
        const path = join(to.data, STORE_FOLDER);
        await readThrough(path);
        await apart({ kind: 'import', from, to }, { path });
      }),
    );
}
