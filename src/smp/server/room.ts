/**
 * Memory budgets. Each connection has a guaranteed amount, and may use more while the total of all connections is below
 * the shared limit. A connection only ever waits for its own memory to be released, so none can starve another.
 */
import { type Deferred, deferred } from '../../base/index.ts';

/** The total of all connections. */
export class SharedRoom {
  #size: number;
  #used = 0;

  constructor(size: number) {
    this.#size = size;
  }

  get used(): number {
    return this.#used;
  }

  /** Sets a new limit; what is already counted stays. */
  resize(size: number): void {
    this.#size = size;
  }

  has(amount: number): boolean {
    return this.#used + amount <= this.#size;
  }

  /** Adds `amount`, which may be negative. */
  add(amount: number): void {
    this.#used += amount;
  }
}

export interface RoomLimits {
  /** Guaranteed to each connection. */
  readonly own: number;
  /** The maximum of one connection. */
  readonly most: number;
}

/** The budget of one connection. */
export class Room {
  readonly #limits: RoomLimits;
  readonly #shared: SharedRoom;
  readonly #waiting: { readonly amount: number; readonly turn: Deferred<void> }[] = [];
  #used = 0;

  constructor(limits: RoomLimits, shared: SharedRoom) {
    this.#limits = limits;
    this.#shared = shared;
  }

  /** Resolves when `amount` fits and is counted; first come, first served. */
  take(amount: number): Promise<void> {
    if (this.#waiting.length === 0 && this.tryTake(amount)) return Promise.resolve();
    const turn = deferred<void>();
    this.#waiting.push({ amount, turn });
    return turn.promise;
  }

  /** Counts `amount` if it fits now; returns whether it did. */
  tryTake(amount: number): boolean {
    // Always admit an empty holder, or it could wait for ever.
    const fits =
      this.#used === 0 ||
      this.#used + amount <= this.#limits.own ||
      (this.#used + amount <= this.#limits.most && this.#shared.has(amount));
    if (fits) this.add(amount);
    return fits;
  }

  /** Counts memory that is in use already, without a check. */
  add(amount: number): void {
    this.#used += amount;
    this.#shared.add(amount);
  }

  release(amount: number): void {
    this.add(-amount);
    for (let next = this.#waiting[0]; next !== undefined && this.tryTake(next.amount); next = this.#waiting[0]) {
      this.#waiting.shift();
      next.turn.resolve();
    }
  }
}
