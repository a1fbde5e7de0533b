/** How subscriptions send messages and events on their connection. */
import type { Response } from '../../protocol/index.ts';

export interface EventSender {
  /** Resolves when `bytes` are reserved. */
  room(bytes: number): Promise<void>;
  /** Releases reserved bytes that are not needed. */
  release(bytes: number): void;
  /** Sends a response for which `bytes` were reserved. */
  send(id: Uint8Array, response: Response, bytes: number): void;
  /** Sends the end of a subscription, without a reservation. */
  event(id: Uint8Array, response: Response): void;
}
