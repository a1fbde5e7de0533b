/** The store while its disk is slow: what is on its way there must not be mixed up with what is on it. */
import { describe, expect, it } from 'vitest';
import { deferred } from '../../../src/base/index.ts';
import { type KeyValueEngine, keyValueStore } from '../../../src/smp/server/index.ts';
import { message, queueRecord } from '../../harness/smp-records.ts';

/** Tables in memory, and commits that are held until they are let go, one by one. */
function slowEngine(): { readonly engine: KeyValueEngine; begun(): Promise<void>; commit(): Promise<void> } {
  const waiting: (() => void)[] = [];
  const engine: KeyValueEngine = {
    table() {
      const cells = new Map<string, Buffer>();
      const name = (key: Uint8Array) => Buffer.from(key).toString('latin1');
      return {
        get: (key) => cells.get(name(key)),
        put: (key, value) => void cells.set(name(key), value),
        remove: (key) => void cells.delete(name(key)),
        count: () => cells.size,
        keys: () => [...cells.keys()].sort().map((key) => Buffer.from(key, 'latin1')),
      };
    },
    claim: () => ({ release: () => {} }),
    async commit(operations) {
      const turn = deferred<void>();
      waiting.push(turn.resolve);
      await turn.promise;
      for (const operation of operations) operation();
    },
    close: async () => {},
  };
  const begun = async () => {
    while (waiting.length === 0) await new Promise((resolve) => setImmediate(resolve));
  };
  return {
    engine,
    begun,
    async commit() {
      await begun();
      waiting.shift()?.();
    },
  };
}

describe('a store on a slow disk', () => {
  it('does not take the next message for the one that is being removed', async () => {
    const { engine, begun, commit } = slowEngine();
    const { queues, messages } = keyValueStore(engine, 10);
    const { rcvId, ...record } = queueRecord();
    const [first, second] = [message('first'), message('second')];
    const done = async (change: Promise<unknown>) => {
      await commit();
      return change;
    };
    await done(queues.create({ rcvId, ...record }));
    await done(messages.add(rcvId, first));
    // The connection that acknowledged the first message is gone; another asks while that is not on disk.
    const removing = messages.remove(rcvId, first.msgId);
    await begun();
    const adding = messages.add(rcvId, second);
    expect(await messages.first(rcvId)).toBeUndefined();
    expect(await messages.remove(rcvId, first.msgId)).toBeUndefined();
    await done(removing);
    await done(adding);
    expect((await messages.first(rcvId))?.msgId).toEqual(second.msgId);
    expect(await messages.size(rcvId)).toBe(1);
  });
});
