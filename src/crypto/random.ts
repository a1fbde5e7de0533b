/** The operating system's randomness. */
import { randomBytes } from 'node:crypto';
import type { Random } from '../base/index.ts';

export const systemRandom: Random = {
  bytes: (length) => new Uint8Array(randomBytes(length)),
};
