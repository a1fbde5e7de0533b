/** Randomness of the operating system. */
import { randomFillSync } from 'node:crypto';
import type { Random } from '../base/index.ts';

/** Requested at once: ids and nonces are small and frequent, and each request is expensive. */
const POOL_SIZE = 4096;

const pool = new Uint8Array(POOL_SIZE);
let used = POOL_SIZE;

export const systemRandom: Random = {
  bytes(length) {
    if (length > POOL_SIZE / 4) return randomFillSync(new Uint8Array(length));
    if (used + length > POOL_SIZE) {
      randomFillSync(pool);
      used = 0;
    }
    const taken = pool.slice(used, used + length);
    // Handed-out bytes are removed from the pool.
    pool.fill(0, used, used + length);
    used += length;
    return taken;
  },
};
