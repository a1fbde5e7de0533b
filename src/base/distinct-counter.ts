/**
 * Counts different things without a list of them: HyperLogLog (Flajolet et al., 2007), with linear counting of few. What
 * is counted has to be random bytes, as ids that a server draws are; the standard error is 1.6 %.
 */
const INDEX_BITS = 12;
const REGISTERS = 1 << INDEX_BITS;
/** The bias of the harmonic mean, for this many registers. */
const ALPHA = 0.7213 / (1 + 1.079 / REGISTERS);
/** Times the registers, up to which linear counting is the better estimate. */
const FEW = 2.5;

/** Bytes of what is counted that are looked at. */
export const DISTINCT_BYTES = 6;

export class DistinctCounter {
  /** The most zeros in front that were seen, and one, for each beginning. */
  readonly #registers: Uint8Array;

  /** With registers of another, which are taken over; throws a RangeError when they are not as many as they have to be. */
  constructor(registers: Uint8Array = new Uint8Array(REGISTERS)) {
    if (registers.length !== REGISTERS) throw new RangeError(`${registers.length} registers instead of ${REGISTERS}`);
    this.#registers = registers.slice();
  }

  /** `id`: random bytes, {@link DISTINCT_BYTES} or more. */
  add(id: Uint8Array): void {
    const index = ((id[0]! << 8) | id[1]!) >> (16 - INDEX_BITS);
    const rest = (id[2]! << 24) | (id[3]! << 16) | (id[4]! << 8) | id[5]!;
    const rank = Math.clz32(rest) + 1;
    if (rank > this.#registers[index]!) this.#registers[index] = rank;
  }

  /** How many different ones were added, about. */
  get count(): number {
    let sum = 0;
    let empty = 0;
    for (const rank of this.#registers) {
      sum += 2 ** -rank;
      if (rank === 0) empty++;
    }
    const estimate = (ALPHA * REGISTERS * REGISTERS) / sum;
    const isFew = estimate <= FEW * REGISTERS && empty > 0;
    return Math.round(isFew ? REGISTERS * Math.log(REGISTERS / empty) : estimate);
  }

  get registers(): Uint8Array {
    return this.#registers.slice();
  }
}
