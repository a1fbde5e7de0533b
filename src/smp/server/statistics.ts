/** Counters of a server: commands, sizes and durations. Nothing in them identifies a queue, a peer or a message. */
import { Histogram, type HistogramValues } from '../../base/index.ts';
import type { Command, CommandKind, ErrorType, Response } from '../protocol/index.ts';
import type { ProxyOutcome, ServerObserver } from './observer.ts';

/** The kind of the response, or of the error: `OK`, `AUTH`, `CMD SYNTAX`. */
export type CommandOutcome = string;

const outcomeOf = (response: Response): CommandOutcome =>
  response.kind === 'ERR' ? errorOutcome(response.error) : response.kind;

const errorOutcome = (error: ErrorType): CommandOutcome =>
  error.kind === 'CMD' || error.kind === 'PROXY' ? `${error.kind} ${nameOf(error.error)}` : error.kind;

const nameOf = (error: string | { readonly kind: string }) => (typeof error === 'string' ? error : error.kind);

/** Seconds. */
const LATENCY_BOUNDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10];

/** Bytes. */
const SIZE_BOUNDS = [256, 1_024, 4_096, 8_192, 12_288, 14_336, 15_360, 16_384];

const MS_PER_SECOND = 1_000;

interface CommandCounts {
  readonly outcomes: Map<CommandOutcome, number>;
  readonly seconds: Histogram;
}

const proxyKey = (own: boolean, outcome: ProxyOutcome) => `${own ? 'own' : 'other'} ${outcome}`;

function addAll<K>(counts: Map<K, number>, others: ReadonlyMap<K, number>): void {
  for (const [key, count] of others) counts.set(key, (counts.get(key) ?? 0) + count);
}

function increase<K>(counts: Map<K, number>, key: K): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

/** All counters, in a form that can be sent to another process. */
export interface StatisticsValues {
  readonly commands: readonly (readonly [
    CommandKind | 'unreadable',
    { readonly outcomes: ReadonlyMap<CommandOutcome, number>; readonly seconds: HistogramValues },
  ])[];
  readonly sent: ReadonlyMap<Response['kind'], number>;
  readonly messageBytes: HistogramValues;
  readonly relays: ReadonlyMap<string, number>;
  readonly forwards: ReadonlyMap<string, number>;
  readonly single: Readonly<Record<Single, number>>;
}

const valuesOf = ({ bounds, counts, sum, count }: HistogramValues): HistogramValues => ({ bounds, counts, sum, count });

/** Counters without labels. */
type Single =
  | 'forwardsReceived'
  | 'notified'
  | 'expired'
  | 'notificationsExpired'
  | 'newWithNotifier'
  | 'deletedNew'
  | 'deletedSecured'
  | 'blocked';

