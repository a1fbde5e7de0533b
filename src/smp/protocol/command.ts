/** SMP commands (simplex-messaging.md, "SMP commands") in versions 9 to 18; only NEW changed between them. */
import { x25519KeyCodec } from '../../crypto/index.ts';
import {
  bytes,
  type Codec,
  letters,
  literal,
  map,
  maybe,
  nonEmpty,
  Reader,
  struct,
  tail,
  tuple,
  word16,
} from '../../encoding/index.ts';
import {
  type AuthPublicKey,
  authPublicKeyCodec,
  type SmpServer,
  serverPasswordCodec,
  smpServerCodec,
} from '../../protocol/index.ts';
import { absent, byVersion } from './by-version.ts';
import { NEW_NOTIFIER_VERSION, SHORT_LINKS_VERSION } from './constants.ts';
import { type MessageFlags, messageFlagsCodec } from './message-flags.ts';
import {
  type LinkData,
  linkDataCodec,
  type QueueRequest,
  queueRequestCodec,
  secureFlagRequestCodec,
} from './queue-mode.ts';
import { readWord, taggedCodec, type WordForms } from './words.ts';

/** The keys of a notifier: one authorizes NSUB, the other encrypts notifications. */
export interface NotifierKeys {
  readonly key: AuthPublicKey;
  /** X25519. */
  readonly dhKey: Uint8Array;
}

export interface NewQueue {
  readonly kind: 'NEW';
  readonly rcvAuthKey: AuthPublicKey;
  /** X25519; its shared secret with the server's key encrypts deliveries. */
  readonly rcvDhKey: Uint8Array;
  readonly password: string | undefined;
  readonly subscribe: boolean;
  /** Undefined: no queue mode was given (possible from version 15 on); treated as `contact`. */
  readonly queue: QueueRequest | undefined;
  /** From version 17 on. */
  readonly notifier: NotifierKeys | undefined;
}

export type Command =
  | NewQueue
  | { readonly kind: 'SUB' }
  | { readonly kind: 'KEY'; readonly key: AuthPublicKey }
  | { readonly kind: 'SKEY'; readonly key: AuthPublicKey }
  | { readonly kind: 'SEND'; readonly flags: MessageFlags; readonly body: Uint8Array }
  | { readonly kind: 'ACK'; readonly msgId: Uint8Array }
  | { readonly kind: 'GET' }
  | { readonly kind: 'OFF' }
  | { readonly kind: 'DEL' }
  | { readonly kind: 'QUE' }
  | { readonly kind: 'PING' }
  | { readonly kind: 'NKEY'; readonly key: AuthPublicKey; readonly dhKey: Uint8Array }
  | { readonly kind: 'NDEL' }
  | { readonly kind: 'NSUB' }
  | { readonly kind: 'PRXY'; readonly server: SmpServer; readonly password: string | undefined }
  | { readonly kind: 'PFWD'; readonly version: number; readonly key: Uint8Array; readonly transmission: Uint8Array }
  | { readonly kind: 'RFWD'; readonly transmission: Uint8Array }
  | { readonly kind: 'RKEY'; readonly keys: readonly AuthPublicKey[] }
  | { readonly kind: 'LSET'; readonly linkId: Uint8Array; readonly data: LinkData }
  | { readonly kind: 'LDEL' }
  | { readonly kind: 'LKEY'; readonly key: AuthPublicKey }
  | { readonly kind: 'LGET' }
  | { readonly kind: 'SUBS' }
  | { readonly kind: 'NSUBS' };

export type CommandKind = Command['kind'];

const subscribeCodec: Codec<boolean> = map(
  letters({ subscribe: 'S', createOnly: 'C' }, 'mode of subscription'),
  (mode) => mode === 'subscribe',
  (subscribe) => (subscribe ? 'subscribe' : 'createOnly'),
);

/** The flags extend to a space, which this codec consumes. */
const flagsAndSpace: Codec<MessageFlags> = map(
  tuple(messageFlagsCodec, literal(' ')),
  ([flags]) => flags,
  (flags): [MessageFlags, undefined] => [flags, undefined],
);

const notifierKeysCodec: Codec<NotifierKeys> = struct<NotifierKeys>({ key: authPublicKeyCodec, dhKey: x25519KeyCodec });

const newQueueForm = (
  queue: Codec<QueueRequest | undefined>,
  notifier: Codec<NotifierKeys | undefined>,
): WordForms<Command>['NEW'] => ({
  rcvAuthKey: authPublicKeyCodec,
  rcvDhKey: x25519KeyCodec,
  password: maybe(serverPasswordCodec),
  subscribe: subscribeCodec,
  queue,
  notifier,
});

const otherForms: Omit<WordForms<Command>, 'NEW'> = {
  SUB: {},
  KEY: { key: authPublicKeyCodec },
  SKEY: { key: authPublicKeyCodec },
  SEND: { flags: flagsAndSpace, body: tail },
  ACK: { msgId: bytes },
  GET: {},
  OFF: {},
  DEL: {},
  QUE: {},
  PING: {},
  NKEY: { key: authPublicKeyCodec, dhKey: x25519KeyCodec },
  NDEL: {},
  NSUB: {},
  PRXY: { server: smpServerCodec, password: maybe(serverPasswordCodec) },
  PFWD: { version: word16, key: x25519KeyCodec, transmission: tail },
  RFWD: { transmission: tail },
  RKEY: { keys: nonEmpty(authPublicKeyCodec) },
  LSET: { linkId: bytes, data: linkDataCodec },
  LDEL: {},
  LKEY: { key: authPublicKeyCodec },
  LGET: {},
  SUBS: {},
  NSUBS: {},
};

const commandWords = (NEW: WordForms<Command>['NEW']) => taggedCodec<Command>({ NEW, ...otherForms }, 'command');

/** The codec of commands in a version. */
export const commandCodec: (version: number) => Codec<Command> = byVersion([
  [0, commandWords(newQueueForm(secureFlagRequestCodec, absent))],
  [SHORT_LINKS_VERSION, commandWords(newQueueForm(maybe(queueRequestCodec), absent))],
  [NEW_NOTIFIER_VERSION, commandWords(newQueueForm(maybe(queueRequestCodec), maybe(notifierKeysCodec)))],
]);

/** Whether the bytes begin with a command name, whatever the parameters: distinguishes CMD SYNTAX from CMD UNKNOWN. */
export function hasCommandName(command: Uint8Array): boolean {
  const name = readWord(new Reader(command));
  return name === 'NEW' || Object.hasOwn(otherForms, name);
}
