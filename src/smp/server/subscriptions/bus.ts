/**
 * Who is subscribed to what. In one process these are maps; what a session asks of them is small enough to be answered
 * by several processes.
 */
import type { BlockingInfo } from '../../protocol/index.ts';

/** The side of a session that is told what happens to what it is subscribed to. Calls return at once. */
export interface Listener<E> {
  happened(id: Uint8Array, event: E): void;
  /** Another listener has the subscription now. */
  ended(id: Uint8Array): void;
}

/** Subscriptions of one kind, each held by one listener. */
export interface Channel<E> {
  /** Makes `listener` the only one; a former one is told. */
  subscribe(id: Uint8Array, listener: Listener<E>): void;
  /** Forgets the subscription if it is still this listener's. */
  unsubscribe(id: Uint8Array, listener: Listener<E>): void;
  tell(id: Uint8Array, event: E): void;
  /** Ends the subscription as if another had taken it. */
  end(id: Uint8Array): void;
  /** Ends the subscription; its holder is told unless it is `by`. */
  drop(id: Uint8Array, event: E, by?: Listener<E>): void;
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
  const listeners = new Map<string, Listener<E>>();
  return {
    subscribe(id, listener) {
      const key = keyOf(id);
      const former = listeners.get(key);
      listeners.set(key, listener);
      if (former !== undefined && former !== listener) former.ended(id);
    },
    unsubscribe(id, listener) {
      const key = keyOf(id);
      if (listeners.get(key) === listener) listeners.delete(key);
    },
    tell(id, event) {
      listeners.get(keyOf(id))?.happened(id, event);
    },
    end(id) {
      const key = keyOf(id);
      const listener = listeners.get(key);
      listeners.delete(key);
      listener?.ended(id);
    },
    drop(id, event, by) {
      const key = keyOf(id);
      const listener = listeners.get(key);
      listeners.delete(key);
      if (listener !== undefined && listener !== by) listener.happened(id, event);
    },
  };
}

/** The bus of a single process. */
export const localBus = (): SubscriptionBus => ({
  messages: localChannel(),
  notifications: localChannel(),
  services: localChannel(),
});
