/** Commands of SMP (simplex-messaging.md, "SMP commands"), one codec for versions 9 to 12. */
import { x25519KeyCodec } from '../../crypto/index.ts';
import {
  bool,
  bytes,
  type Codec,
  large,
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
import { type MessageFlags, messageFlagsCodec } from './message-flags.ts';
import { readWord, taggedCodec, type WordForms } from './words.ts';

/** The encrypted data behind a short link: what never changes and what its owner may replace. */
export interface LinkData {
  readonly fixed: Uint8Array;
  readonly user: Uint8Array;
}

export interface NewQueue {
  readonly kind: 'NEW';
  readonly rcvAuthKey: AuthPublicKey;
  /** X25519: with the server's answer, the secret that deliveries are encrypted with. */
  readonly rcvDhKey: Uint8Array;
  readonly password: string | undefined;
  readonly subscribe: boolean;
  /** Whether the sender may secure the queue with SKEY. */
  readonly sndSecure: boolean;
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

export const linkDataCodec: Codec<LinkData> = struct<LinkData>({ fixed: large, user: large });

/** `S` subscribes, `C` only creates. */
const subscribeCodec: Codec<boolean> = map(
  wordLetter(['S', 'C']),
  (letter) => letter === 'S',
  (subscribe) => (subscribe ? 'S' : 'C'),
);

function wordLetter<L extends string>(letters: readonly L[]): Codec<L> {
  return {
    write: (writer, letter) => writer.byte(letter.charCodeAt(0)),
    read(reader) {
      const letter = String.fromCharCode(reader.byte());
      return letters.find((l) => l === letter) ?? reader.fail('unknown mode');
    },
  };
}

/** The flags end at a space, which is not theirs. */
const flagsAndSpace: Codec<MessageFlags> = map(
  tuple(messageFlagsCodec, literal(' ')),
  ([flags]) => flags,
  (flags): [MessageFlags, undefined] => [flags, undefined],
);

const commandForms: WordForms<Command> = {
  NEW: {
    rcvAuthKey: authPublicKeyCodec,
    rcvDhKey: x25519KeyCodec,
    password: maybe(serverPasswordCodec),
    subscribe: subscribeCodec,
    sndSecure: bool,
  },
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

export const commandCodec: Codec<Command> = taggedCodec<Command>(commandForms, 'command');

/** Whether a command is one by its name, whatever its parameters: what tells CMD SYNTAX from CMD UNKNOWN. */
export function hasCommandName(command: Uint8Array): boolean {
  return Object.hasOwn(commandForms, readWord(new Reader(command)));
}
