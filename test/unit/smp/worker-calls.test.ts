/** Calls of a worker to the main process: results and errors arrive as they were. */
import { expect, it } from 'vitest';
import { StoreError } from '../../../src/smp/server/index.ts';
import { answerCall, Calls, type Targets } from '../../../src/smp/server/workers/calls.ts';

function connected(targets: Targets) {
  const done: unknown[] = [];
  const calls: Calls = new Calls(
    (call) =>
      void answerCall(
        call,
        targets,
        (answer) => calls.answered(answer as never),
        (result) => done.push(result),
      ),
  );
  return { calls, done };
}

it('a result is that of the method, and the main process is told when it was posted', async () => {
  const { calls, done } = connected({ store: { add: async (a: never, b: never) => a + b, size: () => 7 } });
  expect(await Promise.all([calls.call('store', 'add', [1, 2]), calls.call('store', 'size', [])])).toEqual([3, 7]);
  expect(done.sort()).toEqual([3, 7]);
});

it('an error of the store is one on the other side too, and any other is none', async () => {
  const { calls, done } = connected({
    store: {
      full: () => Promise.reject(new StoreError('the disk is full')),
      broken: () => {
        throw new TypeError('a mistake');
      },
    },
  });
  await expect(calls.call('store', 'full', [])).rejects.toEqual(new StoreError('the disk is full'));
  await expect(calls.call('store', 'full', [])).rejects.toBeInstanceOf(StoreError);
  await expect(calls.call('store', 'broken', [])).rejects.toThrow('a mistake');
  await expect(calls.call('store', 'broken', [])).rejects.not.toBeInstanceOf(StoreError);
  expect(done).toEqual([]);
});

it('what is not there is an error of the call', async () => {
  const { calls } = connected({ store: {} });
  await expect(calls.call('store', 'nothing', [])).rejects.toThrow('there is no store.nothing');
  await expect(calls.call('bus', 'tell', [])).rejects.toThrow('there is no bus.tell');
});
