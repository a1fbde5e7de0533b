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

const help = `The certificate the server runs with (server.crt, server.key) is replaced by a new one, signed with the key of the
identity. The identity and the address stay as they are, and users notice nothing. Do it when somebody may have seen
server.key, or from time to time. The key of the identity (ca.key) should not be on this machine: name the place
where it is, as a memory stick.

A server that runs goes on with the old certificate until it is told: systemctl reload, or SIGHUP.

Examples:
  sotto smp-server cert --ca-key /media/stick/ca.key
  sotto smp-server cert --ca-key /media/stick/ca.key --sign-algorithm ED448`;

function renew(flags: CertFlags): void {
  const { config } = foldersOf(flags, process.env);
  const fault = flags.cn === undefined ? undefined : hostFault(flags.cn);
  if (fault !== undefined) throw new HostingError(flags.cn === '' ? `The name ${fault}.` : `${flags.cn} ${fault}.`);
  const [caCertificate, caKey] = [join(config, CA_CERTIFICATE), join(config, CA_KEY)];
  if (flags.caKey === undefined && existsSync(caCertificate) && !existsSync(caKey)) {
    throw new HostingError(
      `There is no ${caKey}: name the place where the key of the identity is with --ca-key <file>.`,
    );
  }
  renewServerCertificate(config, {
    caKey: flags.caKey,
    algorithm: flags.signAlgorithm === undefined ? undefined : algorithmOf(flags.signAlgorithm),
    host: flags.cn,
    nowMs: Date.now(),
    random: systemRandom,
  });
  print(`The server has a new certificate: ${config}/server.crt. Its address is the same.`);
  print('A server that runs takes it when it gets SIGHUP (systemctl reload).');
  if (flags.caKey === undefined) print(`Take ${config}/ca.key off this machine: it is not needed until the next time.`);
}

export function certCommand(): Command {
  return explained(folderOptions(new Command('cert')), help)
    .description('renew the certificate of the server; its identity stays')
    .option('--ca-key <file>', 'the key of the identity (default: ca.key beside the configuration)')
    .option('-a, --sign-algorithm <algorithm>', 'ED25519 or ED448 (default: as before)')
    .option('--cn <name>', 'host name in the certificate (default: as before)')
    .action((flags: CertFlags) => reporting(() => renew(flags)));
}
