/** The address of a server, for display. */
import { encodeQR } from 'qr';
import { type Folders, HostingError } from '../../hosting/index.ts';
import { DEFAULT_SMP_PORT, formatSmpServer } from '../../protocol/index.ts';
import { isNamed } from './configuration/configuration.ts';
import { readSetup } from './configuration/reload.ts';

/** `hosts`: comma-separated, as in the configuration. */
export function serverAddress(keyHash: Uint8Array, hosts: string, port: number, password: string | undefined): string {
  const names = hosts.split(',').map((host) => host.trim());
  return formatSmpServer({ hosts: names, port: port === DEFAULT_SMP_PORT ? '' : String(port), keyHash }, password);
}

/** The address of the server configured in `folders`, with its password; throws {@link HostingError}. */
export function configuredAddress(folders: Folders): string {
  const { configuration, identity } = readSetup(folders);
  const { host, ports, password } = configuration;
  if (!isNamed(host)) {
    throw new HostingError('The server has no address yet: set "host" of [TRANSPORT] in smp-server.ini.');
  }
  return serverAddress(identity.fingerprint, host, ports[0]!, password);
}

/** Prints the address as text and as a QR code. */
export function printAddress(address: string, print: (line: string) => void): void {
  print(`Server address: ${address}`);
  print('');
  print(encodeQR(address, 'ascii').trimEnd());
}
