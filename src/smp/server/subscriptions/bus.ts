/**
 * The subscription bus: which connection is subscribed to which queue or notifier. In one process it consists of maps;
 * the interface is small enough to be implemented across processes.
 */
import type { BlockingInfo } from '../../protocol/index.ts';

/** Receives the events of its subscriptions. Calls return at once. */
export interface Subscriber<E> {
  onEvent(id: Uint8Array, event: E): void;
  /** Another subscriber took over the subscription. */
  onEnded(id: Uint8Array): void;
}

/** Subscriptions of one kind; each id has at most one subscriber. */
export interface Channel<E> {
  /** Makes `subscriber` the only one and notifies a former one. */
  subscribe(id: Uint8Array, subscriber: Subscriber<E>): void;
  /** Removes the subscription if it belongs to this subscriber. */
  unsubscribe(id: Uint8Array, subscriber: Subscriber<E>): void;
  publish(id: Uint8Array, event: E): void;
  /** Ends the subscription as if another subscriber had taken it over. */
  end(id: Uint8Array): void;
  /** Ends the subscription and notifies its subscriber with `event`, unless that is `by`. */
  drop(id: Uint8Array, event: E, by?: Subscriber<E>): void;
}

/** `waiting`: something was stored. `deleted`: the queue or the notifier was deleted. */
export type QueueEvent = 'waiting' | 'deleted';

/** Events for the recipient of a queue; `blocked`: the operator blocked it. */
export type RecipientEvent = QueueEvent | { readonly blocked: BlockingInfo };

/** An event of one of a service's notifiers; `ended`: the service is no longer subscribed to it. */
export interface ServiceEvent {
  readonly notifierId: Uint8Array;
  readonly event: QueueEvent | 'ended';
}

export interface SubscriptionBus {
  /** By recipient id. */
  readonly messages: Channel<RecipientEvent>;
  /** By the id of a notifier without a service. */
  readonly notifications: Channel<QueueEvent>;
  /** By service id. */
  readonly services: Channel<ServiceEvent>;
}

const keyOf = (id: Uint8Array) => Buffer.from(id.buffer, id.byteOffset, id.length).toString('latin1');

function localChannel<E>(): Channel<E> {
  const subscribers = new Map<string, Subscriber<E>>();
  return {
    subscribe(id, subscriber) {
      const key = keyOf(id);
      const former = subscribers.get(key);
      subscribers.set(key, subscriber);
      if (former !== undefined && former !== subscriber) former.onEnded(id);
    },
    unsubscribe(id, subscriber) {
      const key = keyOf(id);
      if (subscribers.get(key) === subscriber) subscribers.delete(key);
    },
    publish(id, event) {
      subscribers.get(keyOf(id))?.onEvent(id, event);
    },
    end(id) {
      const key = keyOf(id);
      const subscriber = subscribers.get(key);
      subscribers.delete(key);
      subscriber?.onEnded(id);
    },
    drop(id, event, by) {
      const key = keyOf(id);
      const subscriber = subscribers.get(key);
      subscribers.delete(key);
      if (subscriber !== undefined && subscriber !== by) subscriber.onEvent(id, event);
    },
  };
}

/** The bus within a single process. */
export const localBus = (): SubscriptionBus => ({
  messages: localChannel(),
  notifications: localChannel(),
  services: localChannel(),
});
