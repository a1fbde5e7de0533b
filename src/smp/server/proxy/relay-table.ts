/**
 * The relays of a proxy and their limits: connected, connecting, and per host. Established connections and attempts are
 * limited apart, so that unreachable addresses take no places of working relays. Attempts are attributed to the clients
 * that cause them: when there are too many, an attempt gives way to a new one if it is old, or if its client has more
 * attempts.
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

/** Identifies one relay; opaque to {@link RelayTable}. */
export type RelayKey = string;

export interface RelayOrigin {
  readonly key: RelayKey;
  /** Hosts whose limits it counts against; may be empty. */
  readonly hosts: readonly string[];
  /** The client that first asked for it; compared by identity. */
  readonly owner: object;
}

interface RelayEntry extends RelayOrigin {
  readonly relay: Relay;
}

const hostName = (host: string) => host.toLowerCase().replace(/\.$/, '');

export class RelayTable {
  readonly #entries = new Map<RelayKey, RelayEntry>();
  readonly #maxConnected: number;
  readonly #maxAttempts: number;

  constructor(maxConnected = MAX_RELAYS) {
    this.#maxConnected = maxConnected;
    this.#maxAttempts = Math.max(LEAST_ATTEMPTS, Math.ceil(maxConnected * ATTEMPTS_SHARE));
  }

  /** Relays that are connected, connecting, or marked unreachable. */
  get size(): number {
    return this.#entries.size;
  }

  get(key: RelayKey): Relay | undefined {
    const relay = this.#entries.get(key)?.relay;
    if (relay?.stage !== 'over') return relay;
    this.#entries.delete(key);
    return undefined;
  }

  /** Makes room for a connection attempt; false when there is none. */
  admit({ hosts, owner }: RelayOrigin): boolean {
    this.#forgetFailures();
    const isWay = hosts.every((host) => this.#makeWay(this.#ofHost(host), MAX_RELAYS_PER_HOST, owner));
    return isWay && this.#makeWay([...this.#entries.values()], this.#maxAttempts, owner);
  }

  add(origin: RelayOrigin, relay: Relay): void {
    this.#entries.set(origin.key, { ...origin, relay });
  }

  /**
   * Makes room for a relay that has just connected; false when all others are in use, or this one was removed
   * meanwhile.
   */
  connected(key: RelayKey, relay: Relay): boolean {
    const entry = this.#entries.get(key);
    if (entry?.relay !== relay) return false;
    const isRoom = (entries: Iterable<RelayEntry>, max: number) => {
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

  /** Closes idle relays and removes those that are over. */
  expire(): void {
    for (const entry of this.#entries.values()) {
      if (entry.relay.stage === 'over' || (entry.relay.idleMs ?? 0) >= IDLE_RELAY_MS) this.#close(entry);
    }
  }

  close(): void {
    for (const entry of this.#entries.values()) this.#close(entry);
  }

  #ofHost(host: string): readonly RelayEntry[] {
    const name = hostName(host);
    return [...this.#entries.values()].filter(({ hosts }) => hosts.some((other) => hostName(other) === name));
  }

  #close({ key, relay }: RelayEntry): void {
    relay.close();
    this.ended(key, relay);
  }

  #closeIdlest(entries: readonly RelayEntry[]): boolean {
    let idlest: RelayEntry | undefined;
    for (const entry of entries) {
      const { idleMs } = entry.relay;
      if (idleMs !== undefined && idleMs > (idlest?.relay.idleMs ?? -1)) idlest = entry;
    }
    if (idlest !== undefined) this.#close(idlest);
    return idlest !== undefined;
  }

  /** Unreachable relays stay in the table while there is room; the oldest are removed first. */
  #forgetFailures(): void {
    const failed: RelayEntry[] = [];
    for (const entry of this.#entries.values()) {
      if (entry.relay.stage === 'over') this.#close(entry);
      else if (entry.relay.stage === 'failed') failed.push(entry);
    }
    const tooMany = this.#entries.size - this.#maxConnected + 1;
    for (const entry of failed.slice(0, Math.max(tooMany, 0))) this.#close(entry);
  }

  /**
   * Whether there are fewer than `max` attempts among `entries`, after an old one has given way to `owner` if
   * necessary.
   */
  #makeWay(entries: readonly RelayEntry[], max: number, owner: object): boolean {
    const attempts = entries.filter(({ relay }) => relay.stage === 'connecting');
    if (attempts.length < max) return true;
    const shares = new Map<object, number>();
    for (const attempt of attempts) shares.set(attempt.owner, (shares.get(attempt.owner) ?? 0) + 1);
    const own = shares.get(owner) ?? 0;
    let [chosen, most]: [RelayEntry | undefined, number] = [undefined, 0];
    // Oldest first.
    for (const attempt of attempts) {
      const share = shares.get(attempt.owner)!;
      const givesWay = share >= own + 2 || attempt.relay.ageMs >= ATTEMPT_GRACE_MS;
      if (givesWay && share > most) [chosen, most] = [attempt, share];
    }
    if (chosen !== undefined) this.#close(chosen);
    return chosen !== undefined;
  }
}
