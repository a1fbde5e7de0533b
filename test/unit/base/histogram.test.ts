/** Observations in steps. */
import { expect, it } from 'vitest';
import { Histogram, histogramQuantile, histogramSince, histogramSum } from '../../../src/base/index.ts';

it('counts up to each bound, the bound itself included, and what is above all', () => {
  const histogram = new Histogram([1, 10]);
  for (const value of [0, 1, 1.5, 10, 11, 1_000]) histogram.observe(value);
  expect(histogram.counts).toEqual([2, 2, 2]);
  expect(histogram).toMatchObject({ bounds: [1, 10], count: 6, sum: 1_023.5 });
});

it('knows below which bound a part of the observations is', () => {
  const histogram = new Histogram([1, 10]);
  expect(histogramQuantile(histogram, 0.5)).toBeUndefined();
  for (const value of [1, 1, 5, 20]) histogram.observe(value);
  expect([0.5, 0.75, 0.99].map((fraction) => histogramQuantile(histogram, fraction))).toEqual([1, 10, Infinity]);
});

it('is the difference of two states, and the sum of several', () => {
  const histogram = new Histogram([1]);
  histogram.observe(3);
  const before = { bounds: [1], counts: [...histogram.counts], sum: histogram.sum, count: histogram.count };
  histogram.observe(1);
  histogram.observe(2);
  expect(histogramSince(histogram, before)).toEqual({ bounds: [1], counts: [1, 1], sum: 3, count: 2 });
  expect(histogramSince(before, undefined)).toBe(before);
  expect(histogramSum([1], [before, before])).toEqual({ bounds: [1], counts: [0, 2], sum: 6, count: 2 });
});
