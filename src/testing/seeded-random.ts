/** Random bytes out of a seed: SHA-256 of the seed and a counter. For tests alone. */
import type { Random } from '../base/index.ts';
import { sha256 } from '../crypto/index.ts';
import { utf8 } from '../encoding/index.ts';

export function seededRandom(seed: number): Random {
  let counter = 0;
  return {
    bytes(length) {
      const bytes = new Uint8Array(length);
      for (let at = 0; at < length; at += 32) {
        bytes.set(sha256(utf8(`${seed} ${counter++}`)).subarray(0, length - at), at);
      }
      return bytes;
    },
  };
}
