/** `sotto smp-server address`: prints the address again after `init`. */
import { Command } from 'commander';
import { configuredAddress, printAddress } from '../address.ts';
import { type FolderOptions, foldersOf } from '../folders.ts';
import { explained, folderOptions, print, reporting } from './options.ts';

const help = `Prints the address of the server that is configured here, as text and as a QR code for the app. When new queues need
a password it is part of it (smp://identity:password@host): give it to those who may create queues, and to nobody
else. The names in it are "host" of [TRANSPORT], the port is the first one of "port". The server need not run.

Give the address without the password (smp://identity@host) to everybody else. The log of a server has no other.

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
