/**
 * Which addresses belong to the public internet (IANA special-purpose address registries, RFC 6890): a server that
 * connects to hosts named by strangers must not connect to its own machine or network for them.
 */
import { BlockList, isIP, isIPv4 } from 'node:net';

/** IPv4 that is not globally reachable unicast. */
const SPECIAL_IPV4 = [
  ['0.0.0.0', 8], // this network, unspecified
  ['10.0.0.0', 8], // private
  ['100.64.0.0', 10], // carrier-grade NAT
  ['127.0.0.0', 8], // loopback
  ['169.254.0.0', 16], // link-local
  ['172.16.0.0', 12], // private
  ['192.0.0.0', 24], // protocol assignments
  ['192.0.2.0', 24], // documentation
  ['192.88.99.0', 24], // 6to4 relays, deprecated
  ['192.168.0.0', 16], // private
  ['198.18.0.0', 15], // benchmarks
  ['198.51.100.0', 24], // documentation
  ['203.0.113.0', 24], // documentation
  ['224.0.0.0', 4], // multicast
  ['240.0.0.0', 4], // reserved, broadcast
] as const;

/** Parts of 2000::/3 that are not globally reachable unicast. */
const SPECIAL_IPV6 = [
  ['2001::', 23], // protocol assignments, Teredo, ORCHID
  ['2001:db8::', 32], // documentation
  ['3fff::', 20], // documentation
] as const;

const specialIPv4 = new BlockList();
for (const [network, prefix] of SPECIAL_IPV4) specialIPv4.addSubnet(network, prefix, 'ipv4');
const specialIPv6 = new BlockList();
for (const [network, prefix] of SPECIAL_IPV6) specialIPv6.addSubnet(network, prefix, 'ipv6');

const isPublicIPv4 = (address: string) => !specialIPv4.check(address, 'ipv4');

/** The eight groups of an IPv6 address without a zone. */
function groupsOf(address: string): readonly number[] {
  const dotted = /^(.*:)(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(address);
  const pair = (high: string, low: string) => ((Number(high) << 8) | Number(low)).toString(16);
  const text =
    dotted === null ? address : `${dotted[1]}${pair(dotted[2]!, dotted[3]!)}:${pair(dotted[4]!, dotted[5]!)}`;
  const [head = '', tail] = text.split('::');
  const parse = (part: string) => (part === '' ? [] : part.split(':').map((group) => Number.parseInt(group, 16)));
  const [before, after] = [parse(head), parse(tail ?? '')];
  return [...before, ...Array<number>(8 - before.length - after.length).fill(0), ...after];
}

const embeddedIPv4 = (high: number, low: number) => [high >> 8, high & 0xff, low >> 8, low & 0xff].join('.');

function isPublicIPv6(address: string): boolean {
  const groups = groupsOf(address);
  const startsWith = (...prefix: readonly number[]) => prefix.every((group, index) => groups[index] === group);
  // IPv4-mapped, NAT64 (RFC 6052) and 6to4 addresses embed an IPv4 address, which decides.
  if (startsWith(0, 0, 0, 0, 0, 0xffff) || startsWith(0x64, 0xff9b, 0, 0, 0, 0)) {
    return isPublicIPv4(embeddedIPv4(groups[6]!, groups[7]!));
  }
  if (startsWith(0x2002)) return isPublicIPv4(embeddedIPv4(groups[1]!, groups[2]!));
  return (groups[0]! & 0xe000) === 0x2000 && !specialIPv6.check(address, 'ipv6');
}

/** Whether an IP address is globally reachable unicast; false for anything else, and with a zone. */
export function isPublicAddress(address: string): boolean {
  if (isIP(address) === 0 || address.includes('%')) return false;
  return isIPv4(address) ? isPublicIPv4(address) : isPublicIPv6(address);
}

/** Names valid only on one machine or local network (RFC 6761, 6762, 8375; ICANN for `internal`). */
const LOCAL_NAMES = /(?:^|\.)(?:localhost|localdomain|local|internal|intranet|private|corp|home|lan|home\.arpa|exit)$/;

/**
 * Whether a host may be passed to a SOCKS proxy, which resolves it: only the name can be judged. IPv4 addresses in any
 * notation (`127.1`, `0x7f000001`) are judged as addresses.
 */
export function isPublicHost(host: string): boolean {
  const bare = host.replace(/^\[(.*)\]$/, '$1');
  if (isIP(bare) !== 0) return isPublicAddress(bare);
  let name: string;
  try {
    // The URL parser handles every IPv4 notation, and rejects names that look like an invalid IPv4 address.
    name = new URL(`http://${bare}/`).hostname.replace(/\.+$/, '');
  } catch {
    return false;
  }
  if (isIPv4(name)) return isPublicIPv4(name);
  return name.includes('.') && !LOCAL_NAMES.test(name);
}
