/** Names and addresses of machines, as operators write them: what is wrong is told before it is in an address. */
import { isIPv4, isIPv6 } from 'node:net';

const withoutBrackets = (host: string) => (/^\[.*\]$/.test(host) ? host.slice(1, -1) : host);

/** What is wrong with one name or address, in words that fit behind it; undefined when nothing is. */
export function hostFault(host: string): string | undefined {
  if (host === '') return 'is empty';
  // A zone (%eth0) means something on one machine only.
  if (isIPv6(withoutBrackets(host)) && !host.includes('%')) return undefined;
  if (/^[^:]+:\d+$/.test(host) || /^\[.*\]:\d+$/.test(host)) return 'has a port, which is a setting of its own';
  // What has the form of an address is none when a number is too large, or missing.
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
