/** How much time has passed is kept in the store from time to time. */
import { describe, expect, it } from 'vitest';
import { startAging } from '../../../src/smp/server/index.ts';
import { manualClock } from '../../harness/manual-clock.ts';

describe('the aging clock of a store', () => {
  it('is kept again and again, until it stops', async () => {
    const clock = manualClock();
    let writes = 0;
    const aging = {
      read: () => undefined,
      write: async () => {
        writes++;
      },
    };
    const counts = () => ({ queues: 0, messages: 0, notifiers: 0, notifications: 0, services: 0 });
    const kept = startAging({ aging, counts }, clock, { error() {}, warn() {}, info() {}, debug() {} });
    const settled = () => new Promise((resolve) => setImmediate(resolve));
    await settled();
    expect(writes).toBe(1);
    for (const expected of [2, 3, 4]) {
      clock.advance(10 * 60_000);
      await settled();
      expect(writes).toBe(expected);
    }
    await kept.stop();
    expect(writes).toBe(5);
    clock.advance(60 * 60_000);
    await settled();
    expect(writes).toBe(5);
  });
});
