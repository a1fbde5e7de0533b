/** `sotto smp-server control`: sends commands to a running server. */
import { Command, InvalidArgumentError, Option } from 'commander';
import { askControl, type ControlValues } from '../../../hosting/index.ts';
import { type FolderOptions, foldersOf } from '../folders.ts';
import { explained, folderOptions, print, reporting } from './options.ts';

const help = `These commands ask the server running on this machine through control.sock in its data folder, so they must be run as the
server's user. Give a queue by one of its ids (base64url), or by a link to it, short or full; quote links, because they
contain characters with a meaning in shells.

Examples:
  sotto smp-server control clients
  sotto smp-server control block 'https://smp.example.com/a#…' --reason spam
  sotto smp-server control unblock 'https://smp.example.com/a#…'`;

interface BlockFlags extends FolderOptions {
  readonly reason: string;
  readonly noticeDays?: number;
}

function days(text: string): number {
  const number = Number(text);
  if (!(number > 0)) throw new InvalidArgumentError('It is not a number of days.');
  return number;
}

const tell = (
  flags: FolderOptions,
  command: string,
  parameters: ControlValues,
  say: (answer: ControlValues) => string,
) => reporting(async () => print(say(await askControl(foldersOf(flags, process.env).data, command, parameters))));

const was = ({ before }: ControlValues, done: string, wanted: string) =>
  before === wanted ? done : `Nothing was changed: the queue was ${String(before)}.`;

export function controlCommand(): Command {
  const part = (name: string, description: string) => folderOptions(new Command(name)).description(description);
  const onQueue = (name: string, description: string) => part(name, description).argument('<queue>', 'id or link');
  const parts = [
    part('clients', 'count clients, connections and subscriptions').action((flags: FolderOptions) =>
      tell(flags, 'clients', {}, (answer) => JSON.stringify(answer)),
    ),
    part('save', 'save statistics to disk; queues and messages always are').action((flags: FolderOptions) =>
      tell(flags, 'save', {}, () => 'Saved.'),
    ),
    onQueue('queue', 'whether a queue is active, off or blocked').action((queue: string, flags: FolderOptions) =>
      tell(flags, 'queue', { queue }, ({ status, reason }) =>
        reason === undefined ? String(status) : `${String(status)}: ${String(reason)}`,
      ),
    ),
    onQueue('block', 'block a queue and tell its users the reason')
      .addOption(
        new Option('--reason <reason>', 'the reason shown to users').choices(['spam', 'content']).makeOptionMandatory(),
      )
      .option('--notice-days <days>', 'how long newer apps show a notice', days)
      .action((queue: string, { reason, noticeDays, ...flags }: BlockFlags) =>
        tell(flags, 'block', { queue, reason, noticeDays }, (answer) => was(answer, 'The queue is blocked.', 'active')),
      ),
    onQueue('unblock', 'let a blocked queue be used again').action((queue: string, flags: FolderOptions) =>
      tell(flags, 'unblock', { queue }, (answer) => was(answer, 'The queue is active again.', 'blocked')),
    ),
    onQueue('delete', 'delete a queue and its messages').action((queue: string, flags: FolderOptions) =>
      tell(flags, 'delete', { queue }, () => 'The queue is deleted.'),
    ),
  ];
  const command = explained(new Command('control'), help).description('control the running server');
  for (const inner of parts) command.addCommand(inner);
  return command;
}
