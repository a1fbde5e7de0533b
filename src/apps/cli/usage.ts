/**
 * What arguments must be beyond what commander asks for: an option that takes one value is given once, and no value is
 * empty. An empty one is most often a variable of a script that was never set.
 */
import { type Command, CommanderError } from 'commander';

/** Exit code when the arguments make no sense. */
export const USAGE = 2;

/** Options whose values add up. */
const REPEATABLE: ReadonlySet<string | undefined> = new Set(['--execute', '--server']);

/** Makes a command and those inside of it strict; what is wrong is thrown as {@link CommanderError}, once it is said. */
export function makeStrict(command: Command): void {
  command.exitOverride();
  for (const option of command.options) {
    if (!option.required && !option.optional) continue;
    let isGiven = false;
    command.on(`option:${option.name()}`, (value: string | null) => {
      if (value === '') command.error(`error: the value of option '${option.flags}' is empty`, { exitCode: USAGE });
      if (isGiven && !REPEATABLE.has(option.long)) {
        command.error(`error: option '${option.flags}' is given more than once`, { exitCode: USAGE });
      }
      isGiven = true;
    });
  }
  command.hook('preAction', (_, { args }) => {
    if (args.includes('')) command.error('error: an argument is empty', { exitCode: USAGE });
  });
  for (const inner of command.commands) makeStrict(inner);
}

/** The exit code of what commander throws; it has said what is wrong, or printed the help that was asked for. */
export function usageCode(error: unknown): number {
  if (!(error instanceof CommanderError)) throw error;
  return error.exitCode === 0 ? 0 : USAGE;
}
