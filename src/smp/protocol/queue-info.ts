/** The response to QUE: JSON as the reference writes it (fields in this order, absent ones omitted). */
import { type Codec, DecodeError, fromUtf8, map, tail, utf8 } from '../../encoding/index.ts';

/** The requesting connection's subscription; `qDelivered`: base64 id of an unacknowledged message. */
export interface QueueSubscription {
  readonly qSubThread: 'noSub' | 'subPending' | 'subThread' | 'prohibitSub';
  readonly qDelivered?: string;
}

export interface QueueMessageInfo {
  /** Base64. */
  readonly msgId: string;
  /** ISO 8601. */
  readonly msgTs: string;
  readonly msgType: 'message' | 'quota';
}

export interface QueueInfo {
  /** Whether the queue is secured. */
  readonly qiSnd: boolean;
  readonly qiNtf: boolean;
  readonly qiSub?: QueueSubscription;
  /** Number of messages. */
  readonly qiSize: number;
  /** The first message. */
  readonly qiMsg?: QueueMessageInfo;
}

function parse(raw: Uint8Array): QueueInfo {
  let info: unknown;
  try {
    info = JSON.parse(fromUtf8(raw));
  } catch (cause) {
    throw new DecodeError('queue information is not JSON', 0, { cause });
  }
  const { qiSnd, qiNtf, qiSize } = (info ?? {}) as Partial<QueueInfo>;
  if (typeof qiSnd !== 'boolean' || typeof qiNtf !== 'boolean' || typeof qiSize !== 'number') {
    throw new DecodeError('queue information lacks a field', 0);
  }
  return info as QueueInfo;
}

export const queueInfoCodec: Codec<QueueInfo> = map(tail, parse, (info) => utf8(JSON.stringify(info)));
