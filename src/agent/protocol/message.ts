/**
 * Messages between agents (agent-protocol.md, "Messages between SMP agents"), version 7: the content of the double
 * ratchet, and the envelopes around it.
 */
import {
  bool,
  bytes,
  type Codec,
  fromUtf8,
  int64,
  large,
  map,
  maybe,
  nonEmpty,
  struct,
  tail,
  tuple,
  utf8,
  word16,
} from '../../encoding/index.ts';
import { type AuthPublicKey, authPublicKeyCodec } from '../../protocol/index.ts';
import { type E2EParams, e2eParamsCodec } from '../../ratchet/index.ts';
import {
  type SmpQueueInfo,
  type SmpQueueUri,
  type SndQueueAddress,
  smpQueueInfoCodec,
  smpQueueUriCodec,
  sndQueueAddressCodec,
} from './smp-queue.ts';

/** A receipt for one message: the sender's id of it, and the hash of what was received. */
export interface MessageReceipt {
  readonly sndMsgId: number;
  readonly hash: Uint8Array;
  readonly info: Uint8Array;
}

export type AMessage =
  | { readonly kind: 'HELLO' }
  | { readonly kind: 'A_MSG'; readonly body: Uint8Array }
  | { readonly kind: 'A_RCVD'; readonly receipts: readonly MessageReceipt[] }
  | { readonly kind: 'A_QCONT'; readonly queue: SndQueueAddress }
  | { readonly kind: 'QADD'; readonly queues: readonly (readonly [SmpQueueUri, SndQueueAddress | undefined])[] }
  | { readonly kind: 'QKEY'; readonly queues: readonly (readonly [SmpQueueInfo, AuthPublicKey])[] }
  | { readonly kind: 'QUSE'; readonly queues: readonly (readonly [SndQueueAddress, boolean])[] }
  | { readonly kind: 'QTEST'; readonly queues: readonly SndQueueAddress[] }
  | { readonly kind: 'EREADY'; readonly lastReceived: number };

export type AMessageKind = AMessage['kind'];

type Body<K extends AMessageKind> = Omit<Extract<AMessage, { kind: K }>, 'kind'>;

const receiptCodec: Codec<MessageReceipt> = struct<MessageReceipt>({ sndMsgId: int64, hash: bytes, info: large });

const nothing: Codec<Body<'HELLO'>> = { write() {}, read: () => ({}) };

/** Tag and body codec of each message; tags that begin with `Q` have two letters. */
const messageBodies: { readonly [K in AMessageKind]: readonly [tag: string, body: Codec<Body<K>>] } = {
  HELLO: ['H', nothing],
  A_MSG: ['M', struct<Body<'A_MSG'>>({ body: tail })],
  A_RCVD: ['V', struct<Body<'A_RCVD'>>({ receipts: nonEmpty(receiptCodec) })],
  A_QCONT: ['QC', struct<Body<'A_QCONT'>>({ queue: sndQueueAddressCodec })],
  QADD: ['QA', struct<Body<'QADD'>>({ queues: nonEmpty(tuple(smpQueueUriCodec, maybe(sndQueueAddressCodec))) })],
  QKEY: ['QK', struct<Body<'QKEY'>>({ queues: nonEmpty(tuple(smpQueueInfoCodec, authPublicKeyCodec)) })],
  QUSE: ['QU', struct<Body<'QUSE'>>({ queues: nonEmpty(tuple(sndQueueAddressCodec, bool)) })],
  QTEST: ['QT', struct<Body<'QTEST'>>({ queues: nonEmpty(sndQueueAddressCodec) })],
  EREADY: ['E', struct<Body<'EREADY'>>({ lastReceived: int64 })],
};

export const aMessageCodec: Codec<AMessage> = {
  write(writer, message) {
    const [tag, body] = messageBodies[message.kind] as readonly [string, Codec<object>];
    writer.bytes(utf8(tag));
    body.write(writer, message);
  },
  read(reader) {
    let tag = String.fromCharCode(reader.byte());
    if (tag === 'Q') tag += String.fromCharCode(reader.byte());
    for (const [kind, [expected, body]] of Object.entries(messageBodies)) {
      if (expected === tag) return { kind, ...(body as Codec<object>).read(reader) } as AMessage;
    }
    return reader.fail('unknown agent message');
  },
};

