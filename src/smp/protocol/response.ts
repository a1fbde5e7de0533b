/** Responses and events of SMP servers (simplex-messaging.md, "SMP server messages") in versions 9 to 18. */
import { BOX_NONCE_SIZE, x25519KeyCodec } from '../../crypto/index.ts';
import { bytes, type Codec, fixed, int64, large, maybe, nonEmpty, struct, tail } from '../../encoding/index.ts';
import { type VersionRange, versionRangeCodec } from '../../protocol/index.ts';
import { absent, byVersion } from './by-version.ts';
import {
  BLOCKED_VERSION,
  DELETED_EVENT_VERSION,
  NEW_NOTIFIER_VERSION,
  NOTICES_VERSION,
  SERVICE_VERSION,
  SHORT_LINKS_VERSION,
} from './constants.ts';
import { type ErrorType, errorTypeCodec } from './error-type.ts';
import { type QueueInfo, queueInfoCodec } from './queue-info.ts';
import { type LinkData, linkDataCodec, type QueueMode, queueModeCodec, secureFlagCodec } from './queue-mode.ts';
import { taggedCodec, type WordForms } from './words.ts';

/** A certificate chain (DER) and a session key signed with its first certificate. */
export interface CertifiedSessionKey {
  readonly certificates: readonly Uint8Array[];
  readonly signedKey: Uint8Array;
}

/** The id of a notifier, and the server's X25519 public key for its notifications. */
export interface NotifierIds {
  readonly notifierId: Uint8Array;
  readonly serverDhKey: Uint8Array;
}

export interface QueueIds {
  readonly kind: 'IDS';
  readonly rcvId: Uint8Array;
  readonly sndId: Uint8Array;
  readonly serverDhKey: Uint8Array;
  readonly queueMode: QueueMode | undefined;
  /** From version 15 on. */
  readonly linkId: Uint8Array | undefined;
  /** From version 16 on: the service that the queue belongs to. */
  readonly serviceId: Uint8Array | undefined;
  /** From version 17 on. */
  readonly notifier: NotifierIds | undefined;
}

export type Response =
  | QueueIds
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
  /** The subscription was made; with an id, as this service. Before version 16: OK. */
  | { readonly kind: 'SOK'; readonly serviceId: Uint8Array | undefined }
  | { readonly kind: 'SOKS'; readonly count: number }
  | { readonly kind: 'ENDS'; readonly count: number };

const idsForm = (
  queueMode: Codec<QueueMode | undefined>,
  linkId: Codec<Uint8Array | undefined>,
  serviceId: Codec<Uint8Array | undefined>,
  notifier: Codec<NotifierIds | undefined>,
): WordForms<Response>['IDS'] => ({
  rcvId: bytes,
  sndId: bytes,
  serverDhKey: x25519KeyCodec,
  queueMode,
  linkId,
  serviceId,
  notifier,
});

const otherForms: Omit<WordForms<Response>, 'IDS'> = {
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
  SOK: { serviceId: maybe(bytes) },
  SOKS: { count: int64 },
  ENDS: { count: int64 },
};

const responseWords = (IDS: WordForms<Response>['IDS']) => taggedCodec<Response>({ IDS, ...otherForms }, 'response');

const [mode, id] = [maybe(queueModeCodec), maybe(bytes)];
const notifierIdsCodec = maybe(struct<NotifierIds>({ notifierId: bytes, serverDhKey: x25519KeyCodec }));

const wordsOf: (version: number) => Codec<Response> = byVersion([
  [0, responseWords(idsForm(secureFlagCodec, absent, absent, absent))],
  [SHORT_LINKS_VERSION, responseWords(idsForm(mode, id, absent, absent))],
  [SERVICE_VERSION, responseWords(idsForm(mode, id, id, absent))],
  [NEW_NOTIFIER_VERSION, responseWords(idsForm(mode, id, id, notifierIdsCodec))],
]);

/** Replaces a response that an older version does not have. */
function forVersion(version: number, response: Response): Response {
  if (response.kind === 'DELD' && version < DELETED_EVENT_VERSION) return { kind: 'END' };
  if (response.kind === 'SOK' && version < SERVICE_VERSION) return { kind: 'OK' };
  if (response.kind === 'ERR' && response.error.kind === 'BLOCKED' && version < NOTICES_VERSION) {
    const { info } = response.error;
    if (version < BLOCKED_VERSION) return { kind: 'ERR', error: { kind: 'AUTH' } };
    return { kind: 'ERR', error: { kind: 'BLOCKED', info: { ...info, notice: undefined } } };
  }
  return response;
}

/** The codec of responses in a version. */
export function responseCodec(version: number): Codec<Response> {
  const words = wordsOf(version);
  return {
    write: (writer, response) => words.write(writer, forVersion(version, response)),
    read: words.read,
  };
}
