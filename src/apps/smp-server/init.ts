/** `sotto smp-server init`: identity, certificates and configuration of a new server. */
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { encodeQR } from 'qr';
import { type SignatureAlgorithm, systemRandom } from '../../crypto/index.ts';
import { toBase64urlUnpadded } from '../../encoding/index.ts';
import {
  createIdentityFiles,
  existingIdentityFile,
  type Folders,
  HostingError,
  makePrivateFolder,
  noInformation,
  writeNewFile,
} from '../../hosting/index.ts';
import { DEFAULT_SMP_PORT, isServerPassword, parseSmpServer } from '../../protocol/index.ts';
import { serverAddress } from './address.ts';
import { configurationFile } from './configuration.ts';
import { configurationText } from './configuration-text.ts';

export interface InitOptions {
  readonly folders: Folders;
  /** Ask nothing. */
  readonly yes: boolean;
  readonly ip: string | undefined;
  readonly fqdn: string | undefined;
  /** A password, false for none; undefined makes one up, or asks. */
  readonly password: string | false | undefined;
  readonly signAlgorithm: string;
}

/** Random bytes in a password that is made up. */
const PASSWORD_BYTES = 24;

type Print = (line: string) => void;

const randomPassword = () => toBase64urlUnpadded(systemRandom.bytes(PASSWORD_BYTES));

function algorithmOf(text: string): SignatureAlgorithm {
  const algorithm = text.toLowerCase();
  if (algorithm !== 'ed25519' && algorithm !== 'ed448') {
    throw new HostingError(`There is no signature algorithm ${text}: use ED25519 or ED448.`);
  }
  return algorithm;
}

function checkPassword(password: string): string {
  if (!isServerPassword(password)) {
    throw new HostingError("A password has printable ASCII characters without spaces, '@', ':' and '/'.");
  }
  return password;
}

interface Answers {
  readonly host: string;
  readonly password: string | undefined;
}

async function ask(options: InitOptions, host: string): Promise<Answers> {
  const terminal = createInterface({ input: process.stdin });
  const lines = terminal[Symbol.asyncIterator]();
  const question = async (text: string): Promise<string> => {
    process.stdout.write(text);
    const line = await lines.next();
    if (line.done === true) throw new HostingError('The questions were not answered: with -y none are asked.');
    return line.value.trim();
  };
  try {
    const named = options.fqdn ?? options.ip ?? ((await question(`Host name or IP address (${host}): `)) || host);
    if (options.password !== undefined) return { host: named, password: options.password || undefined };
    const answer = await question('Password for creating queues: Enter makes one up, "n" is none, or type it: ');
    const password = answer === 'n' ? undefined : answer === '' ? randomPassword() : answer;
    return { host: named, password };
  } finally {
    terminal.close();
  }
}

function refuseExisting(folders: Folders): void {
  const existing =
    existingIdentityFile(folders.config) ??
    (existsSync(configurationFile(folders.config)) ? configurationFile(folders.config) : undefined);
  if (existing !== undefined) {
    throw new HostingError(
      `There is a server already: ${existing} exists. Its identity cannot be made again, so nothing was changed.`,
    );
  }
}

/** Makes a server and prints its address. */
export async function init(options: InitOptions, print: Print): Promise<void> {
  const { folders } = options;
  refuseExisting(folders);
  const algorithm = algorithmOf(options.signAlgorithm);
  const defaultHost = options.fqdn ?? options.ip ?? '127.0.0.1';
  const answers: Answers = options.yes
    ? { host: defaultHost, password: options.password === undefined ? randomPassword() : options.password || undefined }
    : await ask(options, defaultHost);
  const { host } = answers;
  const password = answers.password === undefined ? undefined : checkPassword(answers.password);
  // The address must be one that clients can read: better refused now than in somebody's app.
  try {
    parseSmpServer(serverAddress(new Uint8Array(32), host, DEFAULT_SMP_PORT, password));
  } catch (cause) {
    throw new HostingError(`${host} is not a host name or address.`, { cause });
  }
  const identity = createIdentityFiles(folders.config, {
    name: 'SMP server CA',
    algorithm,
    host,
    nowMs: Date.now(),
    random: systemRandom,
  });
  makePrivateFolder(folders.data);
  writeNewFile(
    configurationFile(folders.config),
    configurationText({ host, password, persistent: true, information: noInformation }),
  );
  const address = serverAddress(identity.fingerprint, host, DEFAULT_SMP_PORT, password);
  print(`Server address: ${address}`);
  print('');
  print(encodeQR(address, 'ascii').trimEnd());
  print('');
  print(`Configuration: ${folders.config}`);
  print(`Data: ${folders.data}`);
  print(`Move ${folders.config}/ca.key to a safe place off this machine: with it a lost server can be made again,`);
  print('and whoever has it can take its place.');
}
