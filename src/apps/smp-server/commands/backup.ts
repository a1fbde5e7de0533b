/** Arguments of `sotto smp-server backup`, `restore` and `compact`. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { type FolderOptions, foldersOf } from '../folders.ts';
import { COMPACT_FOLDER, STORE_FOLDER } from '../open-store.ts';
import { apart, readThrough } from '../store-files/apart.ts';
import { partialOf } from '../store-files/backup.ts';
import { dropNewStore } from '../store-files/new-store.ts';
import { explained, folderOptions, reporting } from './options.ts';

const backupHelp = `Copies queues and messages as they are at one moment into one file, while the server runs or not. The file is there
when it is whole, checked and on disk; it is readable for its owner alone. With --with-identity it also holds
smp-server.ini, the identity with its key when that is here, and certificates beside them: whoever has such a file can
take the server's place.

Going back to a backup loses what came after it, so keep it for the loss of the disk. Users whose queues changed since may
have to connect anew; messages they had received come once more, and are recognised.

Examples:
  sotto smp-server backup /mnt/backup/smp-$(date +%F)
  sotto smp-server backup /mnt/safe/smp-with-identity --with-identity`;

export function backupCommand(): Command {
  return explained(folderOptions(new Command('backup')), backupHelp)
    .description('copy queues and messages into a file, while the server runs')
    .argument('<file>', 'a file that is not there yet')
    .option('--with-identity', 'with configuration, identity and certificates')
    .action((file: string, { withIdentity = false, ...flags }: FolderOptions & { readonly withIdentity?: boolean }) =>
      reporting(() => {
        const folders = foldersOf(flags, process.env);
        const options = { folders, file, withIdentity, nowMs: Date.now() };
        const tidy = () => rmSync(partialOf(file), { recursive: true, force: true });
        return apart({ kind: 'backup', options }, { path: join(folders.data, STORE_FOLDER), tidy });
      }),
    );
}

const restoreHelp = `Makes a backup the store of a server that has none: it is copied and checked before anything takes its place. It is refused
where there are queues already, while a server runs, and for another identity than that of the backup. Configuration and
identity come back with it when they are in it and not there already. To go back from a store that is there, stop the
server and move its folder store away first.

Example:
  sotto smp-server restore /mnt/backup/smp-2026-01-31`;

export function restoreCommand(): Command {
  return explained(folderOptions(new Command('restore')), restoreHelp)
    .description('make a backup the store of a server that has none')
    .argument('<file>', 'what "backup" has written')
    .action((file: string, flags: FolderOptions) =>
      reporting(async () => {
        const folders = foldersOf(flags, process.env);
        await readThrough(join(folders.data, STORE_FOLDER));
        await apart({ kind: 'restore', file, folders }, { path: file, tidy: () => dropNewStore(folders.data) });
      }),
    );
}

const compactHelp = `The file of the store does not get smaller when messages are taken: the room is used again. This gives it back to the
system, when it is worth it, as after a flood. The store is copied and checked, and the copy takes its place at once;
until then the old one stays. It needs as much room as the compact store takes, and the server has to be stopped.

Example:
  systemctl stop sotto-smp-server && sotto smp-server compact && systemctl start sotto-smp-server`;

export function compactCommand(): Command {
  return explained(folderOptions(new Command('compact')), compactHelp)
    .description('give room that the store does not use back to the system')
    .action((flags: FolderOptions) =>
      reporting(() => {
        const { data } = foldersOf(flags, process.env);
        const tidy = () => rmSync(join(data, COMPACT_FOLDER), { recursive: true, force: true });
        return apart({ kind: 'compact', data }, { path: join(data, STORE_FOLDER), tidy });
      }),
    );
}
