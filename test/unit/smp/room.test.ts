/** Room of connections: what each has in any case, what all have together, and who waits for whom. */
import { describe, expect, it } from 'vitest';
import { Room, SharedRoom } from '../../../src/smp/server/room.ts';

const limits = { own: 20, most: 100 };
const turn = () => new Promise((resolve) => setImmediate(resolve));

/** Takes room, and records when it was had. */
function taking(room: Room, amount: number) {
  const taken = { done: false };
  void room.take(amount).then(() => {
    taken.done = true;
  });
  return taken;
}

describe('room of a connection', () => {
  it('ends at its limit, and is given in the order it was asked for', async () => {
    const room = new Room(limits, new SharedRoom(1_000));
    await room.take(90);
    const [large, small] = [taking(room, 30), taking(room, 1)];
    await turn();
    expect([large.done, small.done]).toEqual([false, false]);
    room.release(10);
    await turn();
    // The small one would fit, but came later.
    expect([large.done, small.done]).toEqual([false, false]);
    room.release(20);
    await turn();
    expect([large.done, small.done]).toEqual([true, true]);
  });

  it('is its own when the shared room is full, and waits for nobody else', async () => {
    const shared = new SharedRoom(100);
    const greedy = new Room(limits, shared);
    await greedy.take(100);
    const modest = new Room(limits, shared);
    await modest.take(15);
    expect(modest.tryTake(10)).toBe(false);
    const waiting = taking(modest, 10);
    await turn();
    expect(waiting.done).toBe(false);
    modest.release(15);
    await turn();
    expect(waiting.done).toBe(true);
    expect(shared.used).toBe(110);
    greedy.release(100);
    modest.release(10);
    expect(shared.used).toBe(0);
  });

  it('holds one thing of any size', async () => {
    const room = new Room(limits, new SharedRoom(0));
    await room.take(500);
    expect(room.tryTake(1)).toBe(false);
  });
});
