/** What the SMP client needs from its surroundings, and tells them. */
import type { Clock, Logger, Random } from '../../base/index.ts';
import type { SmpServer } from '../../protocol/index.ts';
import type { TransportConnect } from '../../transport/index.ts';
import type { SmpError } from './errors.ts';

/** A message as the server delivers it. */
export interface DeliveredMessage {
  readonly msgId: Uint8Array;
  /** Still encrypted between server and recipient: see `decryptDelivered`. */
  readonly body: Uint8Array;
}

/** Callbacks run while a block is being read, in the order of what was received: they must return quickly. */
export interface SmpClientsOptions {
  readonly connect: TransportConnect;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  onMessage(server: SmpServer, rcvId: Uint8Array, message: DeliveredMessage): void;
  /** The subscription is over: another connection took it, or the queue was deleted. It is wanted no more. */
  onEnd(server: SmpServer, rcvId: Uint8Array, reason: 'END' | 'DELD'): void;
  onConnected(server: SmpServer): void;
  onDisconnected(server: SmpServer): void;
  /** Subscribing again failed. With a retryable error it is tried again; otherwise the queue is wanted no more. */
  onSubscriptionError(server: SmpServer, rcvId: Uint8Array, error: SmpError): void;
}
