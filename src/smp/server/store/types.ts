/**
 * Store interfaces of an SMP server: queues with their links and notifiers, messages, notifications and services. The
 * promise of a change resolves when the change would survive a power failure; in memory, at once.
 */
import type { AgingState } from '../../../base/index.ts';
import type { AuthPublicKey } from '../../../protocol/index.ts';
import type { ServiceRole } from '../../../transport/index.ts';
import type { BlockingInfo, LinkData, MessageFlags, QueueMode } from '../../protocol/index.ts';

/** The notifier of a queue: gets notifications of its messages. */
export interface Notifier {
  /** 24 bytes. */
  readonly notifierId: Uint8Array;
  readonly key: AuthPublicKey;
  /** The shared secret that encrypts notifications: 32 bytes. */
  readonly dhSecret: Uint8Array;
  /** The service that subscribes to it, if any. */
  readonly serviceId: Uint8Array | undefined;
}

export type QueueStatus =
  | { readonly kind: 'active' }
  /** Accepts no more messages. */
  | { readonly kind: 'off' }
  /** Blocked by the operator; errors tell users the reason. */
  | { readonly kind: 'blocked'; readonly info: BlockingInfo };

export interface QueueRecord {
  /** 24 bytes each. */
  readonly rcvId: Uint8Array;
  readonly sndId: Uint8Array;
  /** Any of these keys authorizes the recipient; never empty. */
  readonly rcvAuthKeys: readonly AuthPublicKey[];
  /** The shared secret that encrypts deliveries: 32 bytes. */
  readonly rcvDhSecret: Uint8Array;
  readonly mode: QueueMode;
  /** Undefined until the queue is secured. */
  readonly sndAuthKey: AuthPublicKey | undefined;
  readonly status: QueueStatus;
  /** The id of its short link; the link data are stored apart. */
  readonly linkId: Uint8Array | undefined;
  readonly notifier: Notifier | undefined;
  /** The service that created it, if any. */
  readonly serviceId: Uint8Array | undefined;
}

/** Queue records, found by any of their ids. */
export interface QueueStore {
  /** False when one of the ids is taken; then nothing is stored. `link`: the link data, if there is a link id. */
  create(record: QueueRecord, link?: LinkData): Promise<boolean>;
  byRcvId(rcvId: Uint8Array): Promise<QueueRecord | undefined>;
  bySndId(sndId: Uint8Array): Promise<QueueRecord | undefined>;
  byLinkId(linkId: Uint8Array): Promise<QueueRecord | undefined>;
  byNotifierId(notifierId: Uint8Array): Promise<QueueRecord | undefined>;
  /** Sets the sender's key; `conflict`: there is a different one; `absent`: there is no such queue. */
  secure(rcvId: Uint8Array, key: AuthPublicKey): Promise<'done' | 'conflict' | 'absent'>;
  /** Replaces the recipient's keys; false when there is no such queue. */
  setKeys(rcvId: Uint8Array, keys: readonly AuthPublicKey[]): Promise<boolean>;
  /** False when there is no such queue. */
  setStatus(rcvId: Uint8Array, status: QueueStatus): Promise<boolean>;
  linkData(linkId: Uint8Array): Promise<LinkData | undefined>;
  /**
   * Sets the link or replaces its mutable data; `conflict`: the id belongs to another queue, the queue has another
   * link, or the fixed data differ.
   */
  setLink(rcvId: Uint8Array, linkId: Uint8Array, data: LinkData): Promise<'done' | 'conflict' | 'absent'>;
  /** Removes the link, if there is one; false when there is no such queue. */
  removeLink(rcvId: Uint8Array): Promise<boolean>;
  /**
   * Sets or removes the notifier, and removes the notifications of a former one; `taken`: the id belongs to another
   * queue.
   */
  setNotifier(rcvId: Uint8Array, notifier: Notifier | undefined): Promise<NotifierChange | 'taken' | 'absent'>;
  /** Sets the service that subscribes to the notifier; false when there is no such notifier. */
  setNotifierService(rcvId: Uint8Array, serviceId: Uint8Array | undefined): Promise<boolean>;
  /** Deletes the queue with all its data; resolves with its record, undefined when there is no such queue. */
  delete(rcvId: Uint8Array): Promise<QueueRecord | undefined>;
}

export interface NotifierChange {
  readonly former: Notifier | undefined;
}

