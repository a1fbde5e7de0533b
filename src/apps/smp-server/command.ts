/** The command line of the SMP server. */
import { Command, InvalidArgumentError, Option } from 'commander';
import { type LogLevel, logLevels } from '../../base/index.ts';
import { HostingError } from '../../hosting/index.ts';
import { type FolderOptions, foldersOf } from './folders.ts';
import { init } from './init.ts';
import { start } from './start.ts';

const print = (line: string) => console.log(line);

function wholeNumber(min: number, max: number): (text: string) => number {
  return (text) => {
    const number = /^\d+$/.test(text) ? Number(text) : Number.NaN;
    if (!(number >= min && number <= max)) throw new InvalidArgumentError(`It is not a number from ${min} to ${max}.`);
    return number;
  };
}

/** Prints what an operator can put right; anything else is a bug and keeps its stack. */
async function reporting(action: () => Promise<void>): Promise<void> {
  try {
    await action();
  } catch (error) {
    console.error(error instanceof HostingError ? error.message : error);
    process.exitCode = 1;
  }
}

function folderOptions(command: Command): Command {
  return command
    .option('--config <folder>', 'configuration and certificates (SMP_SERVER_CFG_PATH)')
    .option('--data <folder>', 'queues and messages (SMP_SERVER_LOG_PATH)');
}

interface InitFlags extends FolderOptions {
  readonly yes?: boolean;
  readonly ip?: string;
  readonly fqdn?: string;
  readonly password?: string | boolean;
  readonly signAlgorithm: string;
}

function initCommand(): Command {
  return folderOptions(new Command('init'))
    .description('make a new server: identity, certificates and configuration')
    .option('-y, --yes', 'ask nothing')
    .addOption(new Option('--ip <address>', 'IP address of the server').conflicts('fqdn'))
    .option('-n, --fqdn <name>', 'host name of the server')
    .option('--password <password>', 'password for creating queues (default: one is made up)')
    .option('--no-password', 'let everyone create queues')
    .option('-a, --sign-algorithm <algorithm>', 'of the certificates: ED25519 or ED448', 'ED25519')
    .action((flags: InitFlags) =>
      reporting(() =>
        init(
          {
            folders: foldersOf(flags, process.env),
            yes: flags.yes === true,
            ip: flags.ip,
            fqdn: flags.fqdn,
            password:
              flags.password === false ? false : typeof flags.password === 'string' ? flags.password : undefined,
            signAlgorithm: flags.signAlgorithm,
          },
          print,
        ),
      ),
    );
}

interface StartFlags extends FolderOptions {
  readonly port?: number;
  readonly host?: string;
  readonly exitWhenIdle?: number;
  readonly logLevel: LogLevel;
}

const MAX_PORT = 65_535;
const MAX_IDLE_SECONDS = 1_000_000;

function startCommand(): Command {
  return folderOptions(new Command('start'))
    .description('run the server until SIGTERM or SIGINT')
    .option('--port <port>', 'instead of the configured ports; 0 takes a free one', wholeNumber(0, MAX_PORT))
    .option('--host <address>', 'address to listen on (default: all)')
    .option(
      '--exit-when-idle <seconds>',
      'end this long after the last client has left',
      wholeNumber(1, MAX_IDLE_SECONDS),
    )
    .addOption(new Option('--log-level <level>', 'how much is told of what happens').choices(logLevels).default('info'))
    .action((flags: StartFlags) =>
      reporting(async () => {
        const stop = new AbortController();
        const onSignal = () => stop.abort();
        let onReload = () => {};
        const onHangup = () => onReload();
        process.on('SIGTERM', onSignal);
        process.on('SIGINT', onSignal);
        process.on('SIGHUP', onHangup);
        try {
          await start(
            {
              folders: foldersOf(flags, process.env),
              port: flags.port,
              host: flags.host,
              exitWhenIdleSeconds: flags.exitWhenIdle,
              logLevel: flags.logLevel,
            },
            print,
            {
              stop: stop.signal,
              onReload(action) {
                onReload = action;
              },
            },
          );
        } finally {
          process.off('SIGHUP', onHangup);
          process.off('SIGTERM', onSignal);
          process.off('SIGINT', onSignal);
        }
      }),
    );
}

/** `smp-server` with its subcommands, to be mounted in the `sotto` command. */
export function smpServerCommand(): Command {
  return new Command('smp-server').description('message server').addCommand(initCommand()).addCommand(startCommand());
}
