/**
 * `npm start`: a chat that works at once, over a server on this machine unless one is given. Bare database names are
 * in the data folder, and the key of the database is a private file beside it.
 */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chatCommand, runChatProcess } from './chat-command.ts';
import { withoutCoreDumps } from './core-dumps.ts';
import { ensureLocalServer, watchLocalServer } from './local-server.ts';
import { dataFolder, type RawChatOptions, UsageError } from './options.ts';
import { exitCodes } from './run.ts';
import { makeStrict, usageCode } from './usage.ts';

const notice = [
  'Messages go over a server of your own, which runs on this machine and can be reached from this machine only.',
  'Try it with a second window: npm start -- -d bob',
  'To talk to others, give a server that they can reach: npm start -- -s "smp://<fingerprint>@<host>"',
];

/** `onServerStarted`: told of processes that go on after this one. Exit codes as of `sotto chat`. */
export async function startChat(args: readonly string[], onServerStarted: (pid: number) => void): Promise<void> {
  withoutCoreDumps();
  const command = chatCommand(async (raw) => {
    process.exitCode = await run(raw, onServerStarted);
  });
  command.name('npm start --');
  makeStrict(command);
  process.stderr.on('error', () => {});
  try {
    await command.parseAsync(args, { from: 'user' });
  } catch (error) {
    process.exitCode = usageCode(error);
  }
}

async function run(raw: RawChatOptions, onServerStarted: (pid: number) => void): Promise<number> {
  const data = dataFolder(process.env);
  // The extension is taken off once the folder is known.
  const name = raw.database ?? 'sotto';
  const hasKey = raw.key !== undefined || raw.keyFile !== undefined || (process.env.SOTTO_KEY ?? '') !== '';
  const options = {
    ...raw,
    database: /[/\\]/.test(name) ? name : join(data, name),
    passphrase: raw.passphrase && hasKey,
  };
  if (raw.server !== undefined) return runChatProcess(options);
  const server = {
    folder: join(data, 'server'),
    program: fileURLToPath(new URL('./main.js', import.meta.url)),
    onStarted: onServerStarted,
  };
  let address: string;
  try {
    address = await ensureLocalServer(server);
  } catch (error) {
    const reason = error instanceof UsageError ? error.message : `the local server cannot be used: ${error}`;
    process.stderr.write(`${reason}\n`);
    return exitCodes.cannotStart;
  }
  const stopWatching = watchLocalServer(server);
  try {
    return await runChatProcess(options, { servers: [address], notice });
  } finally {
    stopWatching();
  }
}
