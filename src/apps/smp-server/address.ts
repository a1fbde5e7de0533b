/** The address of a server, as it is printed. */
import { DEFAULT_SMP_PORT, formatSmpServer } from '../../protocol/index.ts';

/** `hosts` may be several separated by commas, as in the configuration. */
export function serverAddress(keyHash: Uint8Array, hosts: string, port: number, password: string | undefined): string {
  const names = hosts.split(',').map((host) => host.trim());
  return formatSmpServer({ hosts: names, port: port === DEFAULT_SMP_PORT ? '' : String(port), keyHash }, password);
}
