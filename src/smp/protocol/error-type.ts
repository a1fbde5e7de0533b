/** SMP errors (simplex-messaging.md, "Error responses"): encoding, and text form. */
import { bytes, type Codec, DecodeError, fromUtf8Lossy, latin1, lazy, map, tail, utf8 } from '../../encoding/index.ts';
import { taggedCodec, wordCodec } from './words.ts';

const commandErrors = ['UNKNOWN', 'SYNTAX', 'PROHIBITED', 'NO_AUTH', 'HAS_AUTH', 'NO_ENTITY'] as const;
export type CommandError = (typeof commandErrors)[number];

const handshakeErrors = ['PARSE', 'IDENTITY', 'BAD_AUTH', 'BAD_SERVICE'] as const;

export type RelayTransportError =
  | { readonly kind: 'BLOCK' }
  | { readonly kind: 'VERSION' }
  | { readonly kind: 'LARGE_MSG' }
  | { readonly kind: 'SESSION' }
  | { readonly kind: 'NO_AUTH' }
  | { readonly kind: 'HANDSHAKE'; readonly error: (typeof handshakeErrors)[number] };

/** Errors between a proxy and the server it forwards to. */
export type BrokerError =
  | { readonly kind: 'RESPONSE'; readonly text: string }
  | { readonly kind: 'UNEXPECTED'; readonly text: string }
  | { readonly kind: 'TRANSPORT'; readonly error: RelayTransportError }
  | { readonly kind: 'NETWORK' }
  | { readonly kind: 'TIMEOUT' }
  | { readonly kind: 'HOST' }
  | { readonly kind: 'NO_SERVICE' };

export type ProxyError =
  | { readonly kind: 'PROTOCOL'; readonly error: ErrorType }
  | { readonly kind: 'BROKER'; readonly error: BrokerError }
  | { readonly kind: 'BASIC_AUTH' }
  | { readonly kind: 'NO_SESSION' };

/** Why a queue is blocked; `notice` is uninterpreted JSON, for later versions. */
export interface BlockingInfo {
  readonly reason: 'spam' | 'content';
  readonly notice: string | undefined;
}

export type ErrorType =
  | { readonly kind: 'BLOCK' }
  | { readonly kind: 'SESSION' }
  | { readonly kind: 'CMD'; readonly error: CommandError }
  | { readonly kind: 'PROXY'; readonly error: ProxyError }
  | { readonly kind: 'AUTH' }
  | { readonly kind: 'BLOCKED'; readonly info: BlockingInfo }
  | { readonly kind: 'SERVICE' }
  | { readonly kind: 'CRYPTO' }
  | { readonly kind: 'QUOTA' }
  | { readonly kind: 'STORE'; readonly text: string }
  | { readonly kind: 'NO_MSG' }
  | { readonly kind: 'LARGE_MSG' }
  | { readonly kind: 'EXPIRED' }
  | { readonly kind: 'INTERNAL' }
  | { readonly kind: 'DUPLICATE_' };

const latin1Text: Codec<string> = map(bytes, latin1, (text) => Uint8Array.from(text, (c) => c.charCodeAt(0)));
const restText: Codec<string> = map(tail, fromUtf8Lossy, utf8);

const relayTransportErrorCodec = taggedCodec<RelayTransportError>(
  {
    BLOCK: {},
    VERSION: {},
    LARGE_MSG: {},
    SESSION: {},
    NO_AUTH: {},
    HANDSHAKE: { error: wordCodec(handshakeErrors, 'handshake error') },
  },
  'transport error',
);

const brokerErrorWords = taggedCodec<BrokerError>(
  {
    RESPONSE: { text: latin1Text },
    UNEXPECTED: { text: latin1Text },
    TRANSPORT: { error: relayTransportErrorCodec },
    NETWORK: {},
    TIMEOUT: {},
    HOST: {},
    NO_SERVICE: {},
  },
  'broker error',
);

/** Newer servers append details to NETWORK, which are ignored. */
const brokerErrorCodec: Codec<BrokerError> = {
  write: brokerErrorWords.write,
  read(reader) {
    const error = brokerErrorWords.read(reader);
    if (error.kind === 'NETWORK') reader.rest();
    return error;
  },
};

const blockingInfoCodec: Codec<BlockingInfo> = map(
  tail,
  (raw) => {
    const match = /^reason=(spam|content)(?:,notice=(.*))?$/s.exec(fromUtf8Lossy(raw));
    if (match === null) throw new DecodeError('invalid blocking information', 0);
    return { reason: match[1] as BlockingInfo['reason'], notice: match[2] };
  },
  (info) => utf8(`reason=${info.reason}${info.notice === undefined ? '' : `,notice=${info.notice}`}`),
);

const proxyErrorCodec = taggedCodec<ProxyError>(
  {
    PROTOCOL: { error: lazy(() => errorTypeCodec) },
    BROKER: { error: brokerErrorCodec },
    BASIC_AUTH: {},
    NO_SESSION: {},
  },
  'proxy error',
);

export const errorTypeCodec: Codec<ErrorType> = taggedCodec<ErrorType>(
  {
    BLOCK: {},
    SESSION: {},
    CMD: { error: wordCodec(commandErrors, 'command error') },
    PROXY: { error: proxyErrorCodec },
    AUTH: {},
    BLOCKED: { info: blockingInfoCodec },
    SERVICE: {},
    CRYPTO: {},
    QUOTA: {},
    STORE: { text: restText },
    NO_MSG: {},
    LARGE_MSG: {},
    EXPIRED: {},
    INTERNAL: {},
    DUPLICATE_: {},
  },
  'error',
);

/** Maximum length of server-supplied text in a message. */
const MAX_TEXT = 200;

/** Removes control, format and other invisible characters: server-supplied text must not control the terminal. */
const printable = (text: string) => text.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, '').slice(0, MAX_TEXT);

/** The text form, for logs and messages: as on the wire. */
export function formatErrorType(
  error: ErrorType | ProxyError | BrokerError | RelayTransportError | CommandError | string,
): string {
  if (typeof error === 'string') return error;
  if ('error' in error) return `${error.kind} ${formatErrorType(error.error)}`;
  if ('text' in error) return `${error.kind} ${printable(error.text)}`;
  if ('info' in error) return `${error.kind} reason=${error.info.reason}`;
  return error.kind;
}
