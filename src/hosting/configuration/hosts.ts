/** Validates host names and addresses in configurations. */
import { isIPv4, isIPv6 } from 'node:net';

const withoutBrackets = (host: string) => (/^\[.*\]$/.test(host) ? host.slice(1, -1) : host);

/** What is wrong with a name or address, as the end of a sentence; undefined when it is valid. */
export function hostFault(host: string): string | undefined {
  if (host === '') return 'is empty';
  // A zone (%eth0) is only valid on one machine.
  if (isIPv6(withoutBrackets(host)) && !host.includes('%')) return undefined;
  if (/^[^:]+:\d+$/.test(host) || /^\[.*\]:\d+$/.test(host)) return 'has a port, which is a setting of its own';
  // Text in the form of an IPv4 address is invalid if a number is too large or missing.
  const isName = /^[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*\.?$/.test(host);
  if (/^[\d.]+$/.test(host) ? isIPv4(host) : isName) return undefined;
  return 'is not a host name or address';
}

/** The same for several, separated by commas. */
export function hostsFault(hosts: string): string | undefined {
  for (const host of hosts.split(',')) {
    const fault = hostFault(host.trim());
    if (fault !== undefined) return fault;
  }
  return undefined;
}
