#!/usr/bin/env node
/** The program `sotto`. Only the command that is run is loaded. */
import { Command } from 'commander';
import { watchOutput } from '../../hosting/output.ts';
import { withoutCoreDumps } from './core-dumps.ts';
import { makeStrict, usageCode } from './usage.ts';
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
  makeStrict(program);
  const output = watchOutput(() => {});
  try {
    await program.parseAsync(args, { from: 'user' });
  } catch (error) {
    process.exitCode = usageCode(error);
  }
  if ((await output.hasLost()) && !process.exitCode) process.exitCode = 1;
}

// Who reads what goes wrong may leave before the program ends, as with `2>&1 | head`.
process.stderr.on('error', () => {});
main(process.argv.slice(2)).catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
