/**
 * The key of the database: a passphrase that is given or asked for, or a random key in a private file beside the
 * database, `<prefix>.key`.
 */
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import type { DatabaseKey } from '../../agent/index.ts';
import type { Random } from '../../base/index.ts';
import { fromBase64url, toBase64url } from '../../encoding/index.ts';
import { reasonOf } from '../../hosting/folders.ts';
import { type ChatOptions, UsageError } from './options.ts';

const KEY_SIZE = 32;

export interface KeySource {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly random: Random;
  /** Asks without showing the answer; undefined where nobody can be asked. */
  readonly askHidden: ((question: string) => Promise<string | undefined>) | undefined;
  readonly tell: (line: string) => void;
}

/** Throws {@link UsageError} when there is no key and nobody to ask. */
export async function databaseKey(options: ChatOptions, source: KeySource): Promise<DatabaseKey> {
  const passphrase = options.key ?? givenPassphrase(options, source);
  if (passphrase !== undefined) return { kind: 'passphrase', passphrase };
  const path = `${options.database}.key`;
  if (existsSync(path)) return readKeyFile(path);
  const isNew = !existsSync(`${options.database}.db`);
  if (!isNew && options.noPassphrase) {
    throw new UsageError(
      `there is no key file ${path}: either the database has a passphrase (leave --no-passphrase out), or the file is lost`,
    );
  }
  if (isNew && (options.noPassphrase || options.yes || source.askHidden === undefined)) {
    // A script that all goes well for reads nothing on standard error.
    if (!options.noPassphrase && options.execute === undefined)
      source.tell(`no passphrase was given: the database is opened by the key file ${path}`);
    return makeKeyFile(path, source.random);
  }
  if (source.askHidden === undefined) {
    throw new UsageError('the database needs its passphrase: give it in a file with --key-file, or in SOTTO_KEY');
  }
  return { kind: 'passphrase', passphrase: await askPassphrase(source.askHidden, isNew, source.tell) };
}

/** Whether the passphrase comes from an option or the environment: nobody is asked for it. */
export function isGiven({ key, keyFile }: ChatOptions, env: KeySource['env']): boolean {
  return key !== undefined || keyFile !== undefined || (env.SOTTO_KEY ?? '') !== '';
}

function givenPassphrase({ keyFile }: ChatOptions, { env }: KeySource): string | undefined {
  if (keyFile === undefined) return env.SOTTO_KEY || undefined;
  let text: string;
  try {
    text = readFileSync(keyFile, 'utf8');
  } catch (cause) {
    throw new UsageError(`the file of --key-file cannot be read: ${keyFile}: ${reasonOf(cause)}`, { cause });
  }
  const passphrase = text.replace(/\r?\n$/, '');
  if (passphrase === '') throw new UsageError(`the file of --key-file is empty: ${keyFile}`);
  return passphrase;
}

function readKeyFile(path: string): DatabaseKey {
  let text: string;
  try {
    if ((statSync(path).mode & 0o077) !== 0) {
      throw new UsageError(`others can read the key file ${path}: take that away with chmod 600`);
    }
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    if (cause instanceof UsageError) throw cause;
    throw new UsageError(
      `the key file ${path} cannot be read: ${reasonOf(cause)}. Check its owner and permissions with ls -l ${path}`,
      { cause },
    );
  }
  try {
    const key = fromBase64url(text.trim());
    if (key.length === KEY_SIZE) return { kind: 'raw', key };
  } catch {
    // Reported below, as a file of another size is.
  }
  throw new UsageError(`${path} is not a key file of Sotto`);
}

function makeKeyFile(path: string, random: Random): DatabaseKey {
  const key = random.bytes(KEY_SIZE);
  try {
    writeFileSync(path, `${toBase64url(key)}\n`, { mode: 0o600, flag: 'wx', flush: true });
  } catch (cause) {
    throw new UsageError(`the key file ${path} cannot be made: ${reasonOf(cause)}`, { cause });
  }
  return { kind: 'raw', key };
}

async function askPassphrase(
  askHidden: (question: string) => Promise<string | undefined>,
  isNew: boolean,
  tell: (line: string) => void,
): Promise<string> {
  const answer = async (question: string) => {
    const text = await askHidden(question);
    if (text === undefined) throw new UsageError('no passphrase');
    return text;
  };
  if (!isNew) return answer('passphrase: ');
  for (;;) {
    const passphrase = await answer('new passphrase for the database: ');
    if (passphrase === '') {
      tell('a passphrase has at least one letter; with --no-passphrase a key file takes its place');
      continue;
    }
    if ((await answer('once more: ')) === passphrase) return passphrase;
    tell('the two are not the same: once again');
  }
}
