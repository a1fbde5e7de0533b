/**
 * Memory, counted before it is spent. Each connection has some of its own and may take more while all together have
 * not taken too much; it never waits for others, only for what it holds itself, so none can starve another.
 */
import { type Deferred, deferred } from '../../base/index.ts';

/** What all connections hold together. */
export class SharedRoom {
  #size: number;
  #used = 0;

  constructor(size: number) {
    this.#size = size;
  }

  get used(): number {
    return this.#used;
  }

  /** What is held already stays held. */
  resize(size: number): void {
    this.#size = size;
  }

  has(amount: number): boolean {
    return this.#used + amount <= this.#size;
  }

  /** Counts `amount` more, or less when it is negative. */
  add(amount: number): void {
    this.#used += amount;
  }
}

export interface RoomLimits {
  /** What a connection may hold whatever others do. */
  readonly own: number;
  /** What it may hold at most. */
  readonly most: number;
}

/** What one connection holds. */
export class Room {
  readonly #limits: RoomLimits;
  readonly #shared: SharedRoom;
  readonly #waiting: { readonly amount: number; readonly turn: Deferred<void> }[] = [];
  #used = 0;

  constructor(limits: RoomLimits, shared: SharedRoom) {
    this.#limits = limits;
    this.#shared = shared;
  }

  /** Resolves when there is room, which is taken then; in the order of the calls. */
  take(amount: number): Promise<void> {
    if (this.#waiting.length === 0 && this.tryTake(amount)) return Promise.resolve();
    const turn = deferred<void>();
    this.#waiting.push({ amount, turn });
    return turn.promise;
  }

  /** Takes room if there is some now. */
  tryTake(amount: number): boolean {
    // Always admit an empty holder, or it could wait for ever.
    const fits =
      this.#used === 0 ||
      this.#used + amount <= this.#limits.own ||
      (this.#used + amount <= this.#limits.most && this.#shared.has(amount));
    if (fits) this.add(amount);
    return fits;
  }

  /** Counts what is held already. */
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
