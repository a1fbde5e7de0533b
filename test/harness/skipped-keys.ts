/** Skipped keys of a ratchet in a list, for tests. */
import { constantTimeEqual } from '../../src/crypto/index.ts';
import type { SkippedKey, SkippedKeys } from '../../src/ratchet/index.ts';

export function skippedKeysOf(keys: readonly SkippedKey[]): SkippedKeys {
  return {
    headerKeys: () =>
      keys
        .map(({ headerKey }) => headerKey)
        .filter((key, i, all) => all.findIndex((other) => constantTimeEqual(other, key)) === i),
    find: (headerKey, number) =>
      keys.find((key) => key.number === number && constantTimeEqual(key.headerKey, headerKey)),
  };
}
