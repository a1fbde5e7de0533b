/**
 * The bus of the main process, shared by workers. Each has the subscribers of its own connections; the main process knows
 * which worker has the subscription now, and tells it. Nothing is told within a worker: who was the subscriber a moment
 * ago may not be it any more, and a message would wait for it.
 */
import type { Channel, Subscriber, SubscriptionBus } from '../subscriptions/bus.ts';
import type { BusChannel, BusEvent, BusEvents, BusRequest, Post, ToWorker } from './messages.ts';

const keyOf = (id: Uint8Array) => Buffer.from(id.buffer, id.byteOffset, id.length).toString('latin1');

interface Held {
  readonly id: Uint8Array;
  readonly subscriber: Subscriber<BusEvent>;
  readonly subscription: number;
}

/** After this event there is no subscription. */
const isLast = (event: BusEvent) => event === 'deleted';

class RemoteChannel implements Channel<BusEvent> {
  readonly #name: BusChannel;
  readonly #post: Post<BusRequest>;
  readonly #byId = new Map<string, Held>();
  readonly #bySubscription = new Map<number, Held>();
  #last = 0;

  constructor(name: BusChannel, post: Post<BusRequest>) {
    this.#name = name;
    this.#post = post;
  }

  subscribe(id: Uint8Array, subscriber: Subscriber<BusEvent>): void {
    const former = this.#byId.get(keyOf(id));
    if (former !== undefined) this.#forget(former);
    // A copy: what is given may be part of a block.
    const held = { id: new Uint8Array(id), subscriber, subscription: ++this.#last };
    this.#byId.set(keyOf(id), held);
    this.#bySubscription.set(held.subscription, held);
    this.#post({ kind: 'subscribe', channel: this.#name, id, subscription: held.subscription });
    if (former !== undefined && former.subscriber !== subscriber) former.subscriber.ended(id);
  }

  unsubscribe(id: Uint8Array, subscriber: Subscriber<BusEvent>): void {
    const held = this.#byId.get(keyOf(id));
    if (held?.subscriber !== subscriber) return;
    this.#forget(held);
    this.#post({ kind: 'unsubscribe', channel: this.#name, subscription: held.subscription });
  }

  tell(id: Uint8Array, event: BusEvent): void {
    this.#post({ kind: 'tell', channel: this.#name, id, event });
  }

  end(id: Uint8Array): void {
    this.#post({ kind: 'end', channel: this.#name, id });
  }

  drop(id: Uint8Array, event: BusEvent, by?: Subscriber<BusEvent>): void {
    const held = this.#byId.get(keyOf(id));
    const own = held !== undefined && held.subscriber === by ? held : undefined;
    if (own !== undefined) this.#forget(own);
    this.#post({ kind: 'drop', channel: this.#name, id, event, by: own?.subscription });
  }

  /** What the main process tells; undefined when the subscription has ended. */
  happened(subscription: number, event: BusEvent | undefined): void {
    const held = this.#bySubscription.get(subscription);
    if (held === undefined) return;
    if (event === undefined || isLast(event)) this.#forget(held);
    if (event === undefined) held.subscriber.ended(held.id);
    else held.subscriber.happened(held.id, event);
  }

  #forget({ id, subscription }: Held): void {
    this.#byId.delete(keyOf(id));
    this.#bySubscription.delete(subscription);
  }
}

/** The worker's side. */
export class RemoteBus implements SubscriptionBus {
  readonly messages: Channel<BusEvents['messages']>;
  readonly notifications: Channel<BusEvents['notifications']>;
  readonly services: Channel<BusEvents['services']>;
  readonly #channels: Readonly<Record<BusChannel, RemoteChannel>>;

  constructor(post: Post<BusRequest>) {
    const channel = (name: BusChannel) => new RemoteChannel(name, post);
    this.#channels = {
      messages: channel('messages'),
      notifications: channel('notifications'),
      services: channel('services'),
    };
    // Each only gets the events that were told in it.
    const { messages, notifications, services } = this.#channels;
    this.messages = messages as Channel<never>;
    this.notifications = notifications as Channel<never>;
    this.services = services as Channel<never>;
  }

  happened({ channel, subscription, event }: Extract<ToWorker, { kind: 'event' }>): void {
    this.#channels[channel].happened(subscription, event);
  }
}

/** One worker's subscriptions, in the main process. */
export class WorkerSubscriptions {
  readonly #bus: SubscriptionBus;
  readonly #post: Post<ToWorker>;
  readonly #held: Readonly<Record<BusChannel, Map<number, Pick<Held, 'id' | 'subscriber'>>>> = {
    messages: new Map(),
    notifications: new Map(),
    services: new Map(),
  };

  constructor(bus: SubscriptionBus, post: Post<ToWorker>) {
    this.#bus = bus;
    this.#post = post;
  }

  handle(request: BusRequest): void {
    const bus = this.#bus[request.channel] as Channel<BusEvent>;
    switch (request.kind) {
      case 'subscribe':
        this.#subscribe(request.channel, request.id, request.subscription);
        break;
      case 'unsubscribe':
        this.#unsubscribe(request.channel, request.subscription);
        break;
      case 'tell':
        bus.tell(request.id, request.event);
        break;
      case 'end':
        bus.end(request.id);
        break;
      case 'drop': {
        const held = this.#held[request.channel];
        const by = request.by === undefined ? undefined : held.get(request.by)?.subscriber;
        if (request.by !== undefined) held.delete(request.by);
        bus.drop(request.id, request.event, by);
        break;
      }
    }
  }

  /** The worker is gone. */
  close(): void {
    for (const channel of Object.keys(this.#held) as BusChannel[]) {
      for (const subscription of [...this.#held[channel].keys()]) this.#unsubscribe(channel, subscription);
    }
  }

  #subscribe(channel: BusChannel, id: Uint8Array, subscription: number): void {
    const held = this.#held[channel];
    const told = (event: BusEvent | undefined) => {
      if (event === undefined || isLast(event)) held.delete(subscription);
      this.#post({ kind: 'event', channel, subscription, event });
    };
    const subscriber: Subscriber<BusEvent> = { happened: (_, event) => told(event), ended: () => told(undefined) };
    held.set(subscription, { id, subscriber });
    (this.#bus[channel] as Channel<BusEvent>).subscribe(id, subscriber);
  }

  #unsubscribe(channel: BusChannel, subscription: number): void {
    const held = this.#held[channel].get(subscription);
    if (held === undefined) return;
    this.#held[channel].delete(subscription);
    (this.#bus[channel] as Channel<BusEvent>).unsubscribe(held.id, held.subscriber);
  }
}
