/**
 * The message subscriptions of one connection. At most one message of each queue is in flight: the next is sent once it
 * is acknowledged.
 */
import { type BoxKey, boxKey } from '../../../crypto/index.ts';
import { equalBytes } from '../../../encoding/index.ts';
import { BLOCK_SIZE } from '../../../transport/index.ts';
import type { Response } from '../../protocol/index.ts';
import { ok, prohibited, quotaError } from '../responses.ts';
import type { Room } from '../room.ts';
import { messageResponse } from '../sessions/delivery.ts';
import type { EventSender } from '../sessions/event-sender.ts';
import type { MessageStore, QueueRecord, StoredMessage } from '../store/types.ts';
import type { Channel, RecipientEvent, Subscriber } from './bus.ts';

type DeliveryState =
  | { readonly kind: 'idle' }
  /** Reading from the store; `again`: look again afterwards, as a message may have come. */
  | { readonly kind: 'busy'; again: boolean }
  /** Sent but not acknowledged. */
  | { readonly kind: 'delivered'; readonly msgId: Uint8Array };

interface Subscription {
  readonly rcvId: Uint8Array;
  /** `get`: messages are requested one by one with GET; the connection cannot subscribe to the queue. */
  readonly mode: 'subscribed' | 'get';
  readonly secret: BoxKey;
  state: DeliveryState;
}

const keyOf = (id: Uint8Array) => Buffer.from(id).toString('latin1');
const noMessage: Response = { kind: 'ERR', error: { kind: 'NO_MSG' } };

export class Subscriptions implements Subscriber<RecipientEvent> {
  readonly #subscriptions = new Map<string, Subscription>();
  readonly #messages: MessageStore;
  readonly #bus: Channel<RecipientEvent>;
  readonly #sender: EventSender;
  #subscribed = 0;
  /** Set when the connection ends: commands in progress then create no subscriptions. */
  #closed = false;

  readonly #room: Room;

  constructor(messages: MessageStore, bus: Channel<RecipientEvent>, sender: EventSender, room: Room) {
    this.#room = room;
    this.#messages = messages;
    this.#bus = bus;
    this.#sender = sender;
  }

  /** Whether the connection is subscribed to any queue. */
  get waiting(): boolean {
    return this.#subscribed > 0;
  }

