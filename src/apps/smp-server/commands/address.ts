/** `sotto smp-server address`: prints the address again after `init`. */
import { Command } from 'commander';
import { configuredAddress, printAddress } from '../address.ts';
import { type FolderOptions, foldersOf } from '../folders.ts';
import { explained, folderOptions, print, reporting } from './options.ts';

const help = `Prints the address of the server configured here, as text and as a QR code for the app. If new queues need a password,
the address includes it (smp://identity:password@host): give it only to people who may create queues. The host names are
"host" of [TRANSPORT], the port is the first one of "port". The server need not be running.

Give everybody else the address without the password (smp://identity@host). The server's log has only that one.

Examples:
  sotto smp-server address
  sotto smp-server address --config /etc/opt/sotto`;

export function addressCommand(): Command {
  return explained(folderOptions(new Command('address')), help)
    .description('print the address of the server, with its password')
    .action((flags: FolderOptions) =>
      reporting(() => printAddress(configuredAddress(foldersOf(flags, process.env)), print)),
    );
}
