/** Options of `sotto chat`, as they are given and as they are used. */
import { existsSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { type LogLevel, logLevels } from '../../base/index.ts';
import type { EnvironmentVariables } from './show/paint.ts';

/** Something is wrong with how the program was started: exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

export interface ChatOptions {
  /** Path of the database without `.db`. */
  readonly database: string;
  readonly key: string | undefined;
  readonly keyFile: string | undefined;
  readonly noPassphrase: boolean;
  readonly servers: readonly string[];
  /** Commands in their order; undefined where none was given. */
  readonly execute: readonly string[] | undefined;
  /** Seconds to go on receiving before the program ends; undefined where it was not said. */
  readonly time: number | undefined;
  readonly yes: boolean;
  /** Lines one after another on a terminal, too. */
  readonly plain: boolean;
  readonly createDisplayName: string | undefined;
  readonly logLevel: LogLevel;
}

/** As commander hands them over. */
export interface RawChatOptions {
  readonly database?: string;
  readonly key?: string;
  readonly keyFile?: string;
  readonly passphrase: boolean;
  readonly server?: readonly string[];
  readonly execute?: string | readonly string[];
  readonly time?: string;
  readonly yes?: boolean;
  readonly plain?: boolean;
  readonly createDisplayName?: string;
  readonly logLevel: string;
}

/** The folder for data of this program: `$XDG_DATA_HOME/sotto`, or `~/.local/share/sotto`. */
export function dataFolder(env: EnvironmentVariables): string {
  const base = env.XDG_DATA_HOME;
  return join(base?.startsWith('/') ? base : join(homedir(), '.local', 'share'), 'sotto');
}

/** Throws {@link UsageError}. */
export function chatOptions(raw: RawChatOptions, env: EnvironmentVariables): ChatOptions {
  const level = logLevels.find((each) => each === raw.logLevel);
  if (level === undefined) throw new UsageError(`--log-level is one of ${logLevels.join(', ')}`);
  if (raw.key === '') throw new UsageError('the passphrase given with --key is empty');
  const given = [raw.key !== undefined, raw.keyFile !== undefined, !raw.passphrase].filter((each) => each);
  if (given.length > 1) throw new UsageError('give one of --key, --key-file and --no-passphrase');
  return {
    database: raw.database === undefined ? join(dataFolder(env), 'sotto') : databasePrefix(raw.database),
    key: raw.key,
    keyFile: raw.keyFile,
    noPassphrase: !raw.passphrase,
    servers: (raw.server ?? []).flatMap((each) => each.split(/[\s;]+/)).filter((each) => each !== ''),
    execute: commands(raw.execute),
    time: raw.time === undefined ? undefined : seconds(raw.time),
    yes: raw.yes ?? false,
    plain: raw.plain ?? false,
    createDisplayName: raw.createDisplayName,
    logLevel: level,
  };
}

/** An empty command is most often a variable of a script that was never set. */
function commands(execute: string | readonly string[] | undefined): readonly string[] | undefined {
  if (execute === undefined) return undefined;
  const list = typeof execute === 'string' ? [execute] : execute;
  if (list.some((each) => each.trim() === '')) throw new UsageError('the command given with --execute is empty');
  return list;
}

const isFolder = (path: string) => statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;

/**
 * The path without `.db`, which a person may give with it, as the file is called. A file that is there wins: `a.db.db`
 * over a new `a.db`.
 */
export function databasePrefix(given: string): string {
  if (given === '') throw new UsageError('the name given with --database is empty');
  if (!given.endsWith('.db') || given.endsWith('/.db') || given === '.db') {
    if (/[/\\]$/.test(given) || (isFolder(given) && !existsSync(`${given}.db`))) {
      throw new UsageError(`--database names a folder: add the name of the database, as in ${join(given, 'sotto')}`);
    }
    return given;
  }
  return !existsSync(given) && existsSync(`${given}.db`) ? given : given.slice(0, -'.db'.length);
}

function seconds(text: string): number {
  if (!/^\d{1,6}(?:\.\d{1,3})?$/.test(text)) throw new UsageError(`--time is a number of seconds, not "${text}"`);
  return Number(text);
}