export interface StoredMessage {
  /** 24 bytes. */
  readonly msgId: Uint8Array;
  /** Seconds since the epoch. */
  readonly timestamp: number;
  /** `quota` stands for messages that were refused because the queue was full. The body is borrowed. */
  readonly content:
    | {
        readonly kind: 'message';
        readonly flags: MessageFlags;
        readonly body: Uint8Array;
        /** When it was received, on the aging clock, if that differs from the timestamp. */
        readonly agedAt?: number;
      }
    | { readonly kind: 'quota' };
}

/** A message to store. */
export interface IncomingMessage {
  readonly msgId: Uint8Array;
  readonly timestamp: number;
  /** When it was received, on the aging clock, by which it expires; default: the timestamp. */
  readonly agedAt?: number;
  readonly flags: MessageFlags;
  readonly body: Uint8Array;
  /** Stored in the same change, for the queue's notifier. */
  readonly notification?: IncomingNotification | undefined;
}

export interface IncomingNotification extends StoredNotification {
  readonly notifierId: Uint8Array;
}

/** An encrypted notification: see `encryptNotification`. */
export interface StoredNotification {
  /** 24 bytes. */
  readonly nonce: Uint8Array;
  readonly meta: Uint8Array;
}

/**
 * Messages of queues, first in first out. A queue accepts `quota` messages; the next is refused and adds a quota marker
 * at the end. From then on the queue refuses messages until all, including the marker, are removed.
 */
export interface MessageStore {
  add(rcvId: Uint8Array, message: IncomingMessage): Promise<'stored' | 'quota' | 'absent'>;
  /** The first message. */
  first(rcvId: Uint8Array): Promise<StoredMessage | undefined>;
  /** Removes the first message if it has this id; returns the first message afterwards. */
  remove(rcvId: Uint8Array, msgId: Uint8Array): Promise<StoredMessage | undefined>;
  /** Number of messages, including the quota marker. */
  size(rcvId: Uint8Array): Promise<number>;
  /**
   * Removes messages older than `before` (seconds of the aging clock) from the start of a queue; resolves with their
   * number.
   */
  expireQueue(rcvId: Uint8Array, before: number): Promise<number>;
  /**
   * Removes messages older than `before` (seconds of the aging clock) from the start of all queues; resolves with their
   * number.
   */
  expire(before: number): Promise<number>;
}

/** Stored notifications, oldest first; at most {@link NOTIFICATION_QUOTA} for each notifier. */
export interface NotificationStore {
  /** Removes and returns the first ones, at most `limit`; they are not returned again. */
  take(notifierId: Uint8Array, limit: number): Promise<readonly StoredNotification[]>;
  /** Notifiers with stored notifications, at most `limit`, in order behind `after`. */
  waiting(after: Uint8Array | undefined, limit: number): Promise<readonly Uint8Array[]>;
  /** Removes notifications older than `before` (seconds of the aging clock); resolves with their number. */
  expire(before: number): Promise<number>;
}

/** Clients that are services, identified by their certificates. */
export interface ServiceStore {
  /**
   * The id of the service with this certificate (`newId` when it is new); undefined when it is known with another role.
   */
  admit(certHash: Uint8Array, role: ServiceRole, newId: Uint8Array): Promise<Uint8Array | undefined>;
  /** Number of notifiers that the service subscribes to; undefined when there is no such service. */
  notifiers(serviceId: Uint8Array): Promise<number | undefined>;
}

/** Maximum stored notifications of a notifier. */
export const NOTIFICATION_QUOTA = 128;

/** Numbers of stored entries. */
export interface StoreCounts {
  readonly queues: number;
  /** In all queues. */
  readonly messages: number;
  readonly notifiers: number;
  /** Of all notifiers. */
  readonly notifications: number;
  readonly services: number;
}

/** The part of a store that sessions use. */
export interface SessionStore {
  readonly queues: QueueStore;
  readonly messages: MessageStore;
  readonly notifications: NotificationStore;
  readonly services: ServiceStore;
}

/** The state of the aging clock; it is part of the store, so that copies include it. */
export interface AgingStore {
  /** Undefined when nothing was stored. */
  read(): AgingState | undefined;
  write(state: AgingState): Promise<void>;
}

export interface SmpStore extends SessionStore {
  readonly aging: AgingStore;
  /** Constant time, independent of the number of queues. */
  counts(): StoreCounts;
  /** Waits for pending changes; the store must not be used afterwards. */
  close(): Promise<void>;
}
