/**
 * KEM key pairs made ahead of need: one is due at each change of direction, and making it takes about 20 ms, which
 * would stand between a message and its receipt.
 */
import type { Sntrup761KeyPair } from '../crypto/index.ts';

/** Makes key pairs, in another thread where the program can. */
export type KemKeyPairMaker = () => Promise<Sntrup761KeyPair>;

/** How many pairs are kept ready. */
const READY_PAIRS = 4;

/** A small stock of key pairs that is refilled as they are taken. */
export class KemKeyPairs {
  readonly #ready: Sntrup761KeyPair[] = [];
  readonly #make: KemKeyPairMaker;
  readonly #makeNow: () => Sntrup761KeyPair;
  #making = 0;

  constructor(make: KemKeyPairMaker, makeNow: () => Sntrup761KeyPair) {
    this.#make = make;
    this.#makeNow = makeNow;
  }

  /** A pair that was never handed out; made on the spot when none is ready. */
  take(): Sntrup761KeyPair {
    const pair = this.#ready.shift() ?? this.#makeNow();
    this.prepare();
    return pair;
  }

  /** Starts making what is missing. */
  prepare(): void {
    while (this.#ready.length + this.#making < READY_PAIRS) {
      this.#making++;
      this.#make().then(
        (pair) => {
          this.#making--;
          this.#ready.push(pair);
        },
        // The maker is gone (the program ends); pairs are made on the spot from here on.
        () => {
          this.#making = READY_PAIRS;
        },
      );
    }
  }
}
