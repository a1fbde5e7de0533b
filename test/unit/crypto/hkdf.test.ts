import { hkdfSync } from 'node:crypto';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { hkdfSha512 } from '../../../src/crypto/index.ts';

it('HKDF gives what the runtime gives, for any salt, input, info and length', () => {
  const bytes = fc.uint8Array({ maxLength: 300 });
  const info = fc.string({ unit: 'binary-ascii', maxLength: 200 });
  fc.assert(
    fc.property(bytes, bytes, info, fc.integer({ min: 1, max: 400 }), (salt, ikm, name, length) => {
      expect(hkdfSha512(salt, ikm, name, length)).toEqual(new Uint8Array(hkdfSync('sha512', ikm, salt, name, length)));
    }),
    { numRuns: 500 },
  );
});
