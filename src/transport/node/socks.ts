/**
 * Connections through a SOCKS5 proxy, as Tor is one (RFC 1928; user names RFC 1929). Names are looked up by the proxy.
 *
 * ```
 * setting = [user ":" password "@" / "@"] [host] [":" port]     ; "@": without a user name
 * ```
 *
 * Without any of them the user name is a different one for each destination: Tor then takes another way for each.
 */
import { connect, isIPv4, type Socket } from 'node:net';
import { concatBytes, utf8 } from '../../encoding/index.ts';
import { TransportError } from '../index.ts';

/** With whom to make the connection, and as whom. */
export interface SocksProxy {
  readonly host: string;
  readonly port: number;
  readonly auth:
    | { readonly kind: 'isolate' }
    | { readonly kind: 'none' }
    | { readonly kind: 'user'; readonly username: string; readonly password: string };
}

const DEFAULT_HOST = '127.0.0.1';
/** Where Tor listens. */
const DEFAULT_PORT = 9050;
const MAX_PORT = 65_535;
/** What a one-byte length can say. */
const MAX_TEXT = 255;

/** Reads a setting; undefined when it is not one. */
export function parseSocksProxy(text: string): SocksProxy | undefined {
  const match = /^(?:(@)|([^:@]{1,255}):([^@]{0,255})@)?(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]*)(?::(\d{1,5}))?$/.exec(
    text,
  );
  if (match === null || text === '') return undefined;
  const [, anonymous, username, password = '', host = '', port] = match;
  if (Number(port ?? DEFAULT_PORT) > MAX_PORT) return undefined;
  const bare = host.replace(/^\[|\]$/g, '');
  return {
    host: bare === '' ? DEFAULT_HOST : bare,
    port: Number(port ?? DEFAULT_PORT),
    auth:
      username !== undefined
        ? { kind: 'user', username, password }
        : { kind: anonymous === undefined ? 'isolate' : 'none' },
  };
}

const VERSION = 5;
const NO_AUTH = 0;
const USERNAME = 2;
const CONNECT = 1;
const IPV4 = 1;
const NAME = 3;
const IPV6 = 4;

const replies: Readonly<Record<number, string>> = {
  1: 'failed',
  2: 'does not allow it',
  3: 'cannot reach the network',
  4: 'cannot reach the host',
  5: 'was refused',
  6: 'gave up',
  7: 'does not know the command',
  8: 'does not know such addresses',
};

const short = (text: string): Uint8Array => {
  const bytes = utf8(text).subarray(0, MAX_TEXT);
  return concatBytes(Uint8Array.of(bytes.length), bytes);
};

/** An IPv6 address is written as a name too, which proxies read: there is one form less to write. */
const addressBytes = (host: string): Uint8Array =>
  isIPv4(host) ? Uint8Array.of(IPV4, ...host.split('.').map(Number)) : concatBytes(Uint8Array.of(NAME), short(host));

/** The request for a connection to `host`. */
export const socksRequest = (host: string, port: number): Uint8Array =>
  concatBytes(Uint8Array.of(VERSION, CONNECT, 0), addressBytes(host), Uint8Array.of(port >>> 8, port & 0xff));

/** Who we are to the proxy when it asks; `isolation` tells destinations apart. */
export function socksCredentials({ auth }: SocksProxy, isolation: string): Uint8Array | undefined {
  if (auth.kind === 'none') return undefined;
  const [username, password] = auth.kind === 'user' ? [auth.username, auth.password] : [isolation, ''];
  return concatBytes(Uint8Array.of(1), short(username), short(password));
}

/** Exactly `length` bytes, and not one of what follows. */
async function read(socket: Socket, length: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  for (let filled = 0; ; ) {
    // Piece by piece: what stays in the socket would be announced again and again.
    const chunk = socket.read(Math.min(length - filled, socket.readableLength)) as Buffer | null;
    if (chunk !== null) {
      bytes.set(chunk, filled);
      filled += chunk.length;
    }
    if (filled === length) return bytes;
    if (socket.readableEnded || socket.destroyed) {
      throw new TransportError('network', 'the SOCKS proxy closed the connection');
    }
    await new Promise<void>((resolve) => {
      const events = ['readable', 'end', 'close', 'error'] as const;
      const onEvent = () => {
        for (const event of events) socket.off(event, onEvent);
        resolve();
      };
      for (const event of events) socket.on(event, onEvent);
    });
  }
}

const refuse = (why: string): never => {
  throw new TransportError('network', `the SOCKS proxy ${why}`);
};

async function agree(socket: Socket, credentials: Uint8Array | undefined): Promise<void> {
  const methods = credentials === undefined ? [NO_AUTH] : [NO_AUTH, USERNAME];
  socket.write(Uint8Array.of(VERSION, methods.length, ...methods));
  const [version, method] = await read(socket, 2);
  if (version !== VERSION) refuse('does not speak SOCKS5: is this its port?');
  if (method === NO_AUTH) return;
  if (method !== USERNAME || credentials === undefined) return refuse('wants another way to log in');
  socket.write(credentials);
  const [, status] = await read(socket, 2);
  if (status !== 0) refuse('does not take this user name and password');
}

async function request(socket: Socket, host: string, port: number): Promise<void> {
  socket.write(socksRequest(host, port));
  const [version, reply, , kind] = await read(socket, 4);
  if (version !== VERSION) refuse('does not speak SOCKS5: is this its port?');
  if (reply !== 0) refuse(replies[reply!] ?? `failed (${reply})`);
  // The address it connects from is of no interest.
  const length = kind === IPV4 ? 4 : kind === IPV6 ? 16 : (await read(socket, 1))[0]!;
  await read(socket, length + 2);
}

/** A connection to `host` through `proxy`; rejects with {@link TransportError}, or the reason of `signal`. */
export async function socksConnect(
  proxy: SocksProxy,
  host: string,
  port: number,
  isolation: string,
  signal: AbortSignal,
): Promise<Socket> {
  if (signal.aborted) throw signal.reason;
  const socket = connect({ host: proxy.host, port: proxy.port, noDelay: true });
  let failure: Error | undefined;
  const onError = (error: Error) => {
    failure = error;
  };
  const onAbort = () => socket.destroy();
  socket.on('error', onError);
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    await agree(socket, socksCredentials(proxy, isolation));
    await request(socket, host, port);
    return socket;
  } catch (error) {
    socket.destroy();
    if (signal.aborted) throw signal.reason;
    if (failure === undefined) throw error;
    throw new TransportError('network', 'no connection to the SOCKS proxy: is it running?', { cause: failure });
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
