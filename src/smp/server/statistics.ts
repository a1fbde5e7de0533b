/**
 * What a server counts: how many of what, how large, how long it took. Nothing in it identifies a queue, a peer or a
 * message.
 */
import { Histogram } from '../../base/index.ts';
import type { Command, CommandKind, ErrorType, Response } from '../protocol/index.ts';
import type { ProxyOutcome, ServerObserver } from './observer.ts';

/** `OK` and the like, or the kind of error: `AUTH`, `CMD SYNTAX`. */
export type Outcome = string;

const outcomeOf = (response: Response): Outcome =>
  response.kind === 'ERR' ? errorOutcome(response.error) : response.kind;

const errorOutcome = (error: ErrorType): Outcome =>
  error.kind === 'CMD' || error.kind === 'PROXY' ? `${error.kind} ${nameOf(error.error)}` : error.kind;

const nameOf = (error: string | { readonly kind: string }) => (typeof error === 'string' ? error : error.kind);

/** Seconds. */
const LATENCY_BOUNDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10];

/** Bytes. */
const SIZE_BOUNDS = [256, 1_024, 4_096, 8_192, 12_288, 14_336, 15_360, 16_384];

const MS_PER_SECOND = 1_000;

interface CommandCounts {
  readonly outcomes: Map<Outcome, number>;
  readonly seconds: Histogram;
}

const proxyKey = (own: boolean, outcome: ProxyOutcome) => `${own ? 'own' : 'other'} ${outcome}`;

function increase<K>(counts: Map<K, number>, key: K): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

/** Counts in memory, from the start of the server. */
export class ServerStatistics implements ServerObserver {
  readonly #commands = new Map<CommandKind | 'unreadable', CommandCounts>();
  readonly #sent = new Map<Response['kind'], number>();
  /** Bodies of messages that were stored. */
  readonly messageBytes = new Histogram(SIZE_BOUNDS);
  readonly #relays = new Map<string, number>();
  readonly #forwards = new Map<string, number>();
  #forwardsReceived = 0;
  #notified = 0;
  #expired = 0;
  #notificationsExpired = 0;
  #newWithNotifier = 0;
  #deletedNew = 0;
  #deletedSecured = 0;
  #blocked = 0;

  executed(command: Command | undefined, response: Response, ms: number): void {
    const kind = command?.kind ?? 'unreadable';
    let counts = this.#commands.get(kind);
    if (counts === undefined) {
      counts = { outcomes: new Map(), seconds: new Histogram(LATENCY_BOUNDS) };
      this.#commands.set(kind, counts);
    }
    increase(counts.outcomes, outcomeOf(response));
    counts.seconds.observe(ms / MS_PER_SECOND);
    if (command?.kind === 'NEW' && response.kind === 'IDS' && command.notifier !== undefined) this.#newWithNotifier++;
    if (command?.kind !== 'SEND' || response.kind !== 'OK') return;
    this.messageBytes.observe(command.body.length);
    if (command.flags.notification) this.#notified++;
  }

  sent(kind: Response['kind']): void {
    increase(this.#sent, kind);
  }

  deleted(secured: boolean): void {
    if (secured) this.#deletedSecured++;
    else this.#deletedNew++;
  }

  notificationsExpired(notifications: number): void {
    this.#notificationsExpired += notifications;
  }

  expired(messages: number): void {
    this.#expired += messages;
  }

  forwardReceived(): void {
    this.#forwardsReceived++;
  }

  relayRequested(own: boolean, outcome: ProxyOutcome): void {
    increase(this.#relays, proxyKey(own, outcome));
  }

  commandForwarded(own: boolean, outcome: ProxyOutcome): void {
    increase(this.#forwards, proxyKey(own, outcome));
  }

  /** A queue was blocked by the operator. */
  blocked(): void {
    this.#blocked++;
  }

  /** Each kind of command that came, how it was answered, and how long that took. */
  get commands(): Iterable<readonly [CommandKind | 'unreadable', Readonly<CommandCounts>]> {
    return this.#commands;
  }

  /** How often a command had one of these outcomes. */
  answers(kind: CommandKind | 'unreadable', ...outcomes: readonly Outcome[]): number {
    const counts = this.#commands.get(kind)?.outcomes;
    return outcomes.reduce((sum, outcome) => sum + (counts?.get(outcome) ?? 0), 0);
  }

  /** How many of this kind went out: answers, messages and events. */
  sentOf(kind: Response['kind']): number {
    return this.#sent.get(kind) ?? 0;
  }

  /** Commands of other servers' clients that were executed here. */
  get forwardsReceived(): number {
    return this.#forwardsReceived;
  }

  /** How often a way to a relay was asked for, and how that ended; `own` relays are those of the same operator. */
  relayRequests(own: boolean, outcome: ProxyOutcome): number {
    return this.#relays.get(proxyKey(own, outcome)) ?? 0;
  }

  /** How often a command was to be forwarded. */
  forwards(own: boolean, outcome: ProxyOutcome): number {
    return this.#forwards.get(proxyKey(own, outcome)) ?? 0;
  }

  /** Messages stored whose sender asks that the recipient be notified. */
  get notifiedMessages(): number {
    return this.#notified;
  }

  get blockedQueues(): number {
    return this.#blocked;
  }

  /** Queues that recipients deleted, before and after they were secured. */
  get deletedQueues(): { readonly new: number; readonly secured: number } {
    return { new: this.#deletedNew, secured: this.#deletedSecured };
  }

  get expiredNotifications(): number {
    return this.#notificationsExpired;
  }

  /** Queues that had a notifier from the beginning. */
  get newQueuesWithNotifier(): number {
    return this.#newWithNotifier;
  }

  get expiredMessages(): number {
    return this.#expired;
  }
}
