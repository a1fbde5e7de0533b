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

const help = `Moves a server of the official program to this one: the same address, the same queues, and the messages that wait;
its users notice nothing. Moved are smp-server.ini as it is, the identity and certificates (and those for browsers
that lie beside them), queues with their links, notifiers and services (smp-server-store.log), and messages
(smp-server-messages.log, or journals in the folder messages). Not moved are notifications that wait, which apps
do without, statistics, and when a queue was last used. Its files are only read, and stay as they are.

Stop the other server first, so that it writes its messages down, and wait until it has ended:
  systemctl stop smp-server
  sotto smp-server import
  systemctl disable smp-server

What cannot be read is left out, and told by line. If the import does not come to its end, begin it again: the server
does not start with half of it.

Where the two are on one machine, run it as a user who may read the other's files, as root; what it writes belongs to
whom the folders belong to.

Example:
  sotto smp-server import --from-config /mnt/old/etc --from-data /mnt/old/var`;

export function importCommand(): Command {
  return explained(folderOptions(new Command('import')), help)
    .description('move a server of the official program over')
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
