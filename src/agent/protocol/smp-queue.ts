/**
 * Queue addresses as exchanged between peers (simplex-messaging.md, "Out-of-band messages"; agent-protocol.md,
 * "Connection request"): `SmpQueueUri` with a version range, in links; `SmpQueueInfo` with the negotiated version, in
 * messages.
 */
import { decodePublicKeyDer, encodePublicKeyDer, x25519KeyCodec } from '../../crypto/index.ts';
import {
  bytes,
  type Codec,
  DecodeError,
  fromBase64url,
  type Reader,
  struct,
  toBase64url,
  type Writer,
  word16,
} from '../../encoding/index.ts';
import {
  formatSmpServer,
  formatVersionRange,
  parseSmpServer,
  parseVersionRange,
  type SmpServer,
  smpServerCodec,
  type VersionRange,
  versionRangeCodec,
} from '../../protocol/index.ts';
import type { QueueMode } from '../../smp/protocol/index.ts';
import { checkedBy, formatQuery, parseQuery, requireParam } from './query-string.ts';
import { SMP_CLIENT_QUEUE_MODE_VERSION, smpClientVersions } from './versions.ts';

export interface SmpQueueAddress {
  readonly server: SmpServer;
  /** 24 bytes. */
  readonly senderId: Uint8Array;
  /** The recipient's X25519 public key. */
  readonly dhPublicKey: Uint8Array;
  readonly mode: QueueMode | undefined;
}

export interface SmpQueueUri extends SmpQueueAddress {
  readonly versions: VersionRange;
}

export interface SmpQueueInfo extends SmpQueueAddress {
  readonly version: number;
}

/** The address of a sending queue, for the peer that receives from it. */
export interface SndQueueAddress {
  readonly server: SmpServer;
  readonly senderId: Uint8Array;
}

export const sndQueueAddressCodec: Codec<SndQueueAddress> = struct<SndQueueAddress>({
  server: smpServerCodec,
  senderId: bytes,
});

const MESSAGING = 0x4d;
const CONTACT = 0x43;
const TRUE = 0x54;
const FALSE = 0x46;

/**
 * From client version 4 on, the mode is `M` or `C`. In version 3 it is a Bool, whether the sender may secure the queue,
 * and omitted when false. What follows an address never begins with one of these letters, so an omitted mode is
 * detected.
 */
function writeMode(writer: Writer, mode: QueueMode | undefined, minVersion: number): void {
  if (minVersion >= SMP_CLIENT_QUEUE_MODE_VERSION) {
    if (mode !== undefined) writer.byte(mode === 'messaging' ? MESSAGING : CONTACT);
  } else if (mode === 'messaging') {
    writer.byte(TRUE);
  }
}

function readMode(reader: Reader): QueueMode | undefined {
  const tag = reader.peek();
  if (tag !== MESSAGING && tag !== CONTACT && tag !== TRUE && tag !== FALSE) return undefined;
  reader.byte();
  return tag === MESSAGING || tag === TRUE ? 'messaging' : 'contact';
}

function smpQueueAddressCodec<V, K extends string>(
  name: K,
  version: Codec<V>,
  minVersion: (v: V) => number,
): Codec<SmpQueueAddress & { readonly [P in K]: V }> {
  return {
    write(writer, queue) {
      version.write(writer, queue[name]);
      smpServerCodec.write(writer, queue.server);
      bytes.write(writer, queue.senderId);
      x25519KeyCodec.write(writer, queue.dhPublicKey);
      writeMode(writer, queue.mode, minVersion(queue[name]));
    },
    read(reader) {
      const v = version.read(reader);
      const server = smpServerCodec.read(reader);
      const senderId = bytes.read(reader);
      const dhPublicKey = x25519KeyCodec.read(reader);
      const address: SmpQueueAddress = { server, senderId, dhPublicKey, mode: readMode(reader) };
      return { ...address, [name]: v } as SmpQueueAddress & { readonly [P in K]: V };
    },
  };
}

export const smpQueueInfoCodec: Codec<SmpQueueInfo> = smpQueueAddressCodec('version', word16, (v) => v);
export const smpQueueUriCodec: Codec<SmpQueueUri> = smpQueueAddressCodec('versions', versionRangeCodec, (v) => v.min);

/** queueURI = server "/" senderId "#/?" "v=" versions "&dh=" key ["&q=" ("m" / "c")] ["&k=s"] ["&srv=" hosts] */
export function formatSmpQueueUri(queue: SmpQueueUri): string {
  const { server, versions, mode } = queue;
  const legacy = versions.min < HOSTNAMES_VERSION;
  const shown: SmpServer = legacy ? { ...server, hosts: server.hosts.slice(0, 1) } : server;
  const params: [string, string][] = [
    ['v', formatVersionRange(versions)],
    ['dh', toBase64url(encodePublicKeyDer('x25519', queue.dhPublicKey))],
  ];
  if (mode !== undefined) params.push(['q', mode === 'messaging' ? 'm' : 'c']);
  if (mode === 'messaging' && versions.min < SMP_CLIENT_QUEUE_MODE_VERSION) params.push(['k', 's']);
  if (legacy && server.hosts.length > 1) params.push(['srv', server.hosts.slice(1).map(withBrackets).join(',')]);
  return `${formatSmpServer(shown)}/${toBase64url(queue.senderId)}#/?${formatQuery(params)}`;
}

/** Below, the server part has only one host. */
const HOSTNAMES_VERSION = 2;

export function parseSmpQueueUri(text: string): SmpQueueUri {
  const match = /^(smp:\/\/[^/]+)\/([A-Za-z0-9_=-]+)\/?#\/?\?(.*)$/.exec(text);
  if (match === null) throw new DecodeError('invalid queue address', 0);
  const [, serverText, senderId, query] = match as unknown as [string, string, string, string];
  const params = parseQuery(query);
  const { server } = parseSmpServer(serverText);
  const key = decodePublicKeyDer(fromBase64url(requireParam(params, 'dh')));
  if (key.algorithm !== 'x25519') throw new DecodeError('queue key is not an X25519 key', 0);
  const otherHosts = params.get('srv')?.split(',').map(withoutBrackets) ?? [];
  return checkedBy(smpQueueUriCodec, {
    versions: parseVersionRange(requireParam(params, 'v')),
    server: { ...server, hosts: [...server.hosts, ...otherHosts] },
    senderId: fromBase64url(senderId),
    dhPublicKey: key.raw,
    mode: modeParam(params),
  });
}

/** IPv6 addresses have brackets, as in the server part. */
const withoutBrackets = (host: string) => host.replace(/^\[(.*)\]$/, '$1');
const withBrackets = (host: string) => (host.includes(':') ? `[${host}]` : host);

function modeParam(params: ReadonlyMap<string, string>): QueueMode | undefined {
  const mode = params.get('q');
  if (mode === 'm') return 'messaging';
  if (mode === 'c') return 'contact';
  return params.get('k') === 's' ? 'messaging' : undefined;
}

/** The queue's address for messages, with the negotiated version; undefined when there is no common version. */
export function agreedSmpQueueInfo(queue: SmpQueueUri): SmpQueueInfo | undefined {
  const version = Math.min(queue.versions.max, smpClientVersions.max);
  if (version < Math.max(queue.versions.min, smpClientVersions.min)) return undefined;
  const { server, senderId, dhPublicKey, mode } = queue;
  return { server, senderId, dhPublicKey, mode, version };
}
