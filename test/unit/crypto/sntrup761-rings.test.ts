/** The arithmetic of the KEM against the textbook's. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { multiply3, multiplyQ, multiplyQSmall, P, Q } from '../../../src/crypto/sntrup761-multiply.ts';
import { reciprocal3, reciprocalQ, reciprocalsQ } from '../../../src/crypto/sntrup761-reciprocal.ts';
import { isInvertible, multiply } from '../../harness/sntrup761-plain.ts';

const LARGEST = (Q - 1) / 2;

const polynomial = (largest: number) => {
  const coefficient = fc.oneof(
    { weight: 8, arbitrary: fc.integer({ min: -largest, max: largest }) },
    { weight: 1, arbitrary: fc.constantFrom(-largest, 0, largest) },
  );
  const whole = fc.array(coefficient, { minLength: P, maxLength: P });
  // Sums are largest where all coefficients are.
  return fc.oneof(
    { weight: 8, arbitrary: whole },
    { weight: 1, arbitrary: coefficient.map((x) => new Array<number>(P).fill(x)) },
  );
};
const anyQ = polynomial(LARGEST);
const anySmall = polynomial(1);
const few = { numRuns: 25 };

describe('products', () => {
  it('modulo q with a small polynomial', () => {
    fc.assert(
      fc.property(anyQ, anySmall, (f, g) => {
        expect([...multiplyQSmall(Int16Array.from(f), Int8Array.from(g))]).toEqual(multiply(f, g, Q));
      }),
      few,
    );
  });

  it('modulo q of any two', () => {
    fc.assert(
      fc.property(anyQ, anyQ, (f, g) => {
        expect([...multiplyQ(Int16Array.from(f), Int16Array.from(g))]).toEqual(multiply(f, g, Q));
      }),
      few,
    );
  });

  it('modulo 3', () => {
    fc.assert(
      fc.property(anySmall, anySmall, (f, g) => {
        expect([...multiply3(Int8Array.from(f), Int8Array.from(g))]).toEqual(multiply(f, g, 3));
      }),
      few,
    );
  });
});

const one = Array.from({ length: P }, (_, i) => (i === 0 ? 1 : 0));

describe('reciprocals', () => {
  it('modulo 3 are there when the textbook says so, and give 1', () => {
    fc.assert(
      fc.property(anySmall, (f) => {
        const reciprocal = reciprocal3(Int8Array.from(f));
        expect(reciprocal !== undefined).toBe(isInvertible(f, 3));
        if (reciprocal !== undefined) expect(multiply(f, [...reciprocal], 3)).toEqual(one);
      }),
      few,
    );
    expect(reciprocal3(new Int8Array(P))).toBeUndefined();
    expect(isInvertible(new Array<number>(P).fill(0), 3)).toBe(false);
  });

  it('modulo q give 1', () => {
    fc.assert(
      fc.property(
        anyQ.filter((f) => f.some((x) => x !== 0)),
        (f) => {
          expect(multiply(f, [...reciprocalQ(Int16Array.from(f))], Q)).toEqual(one);
        },
      ),
      few,
    );
  });

  it('modulo q of many at once are those of each', () => {
    const some = fc.array(
      anyQ.filter((f) => f.some((x) => x !== 0)),
      { minLength: 1, maxLength: 5 },
    );
    fc.assert(
      fc.property(some, (all) => {
        const inputs = all.map((f) => Int16Array.from(f));
        expect(reciprocalsQ(inputs)).toEqual(inputs.map(reciprocalQ));
        expect(inputs).toEqual(all.map((f) => Int16Array.from(f)));
      }),
      { numRuns: 5 },
    );
  });
});
