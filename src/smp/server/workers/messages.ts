/**
 * What a worker, which has connections, and the main process, which has the store, the bus and the proxy, tell each
 * other. The order in which it arrives is that in which it was sent: a subscription is made before the message is looked
 * for that was asked for behind it.
 */
import type { QueueEvent, RecipientEvent, ServiceEvent } from '../subscriptions/bus.ts';

export type BusEvents = { messages: RecipientEvent; notifications: QueueEvent; services: ServiceEvent };
export type BusChannel = keyof BusEvents;
export type BusEvent = BusEvents[BusChannel];

/** Something to be done in the main process, with an answer. */
export interface Call {
  readonly kind: 'call';
  readonly id: number;
  readonly target: string;
  readonly method: string;
  readonly parameters: readonly unknown[];
}

/** A subscription is known by a number: what comes for an earlier one of the same id is not for a later one. */
export type BusRequest =
  | { readonly kind: 'subscribe'; readonly channel: BusChannel; readonly id: Uint8Array; readonly subscription: number }
  | { readonly kind: 'unsubscribe'; readonly channel: BusChannel; readonly subscription: number }
  | { readonly kind: 'tell'; readonly channel: BusChannel; readonly id: Uint8Array; readonly event: BusEvent }
  | { readonly kind: 'end'; readonly channel: BusChannel; readonly id: Uint8Array }
  | {
      readonly kind: 'drop';
      readonly channel: BusChannel;
      readonly id: Uint8Array;
      readonly event: BusEvent;
      /** Of whoever drops it, who is not told. */
      readonly by: number | undefined;
    };

export type FromWorker = Call | BusRequest;

export type ToWorker =
  | { readonly kind: 'result'; readonly id: number; readonly result: unknown }
  /** `isStore`: the store failed. */
  | { readonly kind: 'failed'; readonly id: number; readonly isStore: boolean; readonly text: string }
  | {
      readonly kind: 'event';
      readonly channel: BusChannel;
      readonly subscription: number;
      /** Undefined when another has the subscription now. */
      readonly event: BusEvent | undefined;
    };

export type Post<M> = (message: M) => void;
