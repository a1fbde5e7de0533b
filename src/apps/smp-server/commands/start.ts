/** Arguments of `sotto smp-server start`, and the signals of a running server. */
import { Command, Option } from 'commander';
import { type LogLevel, logLevels } from '../../../base/index.ts';
import { sayWithTime, timeOwnLines, watchOutput } from '../../../hosting/index.ts';
import { type FolderOptions, foldersOf } from '../folders.ts';
import type { Signals } from '../serve.ts';
import { start } from '../start.ts';
import { explained, folderOptions, MAX_PORT, print, reporting, wholeNumber } from './options.ts';

interface StartFlags extends FolderOptions {
  readonly port?: number;
  readonly host?: string;
  readonly exitWhenIdle?: number;
  readonly logLevel: LogLevel;
}

const MAX_IDLE_SECONDS = 1_000_000;

/** Runs `serve` with the signals of this process: SIGTERM and SIGINT stop it, SIGHUP reloads the configuration. */
async function withSignals(serve: (signals: Signals) => Promise<void>, onRunning: () => void): Promise<void> {
  const stop = new AbortController();
  let reload = () => {};
  const handlers = [
    ['SIGTERM', () => stop.abort()],
    ['SIGINT', () => stop.abort()],
    ['SIGHUP', () => reload()],
  ] as const;
  for (const [signal, handler] of handlers) process.on(signal, handler);
  try {
    await serve({
      stop: stop.signal,
      onReload(action) {
        reload = action;
        onRunning();
      },
    });
  } finally {
    for (const [signal, handler] of handlers) process.off(signal, handler);
  }
}

const help = `Runs in the foreground. SIGTERM and SIGINT stop it: it first finishes commands in progress; everything acknowledged is on
disk. SIGHUP reloads smp-server.ini and the certificates; connections stay open. Unknown settings in smp-server.ini are
reported by name and line. The address is printed with the password for new queues only on a terminal, because logs are
kept: see "sotto smp-server address".

Examples:
  sotto smp-server start
  sotto smp-server start --host 127.0.0.1 --log-level debug`;

export function startCommand(): Command {
  return explained(folderOptions(new Command('start')), help)
    .description('run the server until SIGTERM or SIGINT')
    .option('--port <port>', 'instead of the configured ports; 0 takes a free one', wholeNumber(0, MAX_PORT))
    .option('--host <address>', 'address to listen on, instead of the configured ones')
    .option(
      '--exit-when-idle <seconds>',
      'exit this long after the last client disconnected',
      wholeNumber(1, MAX_IDLE_SECONDS),
    )
    .addOption(new Option('--log-level <level>', 'how much is logged').choices(logLevels).default('info'))
    .action(run);
}

/** Errors before the server runs are printed for the user; later errors are logged. */
async function run(flags: StartFlags): Promise<void> {
  let say: (text: string) => void = console.error;
  const onRunning = () => {
    say = sayWithTime;
    timeOwnLines();
  };
  // The server continues when its output is closed.
  watchOutput(
    () => {},
    process.stdout,
    (text) => say(text.trimEnd()),
  );
  const options = {
    folders: foldersOf(flags, process.env),
    port: flags.port,
    host: flags.host,
    exitWhenIdleSeconds: flags.exitWhenIdle,
    logLevel: flags.logLevel,
    showPassword: process.stdout.isTTY === true,
  };
  await reporting(
    () => withSignals((signals) => start(options, print, signals), onRunning),
    (text) => say(text),
  );
}
