/**
 * The notification subscriptions of one connection: to single notifiers (NSUB), or to all of a service (NSUBS). Stored
 * notifications are sent as soon as there is room, and removed then: they are not acknowledged.
 */
import { equalBytes } from '../../../encoding/index.ts';
import { NOTIFICATION_BYTES } from '../constants.ts';
import type { Room } from '../room.ts';
import type { EventSender } from '../sessions/event-sender.ts';
import type { NotificationStore, QueueStore } from '../store/types.ts';
import type { QueueEvent, ServiceEvent, Subscriber, SubscriptionBus } from './bus.ts';

/** Notifiers read at a time when a service subscribes. */
const WAITING_STEP = 100;

const keyOf = (id: Uint8Array) => Buffer.from(id).toString('latin1');

interface ServiceSubscription {
  readonly serviceId: Uint8Array;
  /** Number of notifiers: as in the response to NSUBS, plus those added since. */
  count: number;
}

interface Stores {
  readonly queues: QueueStore;
  readonly notifications: NotificationStore;
}

export class NotifierSubscriptions implements Subscriber<QueueEvent> {
  readonly #store: Stores;
  readonly #bus: SubscriptionBus;
  readonly #sender: EventSender;
  readonly #room: Room;
  readonly #subscribed = new Map<string, Uint8Array>();
  /** Deliveries in progress; true when to look again afterwards. */
  readonly #busy = new Map<string, boolean>();
  readonly #serviceSubscriber: Subscriber<ServiceEvent>;
  #service: ServiceSubscription | undefined;
  #closed = false;

  constructor(store: Stores, bus: SubscriptionBus, sender: EventSender, room: Room) {
    this.#store = store;
    this.#bus = bus;
    this.#sender = sender;
    this.#room = room;
    this.#serviceSubscriber = {
      onEvent: (_, { notifierId, event }) => this.#serviceEvent(notifierId, event),
      onEnded: (serviceId) => this.#serviceEnded(serviceId),
    };
  }

  /** Whether the connection has any subscription. */
  get waiting(): boolean {
    return this.#subscribed.size > 0 || this.#service !== undefined;
  }

  /** Subscribes to one notifier; false when the limit is reached. */
  subscribe(notifierId: Uint8Array): boolean {
    const key = keyOf(notifierId);
    if (this.#closed || this.#subscribed.has(key)) return true;
    if (!this.#room.tryTake(1)) return false;
    const id = notifierId.slice();
    this.#subscribed.set(key, id);
    this.#bus.notifications.subscribe(id, this);
    return true;
  }

  /**
   * Subscribes as a service to all its notifiers; returns the count for the response, which stays the same when
   * repeated.
   */
  subscribeService(serviceId: Uint8Array, count: number): number {
    if (this.#service !== undefined) return this.#service.count;
    if (this.#closed) return count;
    this.#service = { serviceId, count };
    this.#bus.services.subscribe(serviceId, this.#serviceSubscriber);
    return count;
  }

  /** Adds one more notifier to the service of this connection. */
  addToService(serviceId: Uint8Array): void {
    if (this.#service === undefined) this.subscribeService(serviceId, 1);
    else this.#service.count++;
  }

  /** Sends the stored notifications of a notifier. */
  deliver(notifierId: Uint8Array): void {
    const key = keyOf(notifierId);
    if (this.#busy.has(key)) {
      this.#busy.set(key, true);
      return;
    }
    this.#busy.set(key, false);
    void this.#deliverAll(key, notifierId.slice());
  }

  /** Sends the stored notifications of all notifiers of the service. */
  async deliverService(): Promise<void> {
    const service = this.#service;
    let after: Uint8Array | undefined;
    do {
      const ids = await this.#store.notifications.waiting(after, WAITING_STEP);
      for (const notifierId of ids) {
        const queue = await this.#store.queues.byNotifierId(notifierId);
        const owner = queue?.notifier?.serviceId;
        if (this.#service === undefined || this.#service !== service) return;
        if (owner !== undefined && equalBytes(owner, service.serviceId)) this.deliver(notifierId);
      }
      after = ids.at(-1);
    } while (after !== undefined);
  }

  /** Ends all subscriptions and prevents new ones. */
  close(): void {
    this.#closed = true;
    for (const id of this.#subscribed.values()) this.#bus.notifications.unsubscribe(id, this);
    this.#room.release(this.#subscribed.size);
    this.#subscribed.clear();
    if (this.#service !== undefined) this.#bus.services.unsubscribe(this.#service.serviceId, this.#serviceSubscriber);
    this.#service = undefined;
  }

  onEvent(notifierId: Uint8Array, event: QueueEvent): void {
    if (event === 'waiting') {
      this.deliver(notifierId);
      return;
    }
    this.#remove(notifierId);
    this.#sender.event(notifierId, { kind: 'DELD' });
  }

  onEnded(notifierId: Uint8Array): void {
    this.#remove(notifierId);
    this.#sender.event(notifierId, { kind: 'END' });
  }

  #serviceEvent(notifierId: Uint8Array, event: ServiceEvent['event']): void {
    if (event === 'waiting') {
      this.deliver(notifierId);
      return;
    }
    if (this.#service !== undefined) this.#service.count = Math.max(0, this.#service.count - 1);
    this.#sender.event(notifierId, { kind: event === 'deleted' ? 'DELD' : 'END' });
  }

  #serviceEnded(serviceId: Uint8Array): void {
    const count = this.#service?.count ?? 0;
    this.#service = undefined;
    this.#sender.event(serviceId, { kind: 'ENDS', count });
  }

  #remove(notifierId: Uint8Array): void {
    if (this.#subscribed.delete(keyOf(notifierId))) this.#room.release(1);
  }

  async #deliverAll(key: string, notifierId: Uint8Array): Promise<void> {
    try {
      while (await this.#deliverOne(key, notifierId));
    } catch {
      // The store failed: what is stored is sent with the next notification or the next subscription.
    } finally {
      this.#busy.delete(key);
    }
  }

  async #deliverOne(key: string, notifierId: Uint8Array): Promise<boolean> {
    await this.#sender.room(NOTIFICATION_BYTES);
    this.#busy.set(key, false);
    const wanted = !this.#closed && (this.#subscribed.has(key) || this.#service !== undefined);
    const [notification] = wanted ? await this.#store.notifications.take(notifierId, 1) : [];
    if (notification === undefined) {
      this.#sender.release(NOTIFICATION_BYTES);
      return this.#busy.get(key) === true;
    }
    this.#sender.send(notifierId, { kind: 'NMSG', ...notification }, NOTIFICATION_BYTES);
    return true;
  }
}
