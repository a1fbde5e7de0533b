/**
 * Addresses of servers (simplex-messaging.md, "SMP server address"):
 *
 * ```
 * address = "smp://" identity [":" password] "@" host *("," host) [":" port]
 * identity = base64url of the SHA-256 of the identity certificate
 * ```
 *
 * The binary form, inside links and queue addresses, is hosts, port and identity.
 */
import {
  type Codec,
  DecodeError,
  EncodeError,
  fromBase64url,
  nonEmpty,
  refine,
  shortText,
  sizedBytes,
  struct,
  toBase64url,
} from '../encoding/index.ts';

/** A server's hosts and identity. */
export interface SmpServer {
  /** Names and addresses in order of preference; never empty; IPv6 without brackets. */
  readonly hosts: readonly string[];
  /** Decimal, or `''` for the default. */
  readonly port: string;
  /** SHA-256 of the identity certificate: 32 bytes. */
  readonly keyHash: Uint8Array;
}

/** A server and the password it requires for creating queues; undefined when it requires none. */
export interface SmpServerWithAuth {
  readonly server: SmpServer;
  readonly password: string | undefined;
}

/** The default port. */
export const DEFAULT_SMP_PORT = 5223;

const KEY_HASH_SIZE = 32;
const MAX_PORT = 65_535;

/** Only characters that are harmless in terminals and logs. */
const isHost = (text: string) => /^[A-Za-z0-9._-]+$/.test(text) || isIpv6(text);
const isIpv6 = (text: string) => /^[0-9a-fA-F:]*:[0-9a-fA-F:.]*$/.test(text);
const isPort = (text: string) => text === '' || (/^\d{1,5}$/.test(text) && Number(text) <= MAX_PORT);

/** Printable ASCII without space, `@`, `:` and `/`. */
export const isServerPassword = (text: string): boolean => /^[!-.0-9;-?A-~]+$/.test(text);

export const serverPasswordCodec: Codec<string> = refine(shortText, isServerPassword, 'invalid server password');

const withoutBrackets = (host: string) => (/^\[.*\]$/.test(host) ? host.slice(1, -1) : host);

const hostCodec: Codec<string> = {
  write(writer, host) {
    if (!isHost(host)) throw new EncodeError('invalid host');
    shortText.write(writer, host);
  },
  read(reader) {
    const host = withoutBrackets(shortText.read(reader));
    if (!isHost(host)) reader.fail('invalid host');
    return host;
  },
};

export const smpServerCodec: Codec<SmpServer> = struct<SmpServer>({
  hosts: nonEmpty(hostCodec),
  port: refine(shortText, isPort, 'invalid port'),
  keyHash: sizedBytes(KEY_HASH_SIZE),
});

/** `smp://identity@hosts:port`; with `password`, the form for users who may create queues. */
export function formatSmpServer(server: SmpServer, password?: string | undefined): string {
  const hosts = server.hosts.map((host) => (isIpv6(host) ? `[${host}]` : host)).join(',');
  const auth = password === undefined ? '' : `:${password}`;
  return `smp://${toBase64url(server.keyHash)}${auth}@${hosts}${server.port === '' ? '' : `:${server.port}`}`;
}

/** Parses an address with or without a password; throws `DecodeError`. */
export function parseSmpServer(text: string): SmpServerWithAuth {
  const match = /^smp:\/\/([^:@]*)(?::([^@]*))?@(.*?)(?::(\d+))?$/.exec(text.trim());
  if (match === null) throw new DecodeError('a server address has the form smp://identity@host', 0);
  const [, identity, password, hostList, port = ''] = match;
  const keyHash = fromBase64url(identity!);
  if (keyHash.length !== KEY_HASH_SIZE) throw new DecodeError('server identity has not 32 bytes', 'smp://'.length);
  const hosts = hostList!.split(',').map(withoutBrackets);
  if (!hosts.every(isHost)) throw new DecodeError('invalid host in server address', text.indexOf('@') + 1);
  if (!isPort(port)) throw new DecodeError('invalid port in server address', text.length);
  if (password !== undefined && !isServerPassword(password)) {
    throw new DecodeError('invalid password in server address', text.indexOf(':', 'smp://'.length) + 1);
  }
  return { server: { hosts, port, keyHash }, password };
}

/** The port to connect to. */
export function smpServerPort(server: SmpServer): number {
  return server.port === '' ? DEFAULT_SMP_PORT : Number(server.port);
}
