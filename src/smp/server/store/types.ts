/**
 * Stores of an SMP server, as interfaces: queue records and messages. Every promise of a change resolves when the
 * change would survive a crash of the machine (or of nothing, in memory).
 */
import type { AuthPublicKey } from '../../../protocol/index.ts';
import type { MessageFlags } from '../../protocol/index.ts';

export interface QueueRecord {
  /** 24 bytes each. */
  readonly rcvId: Uint8Array;
  readonly sndId: Uint8Array;
  readonly rcvAuthKey: AuthPublicKey;
  /** What deliveries are encrypted with: 32 bytes. */
  readonly rcvDhSecret: Uint8Array;
  /** Whether the sender may secure the queue. */
  readonly sndSecure: boolean;
  /** Undefined until the queue is secured. */
  readonly sndAuthKey: AuthPublicKey | undefined;
  /** `off`: takes no more messages. */
  readonly status: 'active' | 'off';
}

/** Records of queues, found by either id. */
export interface QueueStore {
  /** False when one of the ids is taken; nothing is stored then. */
  create(record: QueueRecord): Promise<boolean>;
  byRcvId(rcvId: Uint8Array): Promise<QueueRecord | undefined>;
  bySndId(sndId: Uint8Array): Promise<QueueRecord | undefined>;
  /** Sets the sender's key; `conflict` when there is another, `absent` when the queue is gone. */
  secure(rcvId: Uint8Array, key: AuthPublicKey): Promise<'done' | 'conflict' | 'absent'>;
  /** False when the queue is gone. */
  suspend(rcvId: Uint8Array): Promise<boolean>;
  /** Deletes the queue and its messages; false when it is gone. */
  delete(rcvId: Uint8Array): Promise<boolean>;
}

export interface StoredMessage {
  /** 24 bytes. */
  readonly msgId: Uint8Array;
  /** Seconds since the epoch. */
  readonly timestamp: number;
  /** `quota` marks the place of messages that were refused because the queue was full. */
  readonly content:
    | { readonly kind: 'message'; readonly flags: MessageFlags; readonly body: Uint8Array }
    | { readonly kind: 'quota' };
}

/** A message to store. */
export interface IncomingMessage {
  readonly msgId: Uint8Array;
  readonly timestamp: number;
  readonly flags: MessageFlags;
  readonly body: Uint8Array;
}

/**
 * Messages of queues, first in first out. A queue takes `quota` messages; the next is refused and leaves a quota
 * marker at the end, and everything is refused until all of them, marker included, are removed.
 */
export interface MessageStore {
  add(rcvId: Uint8Array, message: IncomingMessage): Promise<'stored' | 'quota' | 'absent'>;
  /** The first message. */
  first(rcvId: Uint8Array): Promise<StoredMessage | undefined>;
  /** Removes the first message if it has this id, and says what is first then. */
  remove(rcvId: Uint8Array, msgId: Uint8Array): Promise<StoredMessage | undefined>;
  /** Messages waiting, marker included. */
  size(rcvId: Uint8Array): Promise<number>;
  /** Removes messages from the start of all queues that are older than `before` (seconds); resolves with how many. */
  expire(before: number): Promise<number>;
}

export interface SmpStore {
  readonly queues: QueueStore;
  readonly messages: MessageStore;
  /** Waits for changes under way; the store is not used afterwards. */
  close(): Promise<void>;
}
