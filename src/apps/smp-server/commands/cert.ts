/** `sotto smp-server cert`: issues a new certificate for the same identity. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { systemRandom } from '../../../crypto/index.ts';
import { CA_CERTIFICATE, CA_KEY, HostingError, hostFault, renewServerCertificate } from '../../../hosting/index.ts';
import { type FolderOptions, foldersOf } from '../folders.ts';
import { algorithmOf } from './init.ts';
import { explained, folderOptions, print, reporting } from './options.ts';

interface CertFlags extends FolderOptions {
  readonly caKey?: string;
  readonly signAlgorithm?: string;
  readonly cn?: string;
}

const help = `Replaces the certificate the server runs with (server.crt, server.key) by a new one, signed with the identity key. The
identity and the address stay the same, and users notice nothing. Do this if somebody may have seen server.key, or from
time to time. The identity key (ca.key) should not be on this machine: give its path, for example on a USB stick.

A running server uses the old certificate until it is reloaded: systemctl reload, or SIGHUP.

Examples:
  sotto smp-server cert --ca-key /media/stick/ca.key
  sotto smp-server cert --ca-key /media/stick/ca.key --sign-algorithm ED448`;

function renew(flags: CertFlags): void {
  const { config } = foldersOf(flags, process.env);
  const fault = flags.cn === undefined ? undefined : hostFault(flags.cn);
  if (fault !== undefined) throw new HostingError(flags.cn === '' ? `The name ${fault}.` : `${flags.cn} ${fault}.`);
  const [caCertificate, caKey] = [join(config, CA_CERTIFICATE), join(config, CA_KEY)];
  if (flags.caKey === undefined && existsSync(caCertificate) && !existsSync(caKey)) {
    throw new HostingError(`There is no ${caKey}: give the path of the identity key with --ca-key <file>.`);
  }
  renewServerCertificate(config, {
    caKey: flags.caKey,
    algorithm: flags.signAlgorithm === undefined ? undefined : algorithmOf(flags.signAlgorithm),
    host: flags.cn,
    nowMs: Date.now(),
    random: systemRandom,
  });
  print(`The server has a new certificate: ${config}/server.crt. Its address is the same.`);
  print('A running server loads it on SIGHUP (systemctl reload).');
  if (flags.caKey === undefined)
    print(`Move ${config}/ca.key off this machine: it is not needed until the next renewal.`);
}

export function certCommand(): Command {
  return explained(folderOptions(new Command('cert')), help)
    .description('renew the certificate of the server; its identity stays')
    .option('--ca-key <file>', 'the identity key (default: ca.key beside the configuration)')
    .option('-a, --sign-algorithm <algorithm>', 'ED25519 or ED448 (default: as before)')
    .option('--cn <name>', 'host name in the certificate (default: as before)')
    .action((flags: CertFlags) => reporting(() => renew(flags)));
}
