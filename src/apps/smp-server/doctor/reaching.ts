/** First part: does the host name resolve, and does the port accept connections? */
import { lookup } from 'node:dns/promises';
import { connect, isIP } from 'node:net';
import { type Clock, withTimeout } from '../../../base/index.ts';
import { doubtful, type Examination, type Finding, failed, fine } from '../../../hosting/index.ts';

const TIMEOUT_MS = 10_000;

const messageOf = (error: unknown) => (error instanceof Error ? error.message : 'error');

/** Resolves a host name to addresses; the system's resolver in production. */
export type Resolve = (host: string) => Promise<readonly string[]>;

export const systemResolve: Resolve = async (host) => (await lookup(host, { all: true })).map(({ address }) => address);

async function resolved(host: string, resolve: Resolve): Promise<Finding> {
  if (isIP(host) !== 0) return fine(`${host} is an address`);
  try {
    const addresses = await resolve(host);
    return fine(`${host} is ${addresses.join(', ')}`);
  } catch (error) {
    return failed(
      `${host} has no address (${messageOf(error)})`,
      'Is the name spelled correctly? Create an A or AAAA record for it where the domain is managed; it may take an hour to become visible.',
    );
  }
}

export function nameExamination(hosts: readonly string[], resolve: Resolve): Examination {
  return { name: 'name', run: () => Promise.all(hosts.map((host) => resolved(host, resolve))) };
}

function connected(host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port }, () => {
      socket.destroy();
      resolve();
    });
    socket.once('error', reject);
    socket.setTimeout(TIMEOUT_MS, () => socket.destroy(new Error('no answer')));
  });
}

const portAdvice: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'Nothing listens there: is the server started, and is this the port of its configuration?',
  EHOSTUNREACH: 'The machine cannot be reached: is it on, and is the address its own?',
  ENETUNREACH: 'There is no way to this network from here: try from another machine.',
};
const FIREWALL_ADVICE =
  'No response: open the port in the firewall of the machine, and in that of the hosting company.';

async function reached(host: string, port: number, clock: Clock): Promise<Finding> {
  const started = clock.monotonic();
  try {
    await withTimeout(clock, TIMEOUT_MS, 'connecting', connected(host, port));
    return fine(`${host}:${port} answers after ${Math.round(clock.monotonic() - started)} ms`);
  } catch (error) {
    const { code = '' } = error as { readonly code?: string };
    return failed(`${host}:${port} does not answer (${code || messageOf(error)})`, portAdvice[code] ?? FIREWALL_ADVICE);
  }
}

/**
 * Tests each address of each host, because clients may use any of them; an unreachable one is only doubtful if another
 * works.
 */
export function portExamination(hosts: readonly string[], port: number, resolve: Resolve, clock: Clock): Examination {
  return {
    name: 'port',
    async run() {
      const addresses = (
        await Promise.all(hosts.map(async (host) => (isIP(host) === 0 ? resolve(host) : [host])))
      ).flat();
      const findings = await Promise.all([...new Set(addresses)].map((address) => reached(address, port, clock)));
      if (!findings.some(({ kind }) => kind === 'fine')) return findings;
      return findings.map((finding) =>
        finding.kind === 'failed' ? doubtful(finding.detail, finding.advice) : finding,
      );
    },
  };
}
