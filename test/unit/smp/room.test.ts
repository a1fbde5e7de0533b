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

  it('is its own up to the last of it, whatever others hold', () => {
    const shared = new SharedRoom(100);
    const greedy = new Room(limits, shared);
    expect(greedy.tryTake(100)).toBe(true);
    const modest = new Room(limits, shared);
    expect([modest.tryTake(19), modest.tryTake(2), modest.tryTake(1), modest.tryTake(1)]).toEqual([
      true,
      false,
      true,
      false,
    ]);
  });

  it('ends where that of all ends, or its own limit', () => {
    const shared = new SharedRoom(90);
    const room = new Room(limits, shared);
    expect([room.tryTake(50), room.tryTake(41), room.tryTake(40)]).toEqual([true, false, true]);
    shared.resize(1_000);
    expect([room.tryTake(11), room.tryTake(10), room.tryTake(1)]).toEqual([false, true, false]);
  });

  it('holds one thing of any size', async () => {
    const room = new Room(limits, new SharedRoom(0));
    await room.take(500);
    expect(room.tryTake(1)).toBe(false);
  });
});
