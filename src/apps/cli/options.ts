/** Options of `sotto chat`, as they are given and as they are used. */
import { homedir } from 'node:os';
import { join } from 'node:path';
import { type LogLevel, logLevels } from '../../base/index.ts';

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
  readonly execute: string | undefined;
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
  readonly execute?: string;
  readonly time?: string;
  readonly yes?: boolean;
  readonly plain?: boolean;
  readonly createDisplayName?: string;
  readonly logLevel: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** The folder for data of this program: `$XDG_DATA_HOME/sotto`, or `~/.local/share/sotto`. */
export function dataFolder(env: Environment): string {
  const base = env.XDG_DATA_HOME;
  return join(base?.startsWith('/') ? base : join(homedir(), '.local', 'share'), 'sotto');
}

/** Throws {@link UsageError}. */
export function chatOptions(raw: RawChatOptions, env: Environment): ChatOptions {
  const level = logLevels.find((each) => each === raw.logLevel);
  if (level === undefined) throw new UsageError(`--log-level is one of ${logLevels.join(', ')}`);
  if (raw.key === '') throw new UsageError('the passphrase given with --key is empty');
  const given = [raw.key !== undefined, raw.keyFile !== undefined, !raw.passphrase].filter((each) => each);
  if (given.length > 1) throw new UsageError('give one of --key, --key-file and --no-passphrase');
  return {
    database: raw.database ?? join(dataFolder(env), 'sotto'),
    key: raw.key,
    keyFile: raw.keyFile,
    noPassphrase: !raw.passphrase,
    servers: (raw.server ?? []).flatMap((each) => each.split(/[\s;]+/)).filter((each) => each !== ''),
    execute: raw.execute,
    time: raw.time === undefined ? undefined : seconds(raw.time),
    yes: raw.yes ?? false,
    plain: raw.plain ?? false,
    createDisplayName: raw.createDisplayName,
    logLevel: level,
  };
}

function seconds(text: string): number {
  if (!/^\d{1,6}(?:\.\d{1,3})?$/.test(text)) throw new UsageError(`--time is a number of seconds, not ${text}`);
  return Number(text);
}
