/** Arguments of `sotto smp-server init`. */
import { resolve } from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';
import type { SignatureAlgorithm } from '../../../crypto/index.ts';
import { type Entity, HostingError, type HostingType, hostingTypes, isCountry } from '../../../hosting/index.ts';
import { DEFAULT_SMP_PORT } from '../../../protocol/index.ts';
import { parseSocksProxy } from '../../../transport/node/index.ts';
import { type FolderOptions, foldersOf } from '../folders.ts';
import { type InitOptions, init } from '../init.ts';
import { explained, folderOptions, MAX_PORT, print, reporting, wholeNumber } from './options.ts';

interface InitFlags extends FolderOptions {
  readonly yes?: boolean;
  readonly ip?: string;
  readonly fqdn?: string;
  readonly identity?: string;
  readonly password?: string | boolean;
  readonly signAlgorithm: string;
  readonly port?: readonly number[];
  readonly disableStoreLog?: boolean;
  readonly dailyStats?: boolean;
  readonly socksProxy?: string | true;
  readonly ownDomains?: string;
  readonly webCert?: string;
  readonly webKey?: string;
  readonly sourceCode?: string;
  readonly operator?: string;
  readonly operatorCountry?: string;
  readonly operatorWebsite?: string;
  readonly hosting?: string;
  readonly hostingCountry?: string;
  readonly hostingType?: HostingType;
  readonly serverCountry?: string;
}

export function algorithmOf(text: string): SignatureAlgorithm {
  const algorithm = text.toLowerCase();
  if (algorithm !== 'ed25519' && algorithm !== 'ed448') {
    throw new HostingError(`There is no signature algorithm ${text}: use ED25519 or ED448.`);
  }
  return algorithm;
}

function country(text: string): string {
  if (!isCountry(text)) throw new InvalidArgumentError('It is not a country code of two letters.');
  return text.toUpperCase();
}

const ports = (text: string) => text.split(',').map(wholeNumber(1, MAX_PORT));

function entityOf(name: string | undefined, where: string | undefined, option: string): Entity | undefined {
  if (name !== undefined) return { name, country: where };
  if (where !== undefined)
    throw new HostingError(`--${option}-country is the country of --${option}, which is not given.`);
  return undefined;
}

const TOR_PROXY = '127.0.0.1:9050';
const HTTPS_PORT = 443;

function socksProxyOf(given: string | true | undefined): string | undefined {
  const text = given === true ? TOR_PROXY : given;
  if (text !== undefined && parseSocksProxy(text) === undefined) {
    throw new HostingError(`${text} is not the address of a SOCKS proxy: it has the form address:port.`);
  }
  return text;
}

function webOf({ webCert, webKey }: InitFlags): InitOptions['web'] {
  if (webCert === undefined && webKey === undefined) return undefined;
  if (webCert === undefined || webKey === undefined) {
    throw new HostingError('A certificate for browsers needs both --web-cert and --web-key.');
  }
  return { certificatePath: resolve(webCert), keyPath: resolve(webKey) };
}

const help = `Creates the identity of the server (ca.crt, ca.key, fingerprint), the certificate it runs with (server.crt, server.key) and
smp-server.ini, all readable by this user only, and prints the address to give to users. An existing identity is never
changed.

Examples:
  sotto smp-server init                                        prompts for what it needs
  sotto smp-server init -y --fqdn smp.example.com              with a random password
  sotto smp-server init -y --fqdn smp.example.com,abc.onion --no-password --operator "Ada" --operator-country GB`;

const IGNORED = [
  '-l, --store-log',
  '--disable-web',
  '--web-path <folder>',
  '--control-port [port]',
  '-d, --database <connection>',
  '--schema <name>',
  '--pool-size <number>',
];

export function initCommand(): Command {
  const command = folderOptions(new Command('init'))
    .description('create a new server: identity, certificates and configuration')
    .option('-y, --yes', 'ask nothing')
    .addOption(new Option('--ip <address>', 'IP address of the server').conflicts('fqdn'))
    .option('-n, --fqdn <name>', 'host name of the server; several are separated by commas')
    .option('--port <ports>', 'ports to listen on; the first is in the address (default: 5223)', ports)
    .option('--password <password>', 'password for creating queues (default: a random one)')
    .option('--no-password', 'let everyone create queues')
    .option('-a, --sign-algorithm <algorithm>', 'of the certificates: ED25519 or ED448', 'ED25519')
    .option('--disable-store-log', 'keep queues and messages in memory only')
    .option('--socks-proxy [address]', `SOCKS5 proxy for onion addresses of other servers (${TOR_PROXY})`)
    .option(
      '--own-domains <domains>',
      'your other servers, separated by commas; statistics count forwarding to them apart',
    )
    .option('--web-cert <file>', 'certificate for browsers, which get pages on port 443')
    .option('--web-key <file>', 'its key')
    .option('-s, --daily-stats', 'write daily statistics')
    .option('--identity <folder>', 'recreate a lost server: the folder with its ca.crt and ca.key')
    .option('--source-code <address>', 'where the source code of the server is')
    .option('--operator <name>', 'operator of the server')
    .option('--operator-country <code>', 'two letters', country)
    .option('--operator-website <address>', 'website of the operator')
    .option('--hosting <name>', 'company or person that hosts the machine')
    .option('--hosting-country <code>', 'two letters', country)
    .addOption(new Option('--hosting-type <type>', 'kind of hosting').choices(hostingTypes))
    .option('--server-country <code>', 'where the machine is: two letters', country);
  // Accepted for scripts written for the reference; they have no effect here.
  for (const flags of IGNORED) {
    command.addOption(new Option(flags).hideHelp());
  }
  const given = new Set<string>();
  for (const name of ['password', 'no-password']) command.on(`option:${name}`, () => given.add(name));
  return explained(command, help).action((flags: InitFlags) =>
    reporting(() => {
      if (given.size > 1) throw new HostingError('--password and --no-password cannot be used together.');
      return init(
        {
          folders: foldersOf(flags, process.env),
          yes: flags.yes === true,
          ip: flags.ip,
          fqdn: flags.fqdn,
          password: flags.password === false ? false : typeof flags.password === 'string' ? flags.password : undefined,
          algorithm: algorithmOf(flags.signAlgorithm),
          identity: flags.identity,
          ports: flags.port ?? (webOf(flags) === undefined ? [DEFAULT_SMP_PORT] : [DEFAULT_SMP_PORT, HTTPS_PORT]),
          web: webOf(flags),
          forwarding: {
            socksProxy: socksProxyOf(flags.socksProxy),
            ownDomains: flags.ownDomains?.split(',').join(' '),
          },
          dailyStatistics: flags.dailyStats === true,
          persistent: flags.disableStoreLog !== true,
          information: {
            sourceCode: flags.sourceCode,
            conditions: undefined,
            serverCountry: flags.serverCountry,
            operator: entityOf(flags.operator, flags.operatorCountry, 'operator'),
            website: flags.operatorWebsite,
            admin: undefined,
            complaints: undefined,
            hosting: entityOf(flags.hosting, flags.hostingCountry, 'hosting'),
            hostingType: flags.hostingType,
          },
        },
        print,
      );
    }),
  );
}
