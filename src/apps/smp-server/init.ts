/** `sotto smp-server init`: creates the identity, certificates and configuration of a new server. */
import { existsSync, statSync } from 'node:fs';
import { isIP } from 'node:net';
import { type SignatureAlgorithm, systemRandom } from '../../crypto/index.ts';
import { toBase64urlUnpadded } from '../../encoding/index.ts';
import {
  adoptIdentityFiles,
  createIdentityFiles,
  existingIdentityFile,
  type Folders,
  HostingError,
  hostsFault,
  type Information,
  isWebAddress,
  makePrivateFolder,
  terminalQuestions,
  writingTogether,
} from '../../hosting/index.ts';
import { DEFAULT_SMP_PORT, isServerPassword } from '../../protocol/index.ts';
import { printAddress, serverAddress } from './address.ts';
import { configurationFile, LOOPBACK } from './configuration/configuration.ts';
import { configurationText, type NewConfiguration } from './configuration/configuration-text.ts';

export interface InitOptions extends Omit<NewConfiguration, 'host' | 'password' | 'information'> {
  readonly folders: Folders;
  /** Whether to use defaults instead of prompting. */
  readonly yes: boolean;
  readonly ip: string | undefined;
  readonly fqdn: string | undefined;
  /** The password; false: none; undefined: generated, or prompted for. */
  readonly password: string | false | undefined;
  readonly algorithm: SignatureAlgorithm;
  /** A folder with ca.crt and ca.key, to recreate a lost server; undefined: a new identity. */
  readonly identity: string | undefined;
  readonly information: Information;
}

/** Random bytes in a generated password. */
const PASSWORD_BYTES = 24;

type Print = (line: string) => void;

const randomPassword = () => toBase64urlUnpadded(systemRandom.bytes(PASSWORD_BYTES));

const wrongPassword = (password: string): string | undefined =>
  isServerPassword(password)
    ? undefined
    : "A password has printable ASCII characters without spaces, '@', ':' and '/'.";

/** Clients must be able to parse the address, so an invalid host is refused here. */
function wrongHost(host: string): string | undefined {
  const fault = hostsFault(host);
  if (fault === undefined) return undefined;
  return host === '' ? `The host name ${fault}.` : `${host} ${fault}.`;
}

function wrongIp(ip: string): string | undefined {
  if (ip === '') return 'The IP address is empty.';
  return isIP(ip) === 0 ? `${ip} is not an IP address; a name is given with --fqdn.` : undefined;
}

const wrongWebAddress = (text: string): string | undefined =>
  isWebAddress(text) ? undefined : 'It has to begin with https:// or http://.';

function checked(value: string, wrong: (value: string) => string | undefined): string {
  const sentence = wrong(value);
  if (sentence !== undefined) throw new HostingError(sentence);
  return value;
}

interface Answers {
  readonly host: string;
  readonly password: string | undefined;
  readonly information: Information;
}

/** Validates the given options and adds defaults. */
function given(options: InitOptions, host: string): Answers {
  const { password = randomPassword() } = options;
  return {
    host: checked(host, wrongHost),
    password: password === false ? undefined : checked(password, wrongPassword),
    information: options.information,
  };
}

/** Prompts for the options that were not given. */
async function ask(options: InitOptions, host: string): Promise<Answers> {
  const defaults = given(options, host);
  const questions = terminalQuestions();
  try {
    const isGiven = options.fqdn !== undefined || options.ip !== undefined;
    const named = isGiven ? host : await questions.required(`Host name or IP address (${host}): `, host, wrongHost);
    let { password } = defaults;
    if (options.password === undefined) {
      const prompt = 'Password for creating queues (Enter: a random one, "n": none): ';
      const answer = await questions.required(prompt, '', wrongPassword);
      if (answer !== '') password = answer === 'n' ? undefined : answer;
    }
    const { information } = options;
    const sourceCode =
      information.sourceCode ??
      (await questions.optional(
        'Address of the source code of this server, if you changed it (Enter: none): ',
        wrongWebAddress,
      ));
    const operator =
      information.operator?.name ??
      (await questions.optional('Name of the operator, shown in public (Enter: none): ', () => undefined));
    return {
      host: named,
      password,
      information: {
        ...information,
        sourceCode,
        operator: operator === undefined ? undefined : { country: undefined, ...information.operator, name: operator },
      },
    };
  } finally {
    questions.close();
  }
}

function refuseExisting(folders: Folders): void {
  const existing =
    existingIdentityFile(folders.config) ??
    (existsSync(configurationFile(folders.config)) ? configurationFile(folders.config) : undefined);
  if (existing !== undefined) {
    if (statSync(existing).size === 0) {
      throw new HostingError(
        `${existing} is empty: an earlier init did not finish. Delete it (rm ${existing}), and run init again.`,
      );
    }
    throw new HostingError(
      `There is a server already: ${existing} exists. Its identity cannot be recreated, so nothing was changed.`,
    );
  }
}

/** Creates a server and prints its address. */
export async function init(options: InitOptions, print: Print): Promise<void> {
  const { folders, algorithm } = options;
  refuseExisting(folders);
  if (options.ip !== undefined) checked(options.ip, wrongIp);
  const defaultHost = options.fqdn ?? options.ip ?? LOOPBACK;
  const { host, password, information } = options.yes ? given(options, defaultHost) : await ask(options, defaultHost);
  const request = { algorithm, host, nowMs: Date.now(), random: systemRandom };
  const identity = writingTogether((write) => {
    const made =
      options.identity === undefined
        ? createIdentityFiles(folders.config, { ...request, name: 'SMP server CA' }, write)
        : adoptIdentityFiles(folders.config, options.identity, request, write);
    makePrivateFolder(folders.data);
    write(configurationFile(folders.config), configurationText({ ...options, host, password, information }));
    return made;
  });
  const [port = DEFAULT_SMP_PORT] = options.ports;
  const address = serverAddress(identity.fingerprint, host, port, password);
  printAddress(address, print);
  print('');
  if (host === LOOPBACK && options.ip === undefined) {
    print(
      `${LOOPBACK} only leads here from this machine. When others are to use the server, set "host" of [TRANSPORT] in`,
    );
    print(`${configurationFile(folders.config)} to its name; "sotto smp-server address" prints the address then.`);
    print('');
  }
  print(`Configuration: ${folders.config}`);
  print(`Data: ${folders.data}`);
  if (options.identity === undefined) tellOfKey(folders.config, print);
}

function tellOfKey(config: string, print: Print): void {
  print('');
  print('Now move the identity key off this machine. Whoever has it can impersonate this server, which runs');
  print('without it. Copy both of these to a safe place, then delete the key here:');
  print(`  ${config}/ca.key`);
  print(`  ${config}/ca.crt`);
  print(
    'With them a lost server can be recreated ("sotto smp-server init --identity <folder>"), and the certificate of the',
  );
  print('server renewed ("sotto smp-server cert --ca-key <file>").');
}
