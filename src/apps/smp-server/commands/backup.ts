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

const backupHelp = `Copies queues and messages as of one moment into one file, whether the server runs or not. The file appears once it is
complete, checked and on disk; only its owner can read it. With --with-identity it also has smp-server.ini, the identity
with its key if that is here, and certificates beside them: anyone with such a file can impersonate the server.

Restoring a backup loses everything newer, so it is meant for the loss of the disk. Users whose queues have changed since may
have to connect again; messages they already received are delivered again and recognised as repetitions.

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

const restoreHelp = `Restores a backup as the store of a server that has none. It is copied and checked before it is put in place. Restoring is
refused if there are queues already, while a server is running, and for a backup of another identity. Configuration and
identity are restored too if they are in the backup and missing here. To replace an existing store, stop the server and
move its folder "store" away first.

Example:
  sotto smp-server restore /mnt/backup/smp-2026-01-31`;

export function restoreCommand(): Command {
  return explained(folderOptions(new Command('restore')), restoreHelp)
    .description('restore a backup as the store of a server that has none')
    .argument('<file>', 'what "backup" has written')
    .action((file: string, flags: FolderOptions) =>
      reporting(async () => {
        const folders = foldersOf(flags, process.env);
        await readThrough(join(folders.data, STORE_FOLDER));
        await apart({ kind: 'restore', file, folders }, { path: file, tidy: () => dropNewStore(folders.data) });
      }),
    );
}

const compactHelp = `The file of the store does not shrink when messages are removed: the space is reused. This command returns unused space to
the system, which is worthwhile after a flood, for example. The store is copied and checked, and the copy then replaces
it; until then the old store remains. It needs as much free space as the compacted store, and the server must be stopped.

Example:
  systemctl stop sotto-smp-server && sotto smp-server compact && systemctl start sotto-smp-server`;

export function compactCommand(): Command {
  return explained(folderOptions(new Command('compact')), compactHelp)
    .description('free disk space that the store does not use')
    .action((flags: FolderOptions) =>
      reporting(() => {
        const { data } = foldersOf(flags, process.env);
        const tidy = () => rmSync(join(data, COMPACT_FOLDER), { recursive: true, force: true });
        return apart({ kind: 'compact', data }, { path: join(data, STORE_FOLDER), tidy });
      }),
    );
}
