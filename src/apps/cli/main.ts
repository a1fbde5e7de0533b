#!/usr/bin/env node
/** The program `sotto`. Only the command that is run is loaded. */
import { Command, CommanderError } from 'commander';
import { withoutCoreDumps } from './core-dumps.ts';
import { watchOutput } from './output.ts';
import { version } from './version.ts';

interface Part {
  readonly name: string;
  readonly description: string;
  readonly load: () => Promise<Command>;
}

const parts: readonly Part[] = [
  {
    name: 'chat',
    description: 'chat with contacts',
    load: async () => (await import('./chat-command.ts')).chatCommand(),
  },
  {
    name: 'smp-server',
    description: 'run a server that passes messages on',
    load: async () => (await import('../smp-server/index.ts')).smpServerCommand(),
  },
];

/** Exit code when the arguments make no sense. */
const USAGE = 2;

async function main(args: readonly string[]): Promise<void> {
  // Whatever is made here is for its owner only.
  process.umask(0o077);
  withoutCoreDumps();
  const program = new Command('sotto')
    .description('Private messaging without user identifiers.')
    .version(version())
    .showHelpAfterError('(--help shows what there is)');
  for (const { name, description, load } of parts) {
    program.addCommand(args.includes(name) ? await load() : new Command(name).description(description));
  }
  throwing(program);
  const output = watchOutput(() => {});
  try {
    await program.parseAsync(args, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    // Commander has said what is wrong, or printed the help that was asked for.
    process.exitCode = error.exitCode === 0 ? 0 : USAGE;
  }
  if (!(await output.isComplete()) && !process.exitCode) process.exitCode = 1;
}

/** Usage errors end with code 2, for commands inside commands too; output is written to its end before. */
function throwing(command: Command): void {
  command.exitOverride();
  for (const inner of command.commands) throwing(inner);
}

main(process.argv.slice(2)).catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
