/**
 * Messages between a worker, which has the connections, and the main process, which has the store, the bus and the
 * proxy. They arrive in the order they were sent: a subscription is made before the lookup of messages requested after
 * it.
 */
import type { QueueEvent, RecipientEvent, ServiceEvent } from '../subscriptions/bus.ts';

export type BusEvents = { messages: RecipientEvent; notifications: QueueEvent; services: ServiceEvent };
export type BusChannel = keyof BusEvents;
export type BusEvent = BusEvents[BusChannel];

/** A request to the main process that gets an answer. */
export interface WorkerCall {
  readonly kind: 'call';
  readonly id: number;
  readonly target: string;
  readonly method: string;
  readonly parameters: readonly unknown[];
}

/** Subscriptions are numbered: an event for an earlier subscription to an id must not reach a later one. */
export type BusRequest =
  | { readonly kind: 'subscribe'; readonly channel: BusChannel; readonly id: Uint8Array; readonly subscription: number }
  | { readonly kind: 'unsubscribe'; readonly channel: BusChannel; readonly subscription: number }
  | { readonly kind: 'publish'; readonly channel: BusChannel; readonly id: Uint8Array; readonly event: BusEvent }
  | { readonly kind: 'end'; readonly channel: BusChannel; readonly id: Uint8Array }
  | {
      readonly kind: 'drop';
      readonly channel: BusChannel;
      readonly id: Uint8Array;
      readonly event: BusEvent;
      /** The subscription of the caller, which is not notified. */
      readonly by: number | undefined;
    };

export type FromWorker = WorkerCall | BusRequest;

export type ToWorker =
  | { readonly kind: 'result'; readonly id: number; readonly result: unknown }
  /** `isStore`: a `StoreError`. */
  | { readonly kind: 'failed'; readonly id: number; readonly isStore: boolean; readonly text: string }
  | {
      readonly kind: 'event';
      readonly channel: BusChannel;
      readonly subscription: number;
      /** Undefined when another subscriber took over. */
      readonly event: BusEvent | undefined;
    };

export type Post<M> = (message: M) => void;
