/** `sotto smp-server delete`: deletes a server. */
import { existsSync, readdirSync, rmdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { HostingError, IDENTITY_FILES, lockFolder, reasonOf, terminalQuestions } from '../../../hosting/index.ts';
import { configurationFile } from '../configuration/configuration.ts';
import { type FolderOptions, foldersOf } from '../folders.ts';
import { DATA_FILES } from '../start.ts';
import { explained, folderOptions, print, reporting } from './options.ts';

interface DeleteFlags extends FolderOptions {
  readonly yes?: boolean;
}

const help = `Deletes the identity, configuration, queues and messages on this machine. Users of the server lose their contacts unless
they move to another server before: set new_queues = off in smp-server.ini some weeks ahead, and tell them. With the
identity key (ca.key) the address can be recreated; queues and messages are lost for good.

Other files are kept.`;

async function confirmed(yes: boolean): Promise<void> {
  if (yes) return;
  print('Its queues and messages cannot be restored, and its address only with its identity key.');
  const questions = terminalQuestions();
  try {
    const answer = await questions.optional('Type "delete" to delete the server: ', () => undefined);
    if (answer !== 'delete') throw new HostingError('Nothing was deleted.');
  } finally {
    questions.close();
  }
}

/** Removes `names` in `folder`, and the folder itself if nothing else is in it. */
function removeFiles(folder: string, names: readonly string[]): void {
  try {
    for (const name of names) rmSync(join(folder, name), { recursive: true, force: true });
    if (!existsSync(folder)) return;
    const left = readdirSync(folder);
    if (left.length === 0) rmdirSync(folder);
    else print(`These are not the server's and stay in ${folder}: ${left.join(', ')}`);
  } catch (cause) {
    throw new HostingError(`The folder ${folder} cannot be emptied: ${reasonOf(cause)}.`, { cause });
  }
}

async function deleteServer(flags: DeleteFlags): Promise<void> {
  const { config, data } = foldersOf(flags, process.env);
  const ini = configurationFile(config);
  if (!existsSync(ini) && !existsSync(join(config, IDENTITY_FILES[0]!))) {
    throw new HostingError(`There is no server in ${config}.`);
  }
  print(`This deletes the server in ${config} and ${data}.`);
  await confirmed(flags.yes === true);
  // Fails while the server is running.
  lockFolder(data).release();
  removeFiles(data, DATA_FILES);
  removeFiles(config, [...IDENTITY_FILES, 'smp-server.ini']);
  print('The server is deleted.');
}

export function deleteCommand(): Command {
  return explained(folderOptions(new Command('delete')), help)
    .description('delete the server with its identity, queues and messages')
    .option('-y, --yes', 'ask nothing')
    .action((flags: DeleteFlags) => reporting(() => deleteServer(flags)));
}
