/**
 * Full connection links (agent-protocol.md, "Connection request"): one-time invitations, which carry the X3DH keys,
 * and contact addresses, which do not.
 *
 *   link       = scheme "/" ("invitation" / "contact") ["/"] "#/?" query
 *   scheme     = "simplex:" / "https://" host [":" port]
 *   query      = "v=" versions "&smp=" queueURI *(";" queueURI) ["&e2e=" e2eParams] ["&data=" text]
 *   e2eParams  = "v=" versions "&x3dh=" key "," key ["&kem_ct=" ciphertext] ["&kem_key=" key]
 */
import { decodePublicKeyDer, encodePublicKeyDer, x448KeyCodec } from '../../crypto/index.ts';
import {
  type Codec,
  DecodeError,
  fromBase64url,
  fromUtf8,
  large,
  map,
  maybe,
  nonEmpty,
  struct,
  toBase64url,
  utf8,
} from '../../encoding/index.ts';
import { formatVersionRange, parseVersionRange, type VersionRange, versionRangeCodec } from '../../protocol/index.ts';
import { type KemParams, kemParamsCodec } from '../../ratchet/index.ts';
import { checkedBy, formatQuery, formatRawQuery, parseQuery, requireParam } from './query-string.ts';
import { formatSmpQueueUri, parseSmpQueueUri, type SmpQueueUri, smpQueueUriCodec } from './smp-queue.ts';

/** X3DH parameters in links, with the ratchet versions of the link's creator. */
export interface E2EParamsUri {
  readonly versions: VersionRange;
  readonly key1: Uint8Array;
  readonly key2: Uint8Array;
  readonly kem: KemParams | undefined;
}

interface LinkBase {
  /** `simplex:`, or the web page that opens the app; unrelated to the servers used. */
  readonly scheme: string;
  readonly agentVersions: VersionRange;
  readonly queues: readonly SmpQueueUri[];
  readonly clientData: string | undefined;
}

export interface InvitationLink extends LinkBase {
  readonly kind: 'invitation';
  readonly e2eParams: E2EParamsUri;
}

export interface ContactLink extends LinkBase {
  readonly kind: 'contact';
}

export type ConnectionLink = InvitationLink | ContactLink;

export const SIMPLEX_SCHEME = 'simplex:';

const KEM_RATCHET_VERSION = 3;

function formatE2eParams(params: E2EParamsUri): string {
  const key = (raw: Uint8Array) => toBase64url(encodePublicKeyDer('x448', raw));
  const query: [string, string][] = [
    ['v', formatVersionRange(params.versions)],
    ['x3dh', `${key(params.key1)},${key(params.key2)}`],
  ];
  if (params.kem !== undefined && params.versions.max >= KEM_RATCHET_VERSION) {
    if (params.kem.kind === 'accepted') query.push(['kem_ct', toBase64url(params.kem.ciphertext)]);
    query.push(['kem_key', toBase64url(params.kem.publicKey)]);
  }
  return formatRawQuery(query);
}

function parseE2eParams(text: string): E2EParamsUri {
  const params = parseQuery(text);
  const keys = requireParam(params, 'x3dh')
    .split(',')
    .map((key) => decodePublicKeyDer(fromBase64url(key)));
  const [key1, key2] = keys;
  if (keys.length !== 2 || key1?.algorithm !== 'x448' || key2?.algorithm !== 'x448') {
    throw new DecodeError('link has no two X448 keys', 0);
  }
  const versions = parseVersionRange(requireParam(params, 'v'));
  return {
    versions,
    key1: key1.raw,
    key2: key2.raw,
    kem: versions.max >= KEM_RATCHET_VERSION ? kemOf(params) : undefined,
  };
}

function kemOf(params: ReadonlyMap<string, string>): KemParams | undefined {
  const key = params.get('kem_key');
  if (key === undefined) return undefined;
  const publicKey = fromBase64url(key);
  const ciphertext = params.get('kem_ct');
  return ciphertext === undefined
    ? { kind: 'proposed', publicKey }
    : { kind: 'accepted', ciphertext: fromBase64url(ciphertext), publicKey };
}

export function formatConnectionLink(link: ConnectionLink): string {
  const query: [string, string][] = [
    ['v', formatVersionRange(link.agentVersions)],
    ['smp', link.queues.map(formatSmpQueueUri).join(';')],
  ];
  if (link.kind === 'invitation') query.push(['e2e', formatE2eParams(link.e2eParams)]);
  if (link.clientData !== undefined) query.push(['data', link.clientData]);
  return `${link.scheme}/${link.kind}#/?${formatQuery(query)}`;
}

const LINK = /^(simplex:|https:\/\/[^\s:#,;/]+(?::\d{1,5})?)\/(invitation|contact)\/?#\/\?([^\s]*)$/;

/** Parses links of either kind and scheme; throws {@link DecodeError}. */
export function parseConnectionLink(text: string): ConnectionLink {
  const match = LINK.exec(text);
  if (match === null) throw new DecodeError('not a connection link', 0);
  const [, scheme, kind, query] = match as unknown as [string, string, ConnectionLink['kind'], string];
  const params = parseQuery(query);
  const base: LinkBase = {
    scheme,
    agentVersions: parseVersionRange(requireParam(params, 'v')),
    queues: requireParam(params, 'smp').split(';').map(parseSmpQueueUri),
    clientData: params.get('data'),
  };
  return checkedBy<ConnectionLink>(
    connectionLinkCodec,
    kind === 'contact' ? { ...base, kind } : { ...base, kind, e2eParams: parseE2eParams(requireParam(params, 'e2e')) },
  );
}

const INVITATION = 0x49;
const CONTACT = 0x43;

const e2eParamsUriCodec: Codec<E2EParamsUri> = struct<E2EParamsUri>({
  versions: versionRangeCodec,
  key1: x448KeyCodec,
  key2: x448KeyCodec,
  kem: maybe(kemParamsCodec),
});

const linkQueues: Codec<readonly SmpQueueUri[]> = nonEmpty(smpQueueUriCodec);
const clientDataCodec = maybe(map(large, fromUtf8, utf8));

/** The binary form, inside short link data. It has no scheme, and a queue without a mode is a contact queue. */
export const connectionLinkCodec: Codec<ConnectionLink> = {
  write(writer, link) {
    writer.byte(link.kind === 'invitation' ? INVITATION : CONTACT);
    versionRangeCodec.write(writer, link.agentVersions);
    linkQueues.write(writer, link.queues);
    clientDataCodec.write(writer, link.clientData);
    if (link.kind === 'invitation') e2eParamsUriCodec.write(writer, link.e2eParams);
  },
  read(reader) {
    const tag = reader.byte();
    if (tag !== INVITATION && tag !== CONTACT) reader.fail('unknown kind of connection link');
    const versions = versionRangeCodec.read(reader);
    const queues = linkQueues.read(reader).map((queue) => ({ ...queue, mode: queue.mode ?? ('contact' as const) }));
    const clientData = clientDataCodec.read(reader);
    const base: LinkBase = { scheme: SIMPLEX_SCHEME, agentVersions: versions, queues, clientData };
    return tag === CONTACT
      ? { ...base, kind: 'contact' }
      : { ...base, kind: 'invitation', e2eParams: e2eParamsUriCodec.read(reader) };
  },
};
