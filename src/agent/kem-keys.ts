/**
 * KEM key pairs generated in advance: each change of direction needs one, and generating it takes about 20 ms, which
 * would delay receipts.
 */
import { type Sntrup761KeyPair, wipe } from '../crypto/index.ts';

/** Generates `count` key pairs, on another thread if possible. */
export interface KemKeyPairMaker {
  (count: number): Promise<readonly Sntrup761KeyPair[]>;
  /** Releases its resources; pending requests may stay unanswered. */
  close?(): void;
}

/** Pairs per request: generated in a batch, each takes a third of the time. */
const BATCH = 8;

/** A new batch is requested when fewer than this are left. */
const MIN_STOCK = 8;

/** A stock of key pairs that is refilled as they are taken. */
export class KemKeyPairs {
  readonly #ready: Sntrup761KeyPair[] = [];
  readonly #make: KemKeyPairMaker;
  readonly #makeNow: () => Sntrup761KeyPair;
  #maker: 'idle' | 'busy' | 'gone' = 'idle';

  constructor(make: KemKeyPairMaker, makeNow: () => Sntrup761KeyPair) {
    this.#make = make;
    this.#makeNow = makeNow;
  }

  /** A pair that was never returned before; generated at once if none is ready. */
  take(): Sntrup761KeyPair {
    const pair = this.#ready.shift() ?? this.#makeNow();
    this.prepare();
    return pair;
  }

  /** Closes the generator and wipes unused secrets. Pairs taken later are generated at once. */
  close(): void {
    this.#maker = 'gone';
    this.#make.close?.();
    for (const { secretKey } of this.#ready.splice(0)) wipe(secretKey);
  }

  /** Requests a batch if the stock is low. */
  prepare(): void {
    if (this.#maker !== 'idle' || this.#ready.length >= MIN_STOCK) return;
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
      // The generator has ended, as at program exit; from now on pairs are generated at once.
      () => {
        this.#maker = 'gone';
      },
    );
  }
}