/** Counters in memory, since the start of the server. */
export class ServerStatistics implements ServerObserver {
  readonly #commands = new Map<CommandKind | 'unreadable', CommandCounts>();
  readonly #sent = new Map<Response['kind'], number>();
  /** Sizes of stored message bodies. */
  readonly messageBytes = new Histogram(SIZE_BOUNDS);
  readonly #relays = new Map<string, number>();
  readonly #forwards = new Map<string, number>();
  readonly #single: Record<Single, number> = {
    forwardsReceived: 0,
    notified: 0,
    expired: 0,
    notificationsExpired: 0,
    newWithNotifier: 0,
    deletedNew: 0,
    deletedSecured: 0,
    blocked: 0,
  };

  /** The current counters. */
  get values(): StatisticsValues {
    return {
      commands: [...this.#commands].map(([kind, { outcomes, seconds }]) => [
        kind,
        { outcomes, seconds: valuesOf(seconds) },
      ]),
      sent: this.#sent,
      messageBytes: valuesOf(this.messageBytes),
      relays: this.#relays,
      forwards: this.#forwards,
      single: this.#single,
    };
  }

  /** Adds counters of another process. */
  add({ commands, sent, messageBytes, relays, forwards, single }: StatisticsValues): void {
    for (const [kind, { outcomes, seconds }] of commands) {
      const counts = this.#countsOf(kind);
      addAll(counts.outcomes, outcomes);
      counts.seconds.add(seconds);
    }
    addAll(this.#sent, sent);
    this.messageBytes.add(messageBytes);
    addAll(this.#relays, relays);
    addAll(this.#forwards, forwards);
    for (const name of Object.keys(single) as Single[]) this.#single[name] += single[name];
  }

  #countsOf(kind: CommandKind | 'unreadable'): CommandCounts {
    let counts = this.#commands.get(kind);
    if (counts === undefined) {
      counts = { outcomes: new Map(), seconds: new Histogram(LATENCY_BOUNDS) };
      this.#commands.set(kind, counts);
    }
    return counts;
  }

  executed(command: Command | undefined, response: Response, ms: number): void {
    const counts = this.#countsOf(command?.kind ?? 'unreadable');
    increase(counts.outcomes, outcomeOf(response));
    counts.seconds.observe(ms / MS_PER_SECOND);
    if (command?.kind === 'NEW' && response.kind === 'IDS' && command.notifier !== undefined)
      this.#single.newWithNotifier++;
    if (command?.kind !== 'SEND' || response.kind !== 'OK') return;
    this.messageBytes.observe(command.body.length);
    if (command.flags.notification) this.#single.notified++;
  }

  sent(kind: Response['kind']): void {
    increase(this.#sent, kind);
  }

  deleted(secured: boolean): void {
    if (secured) this.#single.deletedSecured++;
    else this.#single.deletedNew++;
  }

  notificationsExpired(notifications: number): void {
    this.#single.notificationsExpired += notifications;
  }

  expired(messages: number): void {
    this.#single.expired += messages;
  }

  forwardReceived(): void {
    this.#single.forwardsReceived++;
  }

  relayRequested(own: boolean, outcome: ProxyOutcome): void {
    increase(this.#relays, proxyKey(own, outcome));
  }

  commandForwarded(own: boolean, outcome: ProxyOutcome): void {
    increase(this.#forwards, proxyKey(own, outcome));
  }

  /** The operator blocked a queue. */
  blocked(): void {
    this.#single.blocked++;
  }

  /** Counts and durations for each kind of command and outcome. */
  get commands(): Iterable<readonly [CommandKind | 'unreadable', Readonly<CommandCounts>]> {
    return this.#commands;
  }

  /** Number of commands of a kind with one of these outcomes. */
  answers(kind: CommandKind | 'unreadable', ...outcomes: readonly CommandOutcome[]): number {
    const counts = this.#commands.get(kind)?.outcomes;
    return outcomes.reduce((sum, outcome) => sum + (counts?.get(outcome) ?? 0), 0);
  }

  /** Number of sent responses, messages and events of a kind. */
  sentOf(kind: Response['kind']): number {
    return this.#sent.get(kind) ?? 0;
  }

  /** Commands that proxies forwarded to this server. */
  get forwardsReceived(): number {
    return this.#single.forwardsReceived;
  }

  /** Number of requests for a session with a relay, by outcome; `own`: relays of the same operator. */
  relayRequests(own: boolean, outcome: ProxyOutcome): number {
    return this.#relays.get(proxyKey(own, outcome)) ?? 0;
  }

  /** Number of commands to forward, by outcome. */
  forwards(own: boolean, outcome: ProxyOutcome): number {
    return this.#forwards.get(proxyKey(own, outcome)) ?? 0;
  }

  /** Stored messages whose sender requested a notification. */
  get notifiedMessages(): number {
    return this.#single.notified;
  }

  get blockedQueues(): number {
    return this.#single.blocked;
  }

  /** Deleted queues, not yet secured and secured. */
  get deletedQueues(): { readonly new: number; readonly secured: number } {
    return { new: this.#single.deletedNew, secured: this.#single.deletedSecured };
  }

  get expiredNotifications(): number {
    return this.#single.notificationsExpired;
  }

  /** Queues created with a notifier. */
  get newQueuesWithNotifier(): number {
    return this.#single.newWithNotifier;
  }

  get expiredMessages(): number {
    return this.#single.expired;
  }
}
