/** Randomness as a dependency: the operating system's in production, seeded in simulations. */
export interface Random {
  /** `length` new random bytes. */
  bytes(length: number): Uint8Array;
}

/** A number in [0, 1) for jitter; not for secrets. */
export function randomFraction(random: Random): number {
  const b = random.bytes(4);
  return (((b[0]! << 24) | (b[1]! << 16) | (b[2]! << 8) | b[3]!) >>> 0) / 0x1_0000_0000;
}