  /** Whether the limit of subscriptions is reached. */
  get full(): boolean {
    if (!this.#room.tryTake(1)) return true;
    this.#room.release(1);
    return false;
  }

  /** Subscribes; {@link deliver} resends an unacknowledged message. `PROHIBITED` after GET on the same queue. */
  subscribe(queue: QueueRecord): Response {
    const existing = this.#subscriptions.get(keyOf(queue.rcvId));
    if (existing?.mode === 'get') return prohibited;
    if (existing === undefined) {
      if (this.#add(queue, 'subscribed') === undefined) return quotaError;
      if (!this.#closed) this.#bus.subscribe(queue.rcvId, this);
    } else if (existing.state.kind === 'delivered') {
      existing.state = { kind: 'idle' };
    }
    return ok;
  }

  /** Sends the first message of a queue unless one is in flight. */
  deliver(rcvId: Uint8Array): void {
    const subscription = this.#subscriptions.get(keyOf(rcvId));
    if (subscription?.mode !== 'subscribed') return;
    if (subscription.state.kind === 'busy') subscription.state.again = true;
    if (subscription.state.kind === 'idle') void this.#deliverFirst(subscription);
  }

  /** GET: returns the first message; repeats it while it is not acknowledged. */
  async get(queue: QueueRecord): Promise<Response> {
    const existing = this.#subscriptions.get(keyOf(queue.rcvId));
    if (existing?.mode === 'subscribed') return prohibited;
    const subscription = existing ?? this.#add(queue, 'get');
    if (subscription === undefined) return quotaError;
    const message = await this.#messages.first(queue.rcvId);
    subscription.state = message === undefined ? { kind: 'idle' } : { kind: 'delivered', msgId: message.msgId };
    return message === undefined ? { kind: 'OK' } : messageResponse(subscription.secret, message);
  }

  /** ACK: removes the delivered message and returns the next. An empty id acknowledges whichever was delivered. */
  async acknowledge(rcvId: Uint8Array, msgId: Uint8Array): Promise<Response> {
    const subscription = this.#subscriptions.get(keyOf(rcvId));
    if (subscription?.state.kind !== 'delivered') return noMessage;
    const delivered = subscription.state;
    if (msgId.length > 0 && !equalBytes(msgId, delivered.msgId)) return noMessage;
    const busy: DeliveryState = { kind: 'busy', again: false };
    subscription.state = busy;
    try {
      let next = await this.#messages.remove(rcvId, delivered.msgId);
      while (next === undefined && busy.again) {
        busy.again = false;
        next = await this.#messages.first(rcvId);
      }
      subscription.state = { kind: 'idle' };
      if (subscription.mode === 'get' || next === undefined || !this.#has(subscription)) return { kind: 'OK' };
      return this.#deliverAs(subscription, next);
    } catch (error) {
      subscription.state = delivered;
      throw error;
    }
  }

  /** The connection's subscription to a queue, for QUE. */
  describe(rcvId: Uint8Array): { readonly mode: Subscription['mode']; readonly delivered?: Uint8Array } | undefined {
    const subscription = this.#subscriptions.get(keyOf(rcvId));
    if (subscription === undefined) return undefined;
    const { mode, state } = subscription;
    return state.kind === 'delivered' ? { mode, delivered: state.msgId } : { mode };
  }

  /** Removes the subscription after this connection deleted the queue. */
  queueDeleted(rcvId: Uint8Array): void {
    this.#remove(rcvId);
    this.#bus.drop(rcvId, 'deleted', this);
  }

  /** Ends all subscriptions and prevents new ones. */
  close(): void {
    this.#closed = true;
    for (const { rcvId, mode } of this.#subscriptions.values()) {
      if (mode === 'subscribed') this.#bus.unsubscribe(rcvId, this);
    }
    this.#room.release(this.#subscriptions.size);
    this.#subscriptions.clear();
    this.#subscribed = 0;
  }

  onEvent(rcvId: Uint8Array, event: RecipientEvent): void {
    if (typeof event === 'object') {
      this.#sender.event(rcvId, { kind: 'ERR', error: { kind: 'BLOCKED', info: event.blocked } });
      return;
    }
    if (event === 'waiting') {
      this.deliver(rcvId);
      return;
    }
    this.#remove(rcvId);
    this.#sender.event(rcvId, { kind: 'DELD' });
  }

  onEnded(rcvId: Uint8Array): void {
    this.#remove(rcvId);
    this.#sender.event(rcvId, { kind: 'END' });
  }

  /** Undefined when the limit is reached. */
  #add(queue: QueueRecord, mode: Subscription['mode']): Subscription | undefined {
    const { rcvId, rcvDhSecret } = queue;
    const subscription: Subscription = { rcvId, mode, secret: boxKey(rcvDhSecret), state: { kind: 'idle' } };
    if (this.#closed) return subscription;
    if (!this.#room.tryTake(1)) return undefined;
    this.#subscriptions.set(keyOf(rcvId), subscription);
    if (mode === 'subscribed') this.#subscribed++;
    return subscription;
  }

  #remove(rcvId: Uint8Array): void {
    const subscription = this.#subscriptions.get(keyOf(rcvId));
    if (subscription === undefined) return;
    if (subscription.mode === 'subscribed') this.#subscribed--;
    this.#subscriptions.delete(keyOf(rcvId));
    this.#room.release(1);
  }

  #has(subscription: Subscription): boolean {
    return this.#subscriptions.get(keyOf(subscription.rcvId)) === subscription;
  }

  #deliverAs(subscription: Subscription, message: StoredMessage): Response {
    subscription.state = { kind: 'delivered', msgId: message.msgId };
    return messageResponse(subscription.secret, message);
  }

  async #deliverFirst(subscription: Subscription): Promise<void> {
    const busy = { kind: 'busy' as const, again: false };
    subscription.state = busy;
    await this.#sender.room(BLOCK_SIZE);
    try {
      do {
        busy.again = false;
        // Without room before the end of the connection, the store may be closed by now.
        if (!this.#has(subscription)) break;
        const message = await this.#messages.first(subscription.rcvId);
        if (!this.#has(subscription)) break;
        if (message !== undefined) {
          this.#sender.send(subscription.rcvId, this.#deliverAs(subscription, message), BLOCK_SIZE);
          return;
        }
      } while (busy.again);
    } catch {
      // The store failed: the message stays stored and is sent with the next one or the next subscription.
    }
    if (subscription.state === busy) subscription.state = { kind: 'idle' };
    this.#sender.release(BLOCK_SIZE);
  }
}
