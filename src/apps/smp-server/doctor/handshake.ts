/** Second part: TLS, certificates, identity and versions, before any command. */
import { type Clock, withTimeout } from '../../../base/index.ts';
import { CryptoError, certificateFingerprint, chainIdentity, verifyChain } from '../../../crypto/index.ts';
import { DecodeError, equalBytes, Reader, toBase64url } from '../../../encoding/index.ts';
import { doubtful, type Examination, type Finding, failed, fine } from '../../../hosting/index.ts';
import type { SmpServer } from '../../../protocol/index.ts';
import { SMP_VERSIONS } from '../../../smp/protocol/index.ts';
import {
  compatibleVersion,
  formatVersionRange,
  plainBlocks,
  readBlock,
  type ServerHello,
  SMP_ALPN,
  serverHelloCodec,
  type Transport,
  type TransportConnect,
  TransportError,
  WEB_ALPN,
} from '../../../transport/index.ts';
import { dateOf, differs, holdingTime, tooEarly, validity } from './clocks.ts';

const TIMEOUT_MS = 15_000;
const WEB_PORT = 443;
const DAY_MS = 86_400_000;
/** More than 100 years: certificates that need no renewal. */
const ENDLESS_DAYS = 36_525;
/** A certificate that expires within this time is reported. */
const SOON_DAYS = 30;

const RENEW_ADVICE = 'Renew it with "sotto smp-server cert --ca-key <file>", then reload the server.';

/** What the server presented. */
export interface Shown {
  readonly chain: readonly Uint8Array[];
  readonly hello: ServerHello | undefined;
}

/** Connects and reads the server's hello; rejects with `TransportError` when the TLS handshake fails. */
async function look(server: SmpServer, port: number, connect: TransportConnect, clock: Clock): Promise<Shown> {
  const stop = new AbortController();
  const alpn = [port === WEB_PORT ? WEB_ALPN : SMP_ALPN];
  const transport: Transport = await connect({ hosts: server.hosts, port, alpn }, stop.signal);
  try {
    const block = await withTimeout(clock, TIMEOUT_MS, 'hello', readBlock(transport, plainBlocks));
    return { chain: transport.peerChain, hello: block && serverHelloCodec.read(new Reader(block)) };
  } catch (error) {
    if (!(error instanceof DecodeError) && !(error instanceof CryptoError)) throw error;
    return { chain: transport.peerChain, hello: undefined };
  } finally {
    transport.destroy();
  }
}

/** Whether the certificates are valid and signed, and for how long. */
export function chainFinding(chain: readonly Uint8Array[], nowMs: number): Finding {
  try {
    verifyChain(chain, nowMs);
  } catch (error) {
    const why = error instanceof Error ? error.message : 'error';
    const isMatterOfTime = holdingTime(chain, nowMs) !== undefined;
    const { fromMs } = isMatterOfTime ? validity(chain) : { fromMs: nowMs };
    if (nowMs < fromMs) return tooEarly(nowMs, fromMs);
    const doubt = isMatterOfTime ? `Is the clock of this machine correct? It says ${dateOf(nowMs)}. If it is: ` : '';
    return failed(`the certificates are not valid: ${why}`, `${doubt}${RENEW_ADVICE}`);
  }
  const days = Math.floor((validity(chain).toMs - nowMs) / DAY_MS);
  if (days < SOON_DAYS) return doubtful(`the certificate ends in ${days} days`, RENEW_ADVICE);
  if (days > ENDLESS_DAYS) return fine(`${chain.length} certificates, without end`);
  return fine(`${chain.length} certificates, the first ends in ${days.toLocaleString('en-US')} days`);
}

/** Whether the server is the one its address names. */
export function identityFinding(chain: readonly Uint8Array[], keyHash: Uint8Array): Finding {
  const shown = certificateFingerprint(chainIdentity(chain));
  if (equalBytes(shown, keyHash)) return fine(toBase64url(shown));
  return failed(
    `this is another server: its identity is ${toBase64url(shown)}`,
    'Give users the address that "sotto smp-server address" prints, or restore the identity (ca.crt) that the address names.',
  );
}

/** Whether there is a common version, and whether it is the newest. */
export function versionFinding(hello: ServerHello | undefined): Finding {
  if (hello === undefined) {
    return failed(
      'it does not speak the protocol of SMP servers',
      'Is this the port of an SMP server, and not of another?',
    );
  }
  const theirs = formatVersionRange(hello.versions);
  const version = compatibleVersion(SMP_VERSIONS, hello.versions);
  if (version === undefined) {
    return failed(
      `it speaks versions ${theirs}, and this program ${formatVersionRange(SMP_VERSIONS)}`,
      'Update the older one.',
    );
  }
  return fine(`versions ${theirs}, of which ${version} is used here`);
}

/** The same, unless the clock of this machine is wrong compared with the server's. */
async function certificatesFinding(
  chain: readonly Uint8Array[],
  nowMs: number,
  serverTime: ServerTime,
): Promise<Finding> {
  const finding = chainFinding(chain, nowMs);
  const holdsAtMs = finding.kind === 'fine' ? undefined : holdingTime(chain, nowMs);
  if (holdsAtMs === undefined) return finding;
  const serverMs = await serverTime(holdsAtMs);
  if (serverMs === undefined || chainFinding(chain, serverMs).kind !== 'fine') return finding;
  return differs(nowMs, serverMs, finding.kind === 'doubtful') ?? finding;
}

/** The server's clock when this machine's is taken to be `nowMs`; undefined when it cannot be determined. */
export type ServerTime = (nowMs: number) => Promise<number | undefined>;

export function handshakeExaminations(
  server: SmpServer,
  port: number,
  connect: TransportConnect,
  clock: Clock,
  serverTime: ServerTime,
): readonly Examination[] {
  let shown: Shown | undefined;
  const chain = () => shown?.chain ?? [];
  return [
    {
      name: 'TLS',
      async run() {
        try {
          shown = await look(server, port, connect, clock);
        } catch (error) {
          const why = error instanceof TransportError ? error.message : 'it does not respond';
          return [
            failed(
              why,
              'Is this the port of an SMP server? Nothing that ends TLS, as a proxy for the web, may stand in front.',
            ),
          ];
        }
        return [fine('version 1.3, agreed')];
      },
    },
    { name: 'certificates', run: async () => [await certificatesFinding(chain(), clock.now(), serverTime)] },
    { name: 'identity', run: async () => [identityFinding(chain(), server.keyHash)] },
    { name: 'protocol', run: async () => [versionFinding(shown?.hello)] },
  ];
}
