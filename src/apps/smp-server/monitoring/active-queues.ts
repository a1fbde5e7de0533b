/**
 * Counts the distinct queues used per day, week and month (UTC; weeks begin on Monday) without storing a list of them.
 * With the file that stores the counters, someone who knows a queue's id can tell whether it was probably used; the
 * file is as private as the store beside it, which contains the ids.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { type Clock, DistinctCounter } from '../../../base/index.ts';
import { fromBase64url, toBase64url } from '../../../encoding/index.ts';
import { PRIVATE_FILE_MODE } from '../../../hosting/index.ts';
import type { MessageStore, SmpStore } from '../../../smp/server/index.ts';

/** Of a day, and of its week and month up to that day. */
export interface ActiveCounts {
  readonly day: number;
  readonly week: number;
  readonly month: number;
}

type Period = keyof ActiveCounts;

const DAY_MS = 86_400_000;
/** 1970-01-01 was a Thursday. */
const DAYS_FROM_MONDAY = 3;
const MONTH_LENGTH = 'YYYY-MM'.length;

const dateOf = (day: number) => new Date(day * DAY_MS).toISOString().slice(0, 'YYYY-MM-DD'.length);

/** The start of each period that contains `day` (days since 1970). */
const periodsOf = (day: number): Readonly<Record<Period, string>> => ({
  day: dateOf(day),
  week: dateOf(day - ((day + DAYS_FROM_MONDAY) % 7)),
  month: dateOf(day).slice(0, MONTH_LENGTH),
});

const PERIODS = ['day', 'week', 'month'] as const;
const KINDS = ['all', 'notified'] as const;
type Kind = (typeof KINDS)[number];

/** Maximum counters of other days kept after clock jumps: those of two days, each with the previous day. */
const MOST_FORMER = 24;

const nameOf = (kind: Kind, period: Period, day: number) => `${kind} ${period} ${periodsOf(day)[period]}`;

/** The periods to keep on `day`: its own, and those of the previous day, whose statistics are not yet written. */
const namesOf = (day: number): readonly string[] =>
  KINDS.flatMap((kind) => PERIODS.flatMap((period) => [nameOf(kind, period, day), nameOf(kind, period, day - 1)]));

export class ActiveQueues {
  readonly #clock: Clock;
  readonly #counters = new Map<string, DistinctCounter>();
  #day = Number.NaN;
  #current: Readonly<Record<Kind, readonly DistinctCounter[]>> = { all: [], notified: [] };

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Counts a use of the queue with this recipient id; `notified`: for a message with a notification. */
  used(rcvId: Uint8Array, notified: boolean): void {
    this.#turn();
    for (const counter of this.#current.all) counter.add(rcvId);
    if (notified) for (const counter of this.#current.notified) counter.add(rcvId);
  }

  /** Counts at the end of `date` (YYYY-MM-DD; default: today). Days before yesterday are not available. */
  counts(kind: Kind, date?: string): ActiveCounts {
    this.#turn();
    const day = date === undefined ? this.#day : Math.floor(Date.parse(date) / DAY_MS);
    const of = (period: Period) => this.#counters.get(nameOf(kind, period, day))?.count ?? 0;
    return { day: of('day'), week: of('week'), month: of('month') };
  }

  /** State for {@link restore}. */
  get state(): Readonly<Record<string, string>> {
    return Object.fromEntries([...this.#counters].map(([name, counter]) => [name, toBase64url(counter.registers)]));
  }

  /** Continues from a stored state, without its other days. Throws when the state is invalid. */
  restore(state: ActiveQueues['state']): void {
    this.#turn();
    const names = new Set(namesOf(this.#day));
    const entries = Object.entries(state);
    const others = entries.filter(([name]) => !names.has(name)).slice(-MOST_FORMER);
    const restored = [...others, ...entries.filter(([name]) => names.has(name))].map(
      ([name, registers]) => [name, new DistinctCounter(fromBase64url(registers))] as const,
    );
    for (const [name, counter] of restored) this.#counters.set(name, counter);
    this.#begin();
  }

  #turn(): void {
    const day = Math.floor(this.#clock.now() / DAY_MS);
    if (day === this.#day) return;
    const isNext = day === this.#day + 1;
    this.#day = day;
    const names = new Set(namesOf(day));
    // The clock may be set back: former counters are kept while there is room.
    const former = [...this.#counters.keys()].filter((name) => !names.has(name));
    for (const name of isNext ? former : former.slice(0, -MOST_FORMER)) this.#counters.delete(name);
    this.#begin();
  }

  #begin(): void {
    const current = (kind: Kind) =>
      PERIODS.map((period) => {
        const name = nameOf(kind, period, this.#day);
        const counter = this.#counters.get(name) ?? new DistinctCounter();
        this.#counters.set(name, counter);
        return counter;
      });
    this.#current = { all: current('all'), notified: current('notified') };
  }
}

function countingMessages(messages: MessageStore, active: ActiveQueues): MessageStore {
  return {
    async add(rcvId, message) {
      const outcome = await messages.add(rcvId, message);
      if (outcome === 'stored') active.used(rcvId, message.flags.notification);
      return outcome;
    },
    remove(rcvId, msgId) {
      active.used(rcvId, false);
      return messages.remove(rcvId, msgId);
    },
    first: (rcvId) => messages.first(rcvId),
    size: (rcvId) => messages.size(rcvId),
    expireQueue: (rcvId, before) => messages.expireQueue(rcvId, before),
    expire: (before) => messages.expire(before),
  };
}

/** Wraps a store: a queue counts as used when a message is stored in it, or removed by its recipient. */
export const countingStore = (store: SmpStore, active: ActiveQueues): SmpStore => ({
  queues: store.queues,
  messages: countingMessages(store.messages, active),
  notifications: store.notifications,
  services: store.services,
  aging: store.aging,
  counts: () => store.counts(),
  close: () => store.close(),
});

/** Restores the counters from the file at `path`; starts from zero if it is missing or invalid. */
export function restoreActiveQueues(active: ActiveQueues, path: string): void {
  try {
    active.restore(JSON.parse(readFileSync(path, 'utf8')) as ActiveQueues['state']);
  } catch {
    // Only the counts so far are lost.
  }
}

/** Throws when the file cannot be written. */
export function keepActiveQueues(active: ActiveQueues, path: string): void {
  writeFileSync(path, JSON.stringify(active.state), { mode: PRIVATE_FILE_MODE });
}
