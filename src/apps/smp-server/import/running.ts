/** Detects whether the server to import is still running: messages it accepts meanwhile would be lost or duplicated. */
import { readdirSync, readlinkSync } from 'node:fs';
import { systemClock, withTimeout } from '../../../base/index.ts';
import { certificateFingerprint } from '../../../crypto/index.ts';
import { equalBytes } from '../../../encoding/index.ts';
import { SMP_ALPN } from '../../../transport/index.ts';
import { tlsConnect } from '../../../transport/node/index.ts';

const TIMEOUT_MS = 3_000;
const LOOPBACK = '127.0.0.1';

const entriesOf = (folder: string): readonly string[] => {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
};

function targetOf(link: string): string | undefined {
  try {
    return readlinkSync(link);
  } catch {
    return undefined;
  }
}

/** The id of a process that has the file open, if the system shows it to this user (Linux). */
export function userOf(path: string): number | undefined {
  for (const pid of entriesOf('/proc').filter((name) => /^\d+$/.test(name))) {
    const files = `/proc/${pid}/fd`;
    if (entriesOf(files).some((file) => targetOf(`${files}/${file}`) === path)) return Number(pid);
  }
  return undefined;
}

/** Whether a server with this identity answers on one of these local ports. */
export async function answers(ports: readonly number[], fingerprint: Uint8Array): Promise<boolean> {
  const connect = tlsConnect(systemClock);
  const shows = async (port: number): Promise<boolean> => {
    const stop = new AbortController();
    try {
      const target = { hosts: [LOOPBACK], port, alpn: [SMP_ALPN] };
      const transport = await withTimeout(systemClock, TIMEOUT_MS, 'connecting', connect(target, stop.signal));
      const identity = transport.peerChain.at(-1);
      transport.destroy();
      return identity !== undefined && equalBytes(certificateFingerprint(identity), fingerprint);
    } catch {
      // No server, or another one.
      return false;
    } finally {
      stop.abort();
    }
  };
  return (await Promise.all(ports.filter((port) => port > 0).map(shows))).includes(true);
}
