/** Arguments of `sotto smp-server doctor`. */
import { Command } from 'commander';
import { doctor } from '../doctor/doctor.ts';
import { systemResolve } from '../doctor/reaching.ts';
import { type FolderOptions, foldersOf } from '../folders.ts';
import { explained, folderOptions, print, reporting } from './options.ts';

const help = `Looks at a server as apps do, from the outside in: does its name have an address, is the port open, is TLS agreed,
do the certificates hold and for how long, is it the server that the address names, which versions does it speak. Then
it passes a message: it creates a queue, secures it, sends, receives, acknowledges, and deletes the queue again. What
fails is told with what to do about it, and the exit code is 1.

Without an address it looks at the server that is configured on this machine. Run it from another machine to see what
others see. An address with a password (smp://identity:password@host) is needed where new queues need one.

Examples:
  sotto smp-server doctor
  sotto smp-server doctor smp://identity@smp.example.com`;

export function doctorCommand(): Command {
  return explained(folderOptions(new Command('doctor')), help)
    .description('examine a server from the outside in')
    .argument('[address]', 'smp://… (default: the server configured here)')
    .action((address: string | undefined, flags: FolderOptions) =>
      reporting(async () => {
        if (!(await doctor(address, foldersOf(flags, process.env), systemResolve, print))) process.exitCode = 1;
      }),
    );
}