/** The plaintext of the double ratchet. */
export type AgentMessage =
  | { readonly kind: 'connInfo'; readonly info: Uint8Array }
  | { readonly kind: 'connInfoReply'; readonly queues: readonly SmpQueueInfo[]; readonly info: Uint8Array }
  | { readonly kind: 'ratchetInfo'; readonly info: Uint8Array }
  | {
      readonly kind: 'message';
      /** Number of the message at its sender, from 1. */
      readonly sndMsgId: number;
      /** SHA-256 of the sender's previous message; empty for the first. */
      readonly prevHash: Uint8Array;
      readonly message: AMessage;
    };

const tags = { connInfo: 0x49, connInfoReply: 0x44, ratchetInfo: 0x52, message: 0x4d } as const;
const queueInfos = nonEmpty(smpQueueInfoCodec);

export const agentMessageCodec: Codec<AgentMessage> = {
  write(writer, value) {
    writer.byte(tags[value.kind]);
    if (value.kind === 'message') {
      int64.write(writer, value.sndMsgId);
      bytes.write(writer, value.prevHash);
      aMessageCodec.write(writer, value.message);
      return;
    }
    if (value.kind === 'connInfoReply') queueInfos.write(writer, value.queues);
    writer.bytes(value.info);
  },
  read(reader) {
    switch (reader.byte()) {
      case tags.connInfo:
        return { kind: 'connInfo', info: reader.rest() };
      case tags.connInfoReply:
        return { kind: 'connInfoReply', queues: queueInfos.read(reader), info: reader.rest() };
      case tags.ratchetInfo:
        return { kind: 'ratchetInfo', info: reader.rest() };
      case tags.message: {
        const sndMsgId = int64.read(reader);
        const prevHash = bytes.read(reader);
        return { kind: 'message', sndMsgId, prevHash, message: aMessageCodec.read(reader) };
      }
      default:
        return reader.fail('unknown agent message');
    }
  },
};

/** The plaintext of the per-queue encryption: ratchet messages, and the messages sent before there is a ratchet. */
export type AgentEnvelope =
  | {
      readonly kind: 'confirmation';
      readonly version: number;
      readonly e2eParams: E2EParams | undefined;
      readonly encrypted: Uint8Array;
    }
  | { readonly kind: 'message'; readonly version: number; readonly encrypted: Uint8Array }
  | { readonly kind: 'invitation'; readonly version: number; readonly link: string; readonly info: Uint8Array }
  | { readonly kind: 'ratchetKey'; readonly version: number; readonly e2eParams: E2EParams; readonly info: Uint8Array };

const envelopeTags = { confirmation: 0x43, message: 0x4d, invitation: 0x49, ratchetKey: 0x52 } as const;
const maybeE2eParams = maybe(e2eParamsCodec);
const largeText = map(large, fromUtf8, utf8);

export const agentEnvelopeCodec: Codec<AgentEnvelope> = {
  write(writer, value) {
    word16.write(writer, value.version);
    writer.byte(envelopeTags[value.kind]);
    switch (value.kind) {
      case 'confirmation':
        maybeE2eParams.write(writer, value.e2eParams);
        return writer.bytes(value.encrypted);
      case 'message':
        return writer.bytes(value.encrypted);
      case 'invitation':
        largeText.write(writer, value.link);
        return writer.bytes(value.info);
      case 'ratchetKey':
        e2eParamsCodec.write(writer, value.e2eParams);
        return writer.bytes(value.info);
    }
  },
  read(reader) {
    const version = word16.read(reader);
    switch (reader.byte()) {
      case envelopeTags.confirmation:
        return { kind: 'confirmation', version, e2eParams: maybeE2eParams.read(reader), encrypted: reader.rest() };
      case envelopeTags.message:
        return { kind: 'message', version, encrypted: reader.rest() };
      case envelopeTags.invitation:
        return { kind: 'invitation', version, link: largeText.read(reader), info: reader.rest() };
      case envelopeTags.ratchetKey:
        return { kind: 'ratchetKey', version, e2eParams: e2eParamsCodec.read(reader), info: reader.rest() };
      default:
        return reader.fail('unknown agent envelope');
    }
  },
};

/** Padded sizes before the ratchet's encryption, which has larger headers with the KEM. [Agent/Protocol.hs] */
export const connInfoSize = (pq: boolean): number => (pq ? 11_106 : 14_832);
export const agentMessageSize = (pq: boolean): number => (pq ? 13_618 : 15_840);
