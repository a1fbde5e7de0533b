/** Observations in steps. */
import { expect, it } from 'vitest';
import { Histogram } from '../../../src/base/index.ts';

it('counts up to each bound, the bound itself included, and what is above all', () => {
  const histogram = new Histogram([1, 10]);
  for (const value of [0, 1, 1.5, 10, 11, 1_000]) histogram.observe(value);
  expect(histogram.counts).toEqual([2, 2, 2]);
  expect(histogram).toMatchObject({ bounds: [1, 10], count: 6, sum: 1_023.5 });
});
