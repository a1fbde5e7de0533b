/** The arguments of `sotto chat`, and the process it runs in. */
import { existsSync } from 'node:fs';
import { Command } from 'commander';
import { systemClock } from '../../base/index.ts';
import { systemRandom } from '../../crypto/index.ts';
import { watchOutput } from '../../hosting/output.ts';
import { endOnDatabaseFailure } from './database-failure.ts';
import { chatOptions, type RawChatOptions, UsageError } from './options.ts';
import { type DefaultServers, exitCodes, runChat } from './run.ts';
import { wantsPlain } from './show/paint.ts';
import { processTerminal } from './terminal/port.ts';
import { openTerminalChat } from './wire.ts';

const description = 'Chat with contacts over SMP servers. Without --execute it reads commands; /help lists them.';

/** There while the Linux console is read aloud. */
const CONSOLE_SPEECH = '/sys/accessibility/speakup';

/** The command with its options; `action` gets them as they were given. */
export function chatCommand(action: (raw: RawChatOptions) => Promise<void> = runToExit): Command {
  const collect = (value: string, before: readonly string[] | undefined) => [...(before ?? []), value];
  return new Command('chat')
    .description(description)
    .option('-d, --database <prefix>', 'path of the database, with or without .db (default: in the data folder)')
    .option('-k, --key <passphrase>', 'passphrase of the database; others on this machine may see it: see --key-file')
    .option('--key-file <file>', 'file with the passphrase (or give it in the environment as SOTTO_KEY)')
    .option('--no-passphrase', 'open the database by a random key in a private file beside it')
    .option('-s, --server <addresses>', 'SMP servers for new connections, separated by spaces', collect)
    .option(
      '-e, --execute <command>',
      'run a command, then end; several run in order, up to the first that fails',
      collect,
    )
    .option('-t, --time <seconds>', 'go on receiving for so long before ending')
    .option('-y, --yes', 'ask nothing')
    .option('--plain', 'for screen readers and simple terminals: lines one after another, nothing drawn twice')
    .option('--create-display-name <name>', 'your name, when the database is new')
    .option('--log-level <level>', 'error, warn, info or debug', 'error')
    .action(action);
}

async function runToExit(raw: RawChatOptions): Promise<void> {
  process.exitCode = await runChatProcess(raw);
}

/** Runs the chat on the input and output of this process, and gives its exit code. */
export async function runChatProcess(raw: RawChatOptions, defaults?: DefaultServers): Promise<number> {
  const abort = new AbortController();
  const stop = () => abort.abort(new Error('the program is ending'));
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop);
  const stopWatching = endOnDatabaseFailure();
  const readerLeft = new AbortController();
  const output = watchOutput((isGone) => (isGone ? readerLeft.abort() : stop()));
  const isTerminal = process.stdin.isTTY && process.stdout.isTTY;
  try {
    const code = await runChat(chatOptions(raw, process.env), {
      openChat: openTerminalChat,
      defaults,
      out: (text) => process.stdout.write(text),
      err: (text) => process.stderr.write(text),
      input: process.stdin,
      terminal: isTerminal ? processTerminal() : undefined,
      outIsTerminal: process.stdout.isTTY,
      plain: raw.plain === true || wantsPlain(process.env, () => existsSync(CONSOLE_SPEECH)),
      env: process.env,
      clock: systemClock,
      random: systemRandom,
      signal: abort.signal,
      readerLeft: readerLeft.signal,
    });
    return (await output.hasLost()) ? exitCodes.failed : code;
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    process.stderr.write(`${error.message}\n`);
    return exitCodes.cannotStart;
  } finally {
    stopWatching();
    // Input that was read from, but not to its end, would keep the process.
    process.stdin.destroy();
  }
}
