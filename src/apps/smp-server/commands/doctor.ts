/** Arguments of `sotto smp-server doctor`. */
import { Command } from 'commander';
import { doctor } from '../doctor/doctor.ts';
import { systemResolve } from '../doctor/reaching.ts';
import { type FolderOptions, foldersOf } from '../folders.ts';
import { explained, folderOptions, print, reporting } from './options.ts';

const help = `Examines a server as apps see it: does its name resolve, is the port open, does TLS work, are the certificates valid and
for how long, is it the server the address names, which versions does it support. Then it sends a message: it creates a
queue, secures it, sends, receives, acknowledges, and deletes the queue. Failures are printed with advice, and the exit
code is then 1.

Without an address it examines the server configured on this machine. Run it on another machine to see what others see.
Where new queues need a password, give an address with the password (smp://identity:password@host).

Examples:
  sotto smp-server doctor
  sotto smp-server doctor smp://identity@smp.example.com`;

export function doctorCommand(): Command {
  return explained(folderOptions(new Command('doctor')), help)
    .description('examine a server as its clients see it')
    .argument('[address]', 'smp://… (default: the server configured here)')
    .action((address: string | undefined, flags: FolderOptions) =>
      reporting(async () => {
        if (!(await doctor(address, foldersOf(flags, process.env), systemResolve, print))) process.exitCode = 1;
      }),
    );
}
