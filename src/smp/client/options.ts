/** The dependencies and callbacks of the SMP client. */
import type { Clock, Logger, Random } from '../../base/index.ts';
import type { SmpServer } from '../../protocol/index.ts';
import type { TransportConnect } from '../../transport/index.ts';
import type { SmpError } from './errors.ts';

/** A message delivered by the server. */
export interface DeliveredMessage {
  readonly msgId: Uint8Array;
  /** Still encrypted between server and recipient: see `decryptDelivered`. */
  readonly body: Uint8Array;
}

/** Callbacks run while a block is being processed, in the order of its transmissions: they must return quickly. */
export interface SmpClientsOptions {
  readonly connect: TransportConnect;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  onMessage(server: SmpServer, rcvId: Uint8Array, message: DeliveredMessage): void;
  /** The subscription ended: another connection took it over, or the queue was deleted. It is not renewed. */
  onEnd(server: SmpServer, rcvId: Uint8Array, reason: 'END' | 'DELD'): void;
  onConnected(server: SmpServer): void;
  onDisconnected(server: SmpServer): void;
  /** Subscribing failed. A retryable error is followed by retries; otherwise the subscription is dropped. */
  onSubscriptionError(server: SmpServer, rcvId: Uint8Array, error: SmpError): void;
}
