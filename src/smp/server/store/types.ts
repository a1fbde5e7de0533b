/**
 * Stores of an SMP server, as interfaces: queues with their links and notifiers, messages, notifications and services.
 * Every promise of a change resolves when the change would survive a crash of the machine (or of nothing, in memory).
 */
import type { AgingState } from '../../../base/index.ts';
import type { AuthPublicKey } from '../../../protocol/index.ts';
import type { ServiceRole } from '../../../transport/index.ts';
import type { BlockingInfo, LinkData, MessageFlags, QueueMode } from '../../protocol/index.ts';

/** Who is told that a queue has messages. */
export interface Notifier {
  /** 24 bytes. */
  readonly notifierId: Uint8Array;
  readonly key: AuthPublicKey;
  /** What notifications are encrypted with: 32 bytes. */
  readonly dhSecret: Uint8Array;
  /** The service that subscribes for it. */
  readonly serviceId: Uint8Array | undefined;
}

export type QueueStatus =
  | { readonly kind: 'active' }
  /** Takes no more messages. */
  | { readonly kind: 'off' }
  /** By the operator: whoever uses it is told why. */
  | { readonly kind: 'blocked'; readonly info: BlockingInfo };

export interface QueueRecord {
  /** 24 bytes each. */
  readonly rcvId: Uint8Array;
  readonly sndId: Uint8Array;
  /** Whoever has one of these keys is the recipient; never empty. */
  readonly rcvAuthKeys: readonly AuthPublicKey[];
  /** What deliveries are encrypted with: 32 bytes. */
  readonly rcvDhSecret: Uint8Array;
  readonly mode: QueueMode;
  /** Undefined until the queue is secured. */
  readonly sndAuthKey: AuthPublicKey | undefined;
  readonly status: QueueStatus;
  /** Of the short link that leads to it; its data are stored apart. */
  readonly linkId: Uint8Array | undefined;
  readonly notifier: Notifier | undefined;
  /** The service that made it. */
  readonly serviceId: Uint8Array | undefined;
}

/** Records of queues, found by any of their ids. */
export interface QueueStore {
  /** False when one of the ids is taken; nothing is stored then. `link` holds the data when there is a link id. */
  create(record: QueueRecord, link?: LinkData): Promise<boolean>;
  byRcvId(rcvId: Uint8Array): Promise<QueueRecord | undefined>;
  bySndId(sndId: Uint8Array): Promise<QueueRecord | undefined>;
  byLinkId(linkId: Uint8Array): Promise<QueueRecord | undefined>;
  byNotifierId(notifierId: Uint8Array): Promise<QueueRecord | undefined>;
  /** Sets the sender's key; `conflict` when there is another, `absent` when the queue is gone. */
  secure(rcvId: Uint8Array, key: AuthPublicKey): Promise<'done' | 'conflict' | 'absent'>;
  /** Replaces the recipient's keys; false when the queue is gone. */
  setKeys(rcvId: Uint8Array, keys: readonly AuthPublicKey[]): Promise<boolean>;
  /** False when the queue is gone. */
  setStatus(rcvId: Uint8Array, status: QueueStatus): Promise<boolean>;
  linkData(linkId: Uint8Array): Promise<LinkData | undefined>;
  /**
   * Sets the link or replaces the data its owner may replace; `conflict` when the id is another's, the queue has
   * another link, or the fixed data differ.
   */
  setLink(rcvId: Uint8Array, linkId: Uint8Array, data: LinkData): Promise<'done' | 'conflict' | 'absent'>;
  /** Removes the link, if there is one; false when the queue is gone. */
  removeLink(rcvId: Uint8Array): Promise<boolean>;
  /** Sets or removes the notifier, and the notifications that wait for a former one; `taken` when the id is another's. */
  setNotifier(rcvId: Uint8Array, notifier: Notifier | undefined): Promise<NotifierChange | 'taken' | 'absent'>;
  /** Which service subscribes for the notifier; false when there is no notifier. */
  setNotifierService(rcvId: Uint8Array, serviceId: Uint8Array | undefined): Promise<boolean>;
  /** Deletes the queue with all that belongs to it; resolves with what it was, undefined when it is gone. */
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
  /** `quota` marks the place of messages that were refused because the queue was full. The body is borrowed. */
  readonly content:
    | {
        readonly kind: 'message';
        readonly flags: MessageFlags;
        readonly body: Uint8Array;
        /** When it came, on the aging clock, where that is not the timestamp. */
        readonly agedAt?: number;
      }
    | { readonly kind: 'quota' };
}

/** A message to store. */
export interface IncomingMessage {
  readonly msgId: Uint8Array;
  readonly timestamp: number;
  /** The same on the aging clock, by which it expires; without it, that is the timestamp. */
  readonly agedAt?: number;
  readonly flags: MessageFlags;
  readonly body: Uint8Array;
  /** Stored with it, for the notifier of the queue. */
  readonly notification?: IncomingNotification | undefined;
}

export interface IncomingNotification extends StoredNotification {
  readonly notifierId: Uint8Array;
}

/** What a notifier is told: see `encryptNotification`. */
export interface StoredNotification {
  /** 24 bytes. */
  readonly nonce: Uint8Array;
  readonly meta: Uint8Array;
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
  /** Removes messages from the start of one queue that are older than `before` (seconds of the aging clock); resolves with how many. */
  expireQueue(rcvId: Uint8Array, before: number): Promise<number>;
  /** Removes messages from the start of all queues that are older than `before` (seconds of the aging clock); resolves with how many. */
  expire(before: number): Promise<number>;
}

/** Notifications that wait for their notifiers, oldest first; of each notifier the last {@link NOTIFICATION_QUOTA}. */
export interface NotificationStore {
  /** The first, at most `limit`; they are not given again, and gone for good soon after. */
  take(notifierId: Uint8Array, limit: number): Promise<readonly StoredNotification[]>;
  /** Notifiers for which something waits, at most `limit`, in order behind `after`. */
  waiting(after: Uint8Array | undefined, limit: number): Promise<readonly Uint8Array[]>;
  /** Removes those older than `before` (seconds of the aging clock); resolves with how many. */
  expire(before: number): Promise<number>;
}

/** Clients that are services, each known by its certificate. */
export interface ServiceStore {
  /** The id of the service with this certificate, `newId` when it is new; undefined when it has another role. */
  admit(certHash: Uint8Array, role: ServiceRole, newId: Uint8Array): Promise<Uint8Array | undefined>;
  /** Notifiers that the service subscribes for; undefined when there is no such service. */
  notifiers(serviceId: Uint8Array): Promise<number | undefined>;
}

/** Notifications kept for a notifier that does not take them. */
export const NOTIFICATION_QUOTA = 128;

/** How much there is of what. */
export interface StoreCounts {
  readonly queues: number;
  /** Waiting in all queues. */
  readonly messages: number;
  readonly notifiers: number;
  /** Waiting for all notifiers. */
  readonly notifications: number;
  readonly services: number;
}

/** What sessions need of a store. */
export interface SessionStore {
  readonly queues: QueueStore;
  readonly messages: MessageStore;
  readonly notifications: NotificationStore;
  readonly services: ServiceStore;
}

/** The aging clock over stops: it lies in the store, so that copies of the store have it too. */
export interface AgingStore {
  /** Undefined when nothing was kept. */
  read(): AgingState | undefined;
  write(state: AgingState): Promise<void>;
}

export interface SmpStore extends SessionStore {
  readonly aging: AgingStore;
  /** Takes no longer with more queues. */
  counts(): StoreCounts;
  /** Waits for changes under way; the store is not used afterwards. */
  close(): Promise<void>;
}
