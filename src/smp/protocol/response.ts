/** Responses and events of SMP servers (simplex-messaging.md, "SMP server messages"), for versions 9 to 12. */
import { BOX_NONCE_SIZE, x25519KeyCodec } from '../../crypto/index.ts';
import { bool, bytes, type Codec, fixed, int64, large, nonEmpty, struct, tail } from '../../encoding/index.ts';
import { type VersionRange, versionRangeCodec } from '../../protocol/index.ts';
import { type LinkData, linkDataCodec } from './command.ts';
import { BLOCKED_VERSION, DELETED_EVENT_VERSION } from './constants.ts';
import { type ErrorType, errorTypeCodec } from './error-type.ts';
import { type QueueInfo, queueInfoCodec } from './queue-info.ts';
import { taggedCodec } from './words.ts';

/** A certificate chain (DER) and a session key signed with its first certificate. */
export interface CertifiedSessionKey {
  readonly certificates: readonly Uint8Array[];
  readonly signedKey: Uint8Array;
}

export type Response =
  | {
      readonly kind: 'IDS';
      readonly rcvId: Uint8Array;
      readonly sndId: Uint8Array;
      readonly serverDhKey: Uint8Array;
      readonly sndSecure: boolean;
    }
  | { readonly kind: 'MSG'; readonly msgId: Uint8Array; readonly body: Uint8Array }
  | { readonly kind: 'OK' }
  | { readonly kind: 'ERR'; readonly error: ErrorType }
  | { readonly kind: 'PONG' }
  | { readonly kind: 'END' }
  | { readonly kind: 'DELD' }
  | { readonly kind: 'INFO'; readonly info: QueueInfo }
  | { readonly kind: 'NID'; readonly notifierId: Uint8Array; readonly serverDhKey: Uint8Array }
  | { readonly kind: 'NMSG'; readonly nonce: Uint8Array; readonly meta: Uint8Array }
  | {
      readonly kind: 'PKEY';
      readonly sessionId: Uint8Array;
      readonly versions: VersionRange;
      readonly key: CertifiedSessionKey;
    }
  | { readonly kind: 'RRES'; readonly response: Uint8Array }
  | { readonly kind: 'PRES'; readonly response: Uint8Array }
  | { readonly kind: 'LNK'; readonly sndId: Uint8Array; readonly data: LinkData }
  | { readonly kind: 'SOKS'; readonly count: number }
  | { readonly kind: 'ENDS'; readonly count: number };

const responseWords: Codec<Response> = taggedCodec<Response>(
  {
    IDS: { rcvId: bytes, sndId: bytes, serverDhKey: x25519KeyCodec, sndSecure: bool },
    MSG: { msgId: bytes, body: tail },
    OK: {},
    ERR: { error: errorTypeCodec },
    PONG: {},
    END: {},
    DELD: {},
    INFO: { info: queueInfoCodec },
    NID: { notifierId: bytes, serverDhKey: x25519KeyCodec },
    NMSG: { nonce: fixed(BOX_NONCE_SIZE), meta: bytes },
    PKEY: {
      sessionId: bytes,
      versions: versionRangeCodec,
      key: struct<CertifiedSessionKey>({ certificates: nonEmpty(large), signedKey: large }),
    },
    RRES: { response: tail },
    PRES: { response: tail },
    LNK: { sndId: bytes, data: linkDataCodec },
    SOKS: { count: int64 },
    ENDS: { count: int64 },
  },
  'response',
);

/** What an older version says in place of a response it does not know. */
function forVersion(version: number, response: Response): Response {
  if (response.kind === 'DELD' && version < DELETED_EVENT_VERSION) return { kind: 'END' };
  if (response.kind === 'ERR' && response.error.kind === 'BLOCKED') {
    const { info } = response.error;
    if (version < BLOCKED_VERSION) return { kind: 'ERR', error: { kind: 'AUTH' } };
    return { kind: 'ERR', error: { kind: 'BLOCKED', info: { ...info, notice: undefined } } };
  }
  return response;
}

export function responseCodec(version: number): Codec<Response> {
  return {
    write: (writer, response) => responseWords.write(writer, forVersion(version, response)),
    read: responseWords.read,
  };
}
