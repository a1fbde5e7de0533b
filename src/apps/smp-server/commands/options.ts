/** Options and helpers shared by the server's commands. */
import { inspect } from 'node:util';
import { type Command, InvalidArgumentError } from 'commander';
import { HostingError } from '../../../hosting/index.ts';

export const print = (line: string): void => console.log(line);

export const MAX_PORT = 65_535;

export function wholeNumber(min: number, max: number): (text: string) => number {
  return (text) => {
    const number = /^\d+$/.test(text) ? Number(text) : Number.NaN;
    if (!(number >= min && number <= max)) throw new InvalidArgumentError(`It is not a number from ${min} to ${max}.`);
    return number;
  };
}

/** Prints errors that an operator can fix with `say`; any other error is a bug and is thrown with its stack. */
export async function reporting(
  action: () => void | Promise<void>,
  say: (text: string) => void = console.error,
): Promise<void> {
  try {
    await action();
  } catch (error) {
    say(error instanceof HostingError ? error.message : inspect(error));
    process.exitCode = 1;
  }
}

export function folderOptions(command: Command): Command {
  return command
    .option('--config <folder>', 'configuration and certificates (SMP_SERVER_CFG_PATH)')
    .option('--data <folder>', 'queues and messages (SMP_SERVER_LOG_PATH)');
}

/** Adds text after the options in `--help`. */
export function explained(command: Command, text: string): Command {
  return command.addHelpText('after', `\n${text}`);
}
