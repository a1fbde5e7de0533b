/** The operating system's randomness. */
import { randomFillSync } from 'node:crypto';
import type { Random } from '../base/index.ts';

/** Asked for at once: ids and nonces are small and many, and asking costs more than they do. */
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
    // Whoever has it has it alone.
    pool.fill(0, used, used + length);
    used += length;
    return taken;
  },
};
