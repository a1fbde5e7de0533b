/**
 * Who is subscribed to what. In one process these are maps; what a session asks of them is small enough to be answered
 * by several processes.
 */
import type { BlockingInfo } from '../../protocol/index.ts';

/** The side of a session that is told what happens to what it is subscribed to. Calls return at once. */
export interface Subscriber<E> {
  happened(id: Uint8Array, event: E): void;
  /** Another subscriber has the subscription now. */
  ended(id: Uint8Array): void;
}

/** Subscriptions of one kind, each held by one subscriber. */
export interface Channel<E> {
  /** Makes `subscriber` the only one; a former one is told. */
  subscribe(id: Uint8Array, subscriber: Subscriber<E>): void;
  /** Forgets the subscription if it is still this subscriber's. */
  unsubscribe(id: Uint8Array, subscriber: Subscriber<E>): void;
  tell(id: Uint8Array, event: E): void;
  /** Ends the subscription as if another had taken it. */
  end(id: Uint8Array): void;
  /** Ends the subscription; its holder is told unless it is `by`. */
  drop(id: Uint8Array, event: E, by?: Subscriber<E>): void;
}

/** `waiting`: something was stored. `deleted`: the queue or the notifier is gone. */
export type QueueEvent = 'waiting' | 'deleted';

/** What its recipient is told of a queue; it may be that the operator blocked it. */
export type RecipientEvent = QueueEvent | { readonly blocked: BlockingInfo };

/** What happens to one of the notifiers that a service subscribes for; `ended`: it does so no more. */
export interface ServiceEvent {
  readonly notifierId: Uint8Array;
  readonly event: QueueEvent | 'ended';
}

export interface SubscriptionBus {
  /** By the recipient ids of queues. */
  readonly messages: Channel<RecipientEvent>;
  /** By the ids of notifiers that no service subscribes for. */
  readonly notifications: Channel<QueueEvent>;
  /** By the ids of services. */
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
      if (former !== undefined && former !== subscriber) former.ended(id);
    },
    unsubscribe(id, subscriber) {
      const key = keyOf(id);
      if (subscribers.get(key) === subscriber) subscribers.delete(key);
    },
    tell(id, event) {
      subscribers.get(keyOf(id))?.happened(id, event);
    },
    end(id) {
      const key = keyOf(id);
      const subscriber = subscribers.get(key);
      subscribers.delete(key);
      subscriber?.ended(id);
    },
    drop(id, event, by) {
      const key = keyOf(id);
      const subscriber = subscribers.get(key);
      subscribers.delete(key);
      if (subscriber !== undefined && subscriber !== by) subscriber.happened(id, event);
    },
  };
}

/** The bus of a single process. */
export const localBus = (): SubscriptionBus => ({
  messages: localChannel(),
  notifications: localChannel(),
  services: localChannel(),
});
