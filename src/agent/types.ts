/** The agent's records of connections, queues and messages, and its events. */
import type { Brand } from '../base/index.ts';
import type { KeyPair } from '../crypto/index.ts';
import type { SmpServer } from '../protocol/index.ts';

/** Identifies a connection on this device only: 12 random bytes in base64url. */
export type ConnId = Brand<string, 'ConnId'>;
/** Numbers the messages of one connection on this device, sent and received together. */
export type MsgId = Brand<number, 'MsgId'>;
export type RcvQueueId = Brand<number, 'RcvQueueId'>;
export type SndQueueId = Brand<number, 'SndQueueId'>;

export type ConnectionState =
  | 'invited' // our queue waits for a peer with the link
  | 'joining' // we have a peer's link; our confirmation is not queued yet
  | 'confirming' // a confirmation was received and waits for `allowConnection`
  | 'connecting' // both queues are known; the last confirmation is on its way
  | 'connected'
  | 'deleting'; // deleted for the app; queued messages are still sent, then the queue is deleted

export interface Connection {
  readonly connId: ConnId;
  readonly state: ConnectionState;
  readonly agentVersion: number;
  /** Whether to use large headers and, if the peer agrees, the KEM. */
  readonly pq: boolean;
  /**
   * The last message could not be decrypted: the ratchets are out of sync, as after an older copy of a database was
   * restored.
   */
  readonly sessionLost: boolean;
}

export interface RcvQueue {
  readonly id: RcvQueueId;
  readonly connId: ConnId;
  readonly server: SmpServer;
  readonly rcvId: Uint8Array;
  readonly sndId: Uint8Array;
  /** Ed25519: authorizes our commands. */
  readonly authKeys: KeyPair;
  /** X25519 shared secret with the server: decrypts its deliveries. */
  readonly deliverySecret: Uint8Array;
  /** X25519; the public key is in the link or the confirmation. */
  readonly e2eKeys: KeyPair;
  /** Known once the sender's confirmation was received. */
  readonly e2eSecret: Uint8Array | undefined;
  readonly clientVersion: number;
  readonly status: 'new' | 'active';
}

export interface SndQueue {
  readonly id: SndQueueId;
  readonly connId: ConnId;
  readonly server: SmpServer;
  readonly sndId: Uint8Array;
  /** X25519: authenticates commands deniably. */
  readonly authKeys: KeyPair;
  /** Our public key of the per-queue encryption, sent with the confirmation. */
  readonly e2ePublicKey: Uint8Array;
  readonly e2eSecret: Uint8Array;
  readonly clientVersion: number;
  /** `new`: SKEY has not succeeded yet. */
  readonly status: 'new' | 'secured' | 'active';
}

/** How a received message relates to the previous one. */
export type MessageIntegrity =
  | { readonly kind: 'ok' }
  | { readonly kind: 'skipped'; readonly from: number; readonly to: number }
  | { readonly kind: 'bad-id' }
  | { readonly kind: 'bad-hash' }
  | { readonly kind: 'duplicate' };

/** Metadata of a message; times in milliseconds. */
export interface MessageMeta {
  readonly integrity: MessageIntegrity;
  readonly sndMsgId: number;
  readonly brokerTs: number;
  readonly receivedAt: number;
  /** Whether the KEM contributed to its key. */
  readonly pq: boolean;
}

/** Whether the peer received exactly what was sent. */
export interface ReceivedReceipt {
  readonly msgId: MsgId;
  readonly intact: boolean;
}

export type AgentEvent =
  | {
      /** A peer used our invitation: accept with `allowConnection`, or delete the connection. */
      readonly kind: 'confirmation';
      readonly connId: ConnId;
      readonly confirmationId: string;
      readonly info: Uint8Array;
    }
  | { readonly kind: 'info'; readonly connId: ConnId; readonly info: Uint8Array }
  | { readonly kind: 'connected'; readonly connId: ConnId; readonly pq: boolean }
  | {
      readonly kind: 'message';
      readonly connId: ConnId;
      readonly msgId: MsgId;
      readonly meta: MessageMeta;
      readonly body: Uint8Array;
    }
  | { readonly kind: 'receipt'; readonly connId: ConnId; readonly receipts: readonly ReceivedReceipt[] }
  /**
   * A message could not be decrypted: nothing more is sent on the connection. Emitted once; the app may use `msgId`.
   */
  | { readonly kind: 'sessionLost'; readonly connId: ConnId; readonly msgId: MsgId; readonly brokerTs: number }
  | { readonly kind: 'sent'; readonly connId: ConnId; readonly msgId: MsgId }
  | { readonly kind: 'sendFailed'; readonly connId: ConnId; readonly msgId: MsgId; readonly error: Error }
  | { readonly kind: 'connectionFailed'; readonly connId: ConnId; readonly error: Error }
  /** Another client took over the subscription, or the queue was deleted. */
  | { readonly kind: 'subscriptionEnded'; readonly connId: ConnId; readonly deleted: boolean }
  | { readonly kind: 'serverConnected'; readonly server: SmpServer }
  | { readonly kind: 'serverDisconnected'; readonly server: SmpServer }
  | { readonly kind: 'error'; readonly connId: ConnId | undefined; readonly error: Error };
