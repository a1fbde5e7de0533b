/** Counting different things without a list of them. */
import { expect, it } from 'vitest';
import { DISTINCT_BYTES, DistinctCounter } from '../../../src/base/index.ts';
import { seeded } from '../../harness/talker.ts';

const random = seeded(1);
const id = () => Uint8Array.from({ length: DISTINCT_BYTES }, () => random() * 256);
const ids = (count: number) => Array.from({ length: count }, id);

it('counts nothing, few and many, each once', () => {
  expect(new DistinctCounter().count).toBe(0);
  for (const [count, tolerance] of [
    [1, 0],
    [40, 1],
    [5_000, 150],
    [100_000, 5_000],
  ] as const) {
    const counter = new DistinctCounter();
    const all = ids(count);
    for (let times = 0; times < 2; times++) for (const id of all) counter.add(id);
    expect(Math.abs(counter.count - count), `${count}`).toBeLessThanOrEqual(tolerance);
  }
});

it('goes on from its registers', () => {
  const counter = new DistinctCounter();
  for (const id of ids(1_000)) counter.add(id);
  const again = new DistinctCounter(counter.registers);
  expect(again.count).toBe(counter.count);
  for (const id of ids(1_000)) again.add(id);
  expect(again.count).toBeGreaterThan(1.8 * counter.count);
  expect(() => new DistinctCounter(new Uint8Array(5))).toThrow(RangeError);
});
