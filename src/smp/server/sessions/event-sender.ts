/** How subscriptions of a connection send what nobody asked for. */
import type { Response } from '../../protocol/index.ts';

export interface EventSender {
  /** Resolves when there is room for so many bytes. */
  room(bytes: number): Promise<void>;
  /** Gives back room that is not needed after all. */
  release(bytes: number): void;
  /** Sends something for which there was room of `bytes`. */
  send(id: Uint8Array, response: Response, bytes: number): void;
  /** Sends that a subscription is over, without waiting for room. */
  event(id: Uint8Array, response: Response): void;
}
