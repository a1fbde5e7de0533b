/**
 * KEM key pairs made ahead of need: one is due at each change of direction, and making it takes about 20 ms, which
 * would stand between a message and its receipt.
 */
import { type Sntrup761KeyPair, wipe } from '../crypto/index.ts';

/** Makes `count` key pairs, in another thread where the program can. */
export interface KemKeyPairMaker {
  (count: number): Promise<readonly Sntrup761KeyPair[]>;
  /** Lets go of what it makes them with; what was asked for may never come. */
  close?(): void;
}

/** Pairs made at once: each costs a third of one that is made alone. */
const BATCH = 8;

/** With fewer than this ready, the next batch is begun. */
const ENOUGH = 8;

/** A small stock of key pairs that is refilled as they are taken. */
export class KemKeyPairs {
  readonly #ready: Sntrup761KeyPair[] = [];
  readonly #make: KemKeyPairMaker;
  readonly #makeNow: () => Sntrup761KeyPair;
  #maker: 'idle' | 'busy' | 'gone' = 'idle';

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

  /** Ends the maker and wipes the secrets that nobody took. Pairs that are taken later are made on the spot. */
  close(): void {
    this.#maker = 'gone';
    this.#make.close?.();
    for (const { secretKey } of this.#ready.splice(0)) wipe(secretKey);
  }

  /** Starts making what is missing. */
  prepare(): void {
    if (this.#maker !== 'idle' || this.#ready.length >= ENOUGH) return;
    this.#maker = 'busy';
    this.#make(BATCH).then(
      (pairs) => {
        if (this.#maker === 'gone') {
          for (const { secretKey } of pairs) wipe(secretKey);
          return;
        }
        this.#maker = 'idle';
        this.#ready.push(...pairs);
        this.prepare();
      },
      // The maker is gone (the program ends); pairs are made on the spot from here on.
      () => {
        this.#maker = 'gone';
      },
    );
  }
}
