/** Finds the reference's files to import. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type Folders, HostingError, type Ini } from '../../../hosting/index.ts';

const QUEUE_LOG = 'smp-server-store.log';
const MESSAGE_LOG = 'smp-server-messages.log';
const JOURNALS = 'messages';

export interface Source {
  /** Undefined when the server stored nothing (`enable: off`). */
  readonly queueLog: string | undefined;
  readonly messages:
    | { readonly kind: 'log'; readonly path: string }
    | { readonly kind: 'journals'; readonly path: string }
    | { readonly kind: 'none' };
  /** Sentences for the operator. */
  readonly remarks: readonly string[];
}

const there = (path: string): string | undefined => (existsSync(path) ? path : undefined);

/** While the reference rewrites the log at its start, the complete one is in a backup file beside it. */
function queueLogOf(folder: string): { path: string | undefined; remark: string | undefined } {
  const path = join(folder, QUEUE_LOG);
  const aside = there(`${path}.start`);
  if (aside === undefined) return { path: there(path), remark: undefined };
  return {
    path: aside,
    remark: `The last start of the server was interrupted: ${aside} is read, as the server would do.`,
  };
}

/** Finds the files to import; throws {@link HostingError} when they are ambiguous or missing. */
export function findSource(folders: Folders, ini: Ini): Source {
  if (!ini.flag('STORE_LOG', 'enable', true)) {
    return { queueLog: undefined, messages: { kind: 'none' }, remarks: ['It kept no queues: [STORE_LOG] is off.'] };
  }
  const [queues, messages] = [ini.text('STORE_LOG', 'store_queues'), ini.text('STORE_LOG', 'store_messages')];
  if (queues === 'database' || messages === 'database') {
    throw new HostingError(
      'The server keeps its data in PostgreSQL: let it write them into files first, with "smp-server database export", and set store_queues and store_messages to memory.',
    );
  }
  const { path: queueLog, remark } = queueLogOf(folders.data);
  if (queueLog === undefined) {
    throw new HostingError(
      `There is no ${QUEUE_LOG} in ${folders.data}: give the server's data folder with --from-data.`,
    );
  }
  const remarks = remark === undefined ? [] : [remark];
  const log = there(join(folders.data, MESSAGE_LOG));
  const journals = there(join(folders.data, JOURNALS));
  if (log !== undefined && journals !== undefined) {
    throw new HostingError(
      `Both ${log} and ${journals} are there, with which the server would not start: remove the outdated one.`,
    );
  }
  if (log !== undefined) return { queueLog, messages: { kind: 'log', path: log }, remarks };
  if (journals !== undefined) return { queueLog, messages: { kind: 'journals', path: journals }, remarks };
  const lost = there(join(folders.data, `${MESSAGE_LOG}.bak`));
  const saved = `There is no ${MESSAGE_LOG}, which the server writes when it is stopped: messages that waited are not moved. Stop it with SIGINT (systemctl stop) and wait until it has ended.`;
  return { queueLog, messages: { kind: 'none' }, remarks: lost === undefined ? remarks : [...remarks, saved] };
}
