/** Arguments of `sotto smp-server status`. */
import { Command } from 'commander';
import { systemClock } from '../../../base/index.ts';
import { watchQuit } from '../../../hosting/index.ts';
import { type FolderOptions, foldersOf } from '../folders.ts';
import { status } from '../status/status.ts';
import { explained, folderOptions, reporting } from './options.ts';

interface StatusFlags extends FolderOptions {
  readonly once?: boolean;
  readonly json?: boolean;
}

const DEFAULT_SCREEN = { columns: 80, rows: 24 };

const help = `Shows what the server on this machine does: clients, subscriptions, messages and commands per second, response times,
memory and processor. On a terminal it is updated every second until you press q; otherwise it is printed once. It asks
the server through control.sock in its data folder, so it must be run as the server's user.

Examples:
  sotto smp-server status
  sotto smp-server status --once
  sotto smp-server status --json`;

async function show(flags: StatusFlags): Promise<void> {
  const stop = new AbortController();
  const onSignal = () => stop.abort();
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  const live = process.stdout.isTTY && flags.once !== true && flags.json !== true;
  const unwatch = live ? watchQuit(process.stdin, onSignal) : undefined;
  try {
    await status(
      {
        dataFolder: foldersOf(flags, process.env).data,
        mode: flags.json === true ? 'json' : live ? 'live' : 'once',
        screen: () => ({
          columns: process.stdout.columns ?? DEFAULT_SCREEN.columns,
          rows: process.stdout.rows ?? DEFAULT_SCREEN.rows,
        }),
        clock: systemClock,
      },
      (text) => process.stdout.write(text),
      stop.signal,
    );
  } finally {
    unwatch?.();
    process.off('SIGINT', onSignal);
    process.off('SIGTERM', onSignal);
  }
}

export function statusCommand(): Command {
  return explained(folderOptions(new Command('status')), help)
    .description('show what the running server does')
    .option('--once', 'print it once, on a terminal too')
    .option('--json', 'print it once, as JSON')
    .action((flags: StatusFlags) => reporting(() => show(flags)));
}
