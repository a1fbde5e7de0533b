/**
 * The bus of the main process, shared by workers. Each worker has the subscribers of its connections; the main process
 * knows which worker has a subscription and sends it the events. Workers never deliver events locally: the subscription
 * may have moved to another worker, and a message would be held up.
 */
import type { Channel, Subscriber, SubscriptionBus } from '../subscriptions/bus.ts';
import type { BusChannel, BusEvent, BusEvents, BusRequest, Post, ToWorker } from './messages.ts';

const keyOf = (id: Uint8Array) => Buffer.from(id.buffer, id.byteOffset, id.length).toString('latin1');

interface Held {
  readonly id: Uint8Array;
  readonly subscriber: Subscriber<BusEvent>;
  readonly subscription: number;
}

/** The subscription ends with this event. */
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
    // Copied, because the id may be a view of a received block.
    const held = { id: new Uint8Array(id), subscriber, subscription: ++this.#last };
    this.#byId.set(keyOf(id), held);
    this.#bySubscription.set(held.subscription, held);
    this.#post({ kind: 'subscribe', channel: this.#name, id, subscription: held.subscription });
    if (former !== undefined && former.subscriber !== subscriber) former.subscriber.onEnded(id);
  }

  unsubscribe(id: Uint8Array, subscriber: Subscriber<BusEvent>): void {
    const held = this.#byId.get(keyOf(id));
    if (held?.subscriber !== subscriber) return;
    this.#forget(held);
    this.#post({ kind: 'unsubscribe', channel: this.#name, subscription: held.subscription });
  }

  publish(id: Uint8Array, event: BusEvent): void {
    this.#post({ kind: 'publish', channel: this.#name, id, event });
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

  /** An event from the main process; undefined: the subscription has ended. */
  onEvent(subscription: number, event: BusEvent | undefined): void {
    const held = this.#bySubscription.get(subscription);
    if (held === undefined) return;
    if (event === undefined || isLast(event)) this.#forget(held);
    if (event === undefined) held.subscriber.onEnded(held.id);
    else held.subscriber.onEvent(held.id, event);
  }

  #forget({ id, subscription }: Held): void {
    this.#byId.delete(keyOf(id));
    this.#bySubscription.delete(subscription);
  }
}

/** The bus as workers see it. */
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
    // Each channel only gets the events that were published in it.
    const { messages, notifications, services } = this.#channels;
    this.messages = messages as Channel<never>;
    this.notifications = notifications as Channel<never>;
    this.services = services as Channel<never>;
  }

  onEvent({ channel, subscription, event }: Extract<ToWorker, { kind: 'event' }>): void {
    this.#channels[channel].onEvent(subscription, event);
  }
}

/** The subscriptions of one worker, in the main process. */
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
      case 'publish':
        bus.publish(request.id, request.event);
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

  /** Ends all subscriptions: the worker has ended. */
  close(): void {
    for (const channel of Object.keys(this.#held) as BusChannel[]) {
      for (const subscription of [...this.#held[channel].keys()]) this.#unsubscribe(channel, subscription);
    }
  }

  #subscribe(channel: BusChannel, id: Uint8Array, subscription: number): void {
    const held = this.#held[channel];
    const post = (event: BusEvent | undefined) => {
      if (event === undefined || isLast(event)) held.delete(subscription);
      this.#post({ kind: 'event', channel, subscription, event });
    };
    const subscriber: Subscriber<BusEvent> = { onEvent: (_, event) => post(event), onEnded: () => post(undefined) };
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
