/**
 * Who is subscribed to which queue. In one process it is a map; what a session asks of it is small enough to be
 * answered by several processes.
 */

/** The side of a session that is told about its queues. Calls return at once. */
export interface Subscriber {
  /** A message was stored in a queue this subscriber has. */
  messageWaiting(rcvId: Uint8Array): void;
  /** Another subscriber has the queue now. */
  ended(rcvId: Uint8Array): void;
  /** The queue was deleted by another. */
  deleted(rcvId: Uint8Array): void;
}

export interface SubscriptionBus {
  /** Makes `subscriber` the only one of the queue; a former one is told. */
  subscribe(rcvId: Uint8Array, subscriber: Subscriber): void;
  /** Forgets the subscription if it is still this subscriber's. */
  unsubscribe(rcvId: Uint8Array, subscriber: Subscriber): void;
  messageWaiting(rcvId: Uint8Array): void;
  /** Ends the subscription of a deleted queue; its holder is told unless it is `by`. */
  queueDeleted(rcvId: Uint8Array, by: Subscriber): void;
}

const keyOf = (id: Uint8Array) => Buffer.from(id).toString('latin1');

/** The bus of a single process. */
export function localBus(): SubscriptionBus {
  const subscribers = new Map<string, Subscriber>();
  return {
    subscribe(rcvId, subscriber) {
      const key = keyOf(rcvId);
      const former = subscribers.get(key);
      subscribers.set(key, subscriber);
      if (former !== undefined && former !== subscriber) former.ended(rcvId);
    },
    unsubscribe(rcvId, subscriber) {
      const key = keyOf(rcvId);
      if (subscribers.get(key) === subscriber) subscribers.delete(key);
    },
    messageWaiting(rcvId) {
      subscribers.get(keyOf(rcvId))?.messageWaiting(rcvId);
    },
    queueDeleted(rcvId, by) {
      const key = keyOf(rcvId);
      const subscriber = subscribers.get(key);
      subscribers.delete(key);
      if (subscriber !== undefined && subscriber !== by) subscriber.deleted(rcvId);
    },
  };
}
