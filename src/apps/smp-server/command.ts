/** `sotto smp-server` and its subcommands. */
import { Command } from 'commander';
import { addressCommand } from './commands/address.ts';
import { backupCommand, compactCommand, restoreCommand } from './commands/backup.ts';
import { certCommand } from './commands/cert.ts';
import { checkCommand } from './commands/check.ts';
import { controlCommand } from './commands/control.ts';
import { deleteCommand } from './commands/delete.ts';
import { doctorCommand } from './commands/doctor.ts';
import { importCommand } from './commands/import.ts';
import { initCommand } from './commands/init.ts';
import { startCommand } from './commands/start.ts';
import { statusCommand } from './commands/status.ts';

/** The command for the `sotto` program. */
export function smpServerCommand(): Command {
  const command = new Command('smp-server').description('message server');
  for (const part of [
    initCommand(),
    startCommand(),
    addressCommand(),
    statusCommand(),
    doctorCommand(),
    backupCommand(),
    restoreCommand(),
    compactCommand(),
    importCommand(),
    checkCommand(),
    controlCommand(),
    certCommand(),
    deleteCommand(),
  ])
    command.addCommand(part);
  return command;
}
