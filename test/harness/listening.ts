/** The addresses that a process and its children listen on (Linux: /proc/net and the descriptors of the process). */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { childrenOf } from './processes.ts';

const LISTEN = '0A';

/** Inodes of the open sockets of a process. */
function socketsOf(pid: number): string[] {
  return readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
    try {
      return /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1] ?? [];
    } catch {
      // Closed meanwhile.
      return [];
    }
  });
}

/** Decodes an address of /proc/net: 32-bit words in the byte order of the machine. */
function addressOf(hex: string): string {
  const bytes = Buffer.from(hex, 'hex');
  bytes.swap32();
  if (bytes.length === 4) return bytes.join('.');
  if (bytes.every((byte) => byte === 0)) return '::';
  return bytes.toString('hex').replace(/(.{4})(?!$)/g, '$1:');
}

/** `address:port` of all listening TCP sockets, sorted. */
export function listeningOn(pid: number): string[] {
  const inodes = new Set([pid, ...childrenOf(pid)].flatMap(socketsOf));
  const lines = ['tcp', 'tcp6'].flatMap((table) =>
    readFileSync(`/proc/${pid}/net/${table}`, 'utf8').split('\n').slice(1),
  );
  const found = lines.flatMap((line) => {
    const [, local = '', , state, , , , , , inode = ''] = line.trim().split(/\s+/);
    if (state !== LISTEN || !inodes.has(inode)) return [];
    const [address = '', port = ''] = local.split(':');
    return [`${addressOf(address)}:${Number.parseInt(port, 16)}`];
  });
  return found.sort();
}

/** Paths of the listening Unix sockets. */
export function unixSocketsOf(pid: number): string[] {
  const inodes = new Set([pid, ...childrenOf(pid)].flatMap(socketsOf));
  const lines = readFileSync(`/proc/${pid}/net/unix`, 'utf8').split('\n').slice(1);
  return lines.flatMap((line) => {
    const [, , , , , , inode = '', path] = line.trim().split(/\s+/);
    return path !== undefined && inodes.has(inode) ? [path] : [];
  });
}
