/** What the agent keeps of connections, queues and messages. */
import type { Brand } from '../base/index.ts';
import type { KeyPair } from '../crypto/index.ts';
import type { SmpServer } from '../protocol/index.ts';

/** Names a connection on this device only: 12 random bytes in base64url. */
export type ConnId = Brand<string, 'ConnId'>;
/** Counts the messages of one connection on this device, sent and received together. */
export type MsgId = Brand<number, 'MsgId'>;
export type RcvQueueId = Brand<number, 'RcvQueueId'>;
export type SndQueueId = Brand<number, 'SndQueueId'>;

export type ConnectionState =
  | 'invited' // our queue waits for somebody with the link
  | 'joining' // we have somebody's link; our confirmation is not on its way yet
  | 'confirming' // a confirmation was received and waits to be allowed
  | 'connecting' // both queues are known; the last confirmation is under way
  | 'connected'
  | 'deleting'; // closed for the app; what is queued is still sent, then the queue is deleted

export interface Connection {
  readonly connId: ConnId;
  readonly state: ConnectionState;
  readonly agentVersion: number;
  /** Large headers and, where the peer agrees, the KEM. */
  readonly pq: boolean;
  /** The last message did not decrypt: the two ratchets are apart, as after an older copy of a database was restored. */
  readonly sessionLost: boolean;
}

export interface RcvQueue {
  readonly id: RcvQueueId;
  readonly connId: ConnId;
  readonly server: SmpServer;
  readonly rcvId: Uint8Array;
  readonly sndId: Uint8Array;
  /** Ed25519: authorises our commands. */
  readonly authKeys: KeyPair;
  /** X25519 secret shared with the server: opens what it delivers. */
  readonly deliverySecret: Uint8Array;
  /** X25519, named in the link or confirmation. */
  readonly e2eKeys: KeyPair;
  /** Known once the sender's confirmation came. */
  readonly e2eSecret: Uint8Array | undefined;
  readonly clientVersion: number;
  readonly status: 'new' | 'active';
}

export interface SndQueue {
  readonly id: SndQueueId;
  readonly connId: ConnId;
  readonly server: SmpServer;
  readonly sndId: Uint8Array;
  /** X25519: commands are authenticated deniably. */
  readonly authKeys: KeyPair;
  /** Our key of the per-queue box, sent with the confirmation. */
  readonly e2ePublicKey: Uint8Array;
  readonly e2eSecret: Uint8Array;
  readonly clientVersion: number;
  /** `new`: SKEY was not accepted yet. */
  readonly status: 'new' | 'secured' | 'active';
}

/** How a received message fits after the one before. */
export type MessageIntegrity =
  | { readonly kind: 'ok' }
  | { readonly kind: 'skipped'; readonly from: number; readonly to: number }
  | { readonly kind: 'bad-id' }
  | { readonly kind: 'bad-hash' }
  | { readonly kind: 'duplicate' };

/** What is told of a message with its body. Times in milliseconds. */
export interface MessageMeta {
  readonly integrity: MessageIntegrity;
  readonly sndMsgId: number;
  readonly brokerTs: number;
  readonly receivedAt: number;
  /** Whether its keys had a KEM secret in them. */
  readonly pq: boolean;
}

/** Whether the peer received exactly what was sent. */
export interface ReceivedReceipt {
  readonly msgId: MsgId;
  readonly intact: boolean;
}

export type AgentEvent =
  | {
      /** Somebody used our invitation: allow with `allowConnection`, or delete the connection. */
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
  /** A message did not decrypt: nothing more is sent on the connection. Told once; `msgId` is free for the app to use. */
  | { readonly kind: 'sessionLost'; readonly connId: ConnId; readonly msgId: MsgId; readonly brokerTs: number }
  | { readonly kind: 'sent'; readonly connId: ConnId; readonly msgId: MsgId }
  | { readonly kind: 'sendFailed'; readonly connId: ConnId; readonly msgId: MsgId; readonly error: Error }
  | { readonly kind: 'connectionFailed'; readonly connId: ConnId; readonly error: Error }
  /** The queue is served to another client now, or is gone. */
  | { readonly kind: 'subscriptionEnded'; readonly connId: ConnId; readonly deleted: boolean }
  | { readonly kind: 'serverConnected'; readonly server: SmpServer }
  | { readonly kind: 'serverDisconnected'; readonly server: SmpServer }
  | { readonly kind: 'error'; readonly connId: ConnId | undefined; readonly error: Error };
