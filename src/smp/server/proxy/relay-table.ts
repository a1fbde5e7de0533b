/**
 * The relays of a proxy: how many may be connected, being connected to, or of one host, and which give way to others.
 * Connections that were made and connections being made are limited apart, so that addresses where nobody answers take no
 * room of relays that work. Attempts are shared among the clients that cause them: when there are too many, the client
 * with most has to give way to one with fewer.
 */
import {
  ATTEMPT_GRACE_MS,
  ATTEMPTS_SHARE,
  IDLE_RELAY_MS,
  LEAST_ATTEMPTS,
  MAX_RELAYS,
  MAX_RELAYS_PER_HOST,
} from './constants.ts';
import type { Relay } from './relay.ts';

/** Names one relay: {@link RelayTable} does not look into it. */
export type RelayKey = string;

export interface RelayOrigin {
  readonly key: RelayKey;
  /** Hosts it counts for; none for relays that count for no host. */
  readonly hosts: readonly string[];
  /** The client it was first asked for by; compared by identity. */
  readonly owner: object;
}

interface Entry extends RelayOrigin {
  readonly relay: Relay;
}

const hostName = (host: string) => host.toLowerCase().replace(/\.$/, '');

export class RelayTable {
  readonly #entries = new Map<RelayKey, Entry>();
  readonly #maxConnected: number;
  readonly #maxAttempts: number;

  constructor(maxConnected = MAX_RELAYS) {
    this.#maxConnected = maxConnected;
    this.#maxAttempts = Math.max(LEAST_ATTEMPTS, Math.ceil(maxConnected * ATTEMPTS_SHARE));
  }

  /** Relays connected, being connected to, or out of reach a moment ago. */
  get size(): number {
    return this.#entries.size;
  }

  get(key: RelayKey): Relay | undefined {
    const relay = this.#entries.get(key)?.relay;
    if (relay?.stage !== 'over') return relay;
    this.#entries.delete(key);
    return undefined;
  }

  /** Makes room for an attempt to connect to a relay; false when there is none. */
  admit({ hosts, owner }: RelayOrigin): boolean {
    this.#forgetFailures();
    const isWay = hosts.every((host) => this.#makeWay(this.#ofHost(host), MAX_RELAYS_PER_HOST, owner));
    return isWay && this.#makeWay([...this.#entries.values()], this.#maxAttempts, owner);
  }

  add(origin: RelayOrigin, relay: Relay): void {
    this.#entries.set(origin.key, { ...origin, relay });
  }

  /** Makes room for a relay that is connected now; false when others are in use, or it was forgotten meanwhile. */
  connected(key: RelayKey, relay: Relay): boolean {
    const entry = this.#entries.get(key);
    if (entry?.relay !== relay) return false;
    const isRoom = (entries: Iterable<Entry>, max: number) => {
      const others = [...entries].filter((other) => other !== entry && other.relay.stage === 'connected');
      return others.length < max || this.#closeIdlest(others);
    };
    return (
      entry.hosts.every((host) => isRoom(this.#ofHost(host), MAX_RELAYS_PER_HOST)) &&
      isRoom(this.#entries.values(), this.#maxConnected)
    );
  }

  ended(key: RelayKey, relay: Relay): void {
    if (this.#entries.get(key)?.relay === relay) this.#entries.delete(key);
  }

  /** Closes what nobody had use for in a long time, and forgets what is over. */
  expire(): void {
    for (const entry of this.#entries.values()) {
      if (entry.relay.stage === 'over' || (entry.relay.idleMs ?? 0) >= IDLE_RELAY_MS) this.#close(entry);
    }
  }

  close(): void {
    for (const entry of this.#entries.values()) this.#close(entry);
  }

  #ofHost(host: string): readonly Entry[] {
    const name = hostName(host);
    return [...this.#entries.values()].filter(({ hosts }) => hosts.some((other) => hostName(other) === name));
  }

  #close({ key, relay }: Entry): void {
    relay.close();
    this.ended(key, relay);
  }

  #closeIdlest(entries: readonly Entry[]): boolean {
    let idlest: Entry | undefined;
    for (const entry of entries) {
      const { idleMs } = entry.relay;
      if (idleMs !== undefined && idleMs > (idlest?.relay.idleMs ?? -1)) idlest = entry;
    }
    if (idlest !== undefined) this.#close(idlest);
    return idlest !== undefined;
  }

  /** Relays out of reach are remembered while there is room; the oldest are forgotten first. */
  #forgetFailures(): void {
    const failed: Entry[] = [];
    for (const entry of this.#entries.values()) {
      if (entry.relay.stage === 'over') this.#close(entry);
      else if (entry.relay.stage === 'failed') failed.push(entry);
    }
    const tooMany = this.#entries.size - this.#maxConnected + 1;
    for (const entry of failed.slice(0, Math.max(tooMany, 0))) this.#close(entry);
  }

  /** Whether there are fewer than `max` attempts among `entries`, or one of them has given way to `owner`. */
  #makeWay(entries: readonly Entry[], max: number, owner: object): boolean {
    const attempts = entries.filter(({ relay }) => relay.stage === 'connecting');
    if (attempts.length < max) return true;
    const shares = new Map<object, number>();
    for (const attempt of attempts) shares.set(attempt.owner, (shares.get(attempt.owner) ?? 0) + 1);
    const own = shares.get(owner) ?? 0;
    let [chosen, most]: [Entry | undefined, number] = [undefined, 0];
    // The oldest come first.
    for (const attempt of attempts) {
      const share = shares.get(attempt.owner)!;
      const givesWay = share >= own + 2 || attempt.relay.ageMs >= ATTEMPT_GRACE_MS;
      if (givesWay && share > most) [chosen, most] = [attempt, share];
    }
    if (chosen !== undefined) this.#close(chosen);
    return chosen !== undefined;
  }
}
