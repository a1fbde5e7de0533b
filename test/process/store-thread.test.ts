/** The embedded store of the build, whose changes are written by a thread: its conformance, and a thread that ends. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type * as server from '../../src/smp/server/index.ts';
import { storeConformance } from '../conformance/smp-store.ts';
import { message, queueRecord } from '../harness/smp-records.ts';
import { buildSmpServer } from '../harness/smp-server-program.ts';

const folder = mkdtempSync(join(tmpdir(), 'store-thread-'));
const built = new URL('../../dist/smp/server/index.js', import.meta.url).href;
let sotto: typeof server;
let count = 0;
let current = '';

beforeAll(async () => {
  buildSmpServer();
  sotto = (await import(/* @vite-ignore */ built)) as typeof server;
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

storeConformance(
  'embedded, with its thread',
  (quota) => {
    // The second opening within a test finds the folder of the first.
    const { currentTestName } = expect.getState();
    if (current !== currentTestName) {
      current = currentTestName ?? '';
      count++;
    }
    return sotto.embeddedStore(join(folder, String(count)), quota);
  },
  true,
);

describe('the thread of a store', () => {
  it('writes while this one goes on, and everything is there when it is closed', async () => {
    const path = join(folder, 'many');
    let store = sotto.embeddedStore(path, 1_000);
    const record = queueRecord();
    await store.queues.create(record);
    const body = new Uint8Array(16_000);
    const adding = Array.from({ length: 200 }, (_, i) =>
      store.messages.add(record.rcvId, { ...message(`${i}`), body }),
    );
    // Nothing is on its way to disk before a turn of the event loop, and its end is not waited for in this thread.
    await new Promise((resolve) => setImmediate(resolve));
    expect(store.counts().messages).toBe(0);
    expect(await Promise.all(adding)).toEqual(adding.map(() => 'stored'));
    expect(store.counts().messages).toBe(200);
    await store.close();
    store = sotto.embeddedStore(path, 1_000);
    expect(store.counts()).toMatchObject({ queues: 1, messages: 200 });
    await store.close();
  });

  it('is started again when it has ended, and what was on its way has failed', async () => {
    const store = sotto.embeddedStore(join(folder, 'ended'), 1_000);
    const record = queueRecord();
    await store.queues.create(record);
    const threads: Worker[] = [];
    const { postMessage } = Worker.prototype;
    Worker.prototype.postMessage = function (this: Worker) {
      threads.push(this);
    } as typeof postMessage;
    const lost = store.messages.add(record.rcvId, message('lost'));
    lost.catch(() => {});
    await new Promise((resolve) => setTimeout(resolve, 50));
    Worker.prototype.postMessage = postMessage;
    expect(threads).toHaveLength(1);
    await threads[0]!.terminate();
    await expect(lost).rejects.toThrow(sotto.StoreError);
    expect(await store.messages.add(record.rcvId, message('kept'))).toBe('stored');
    expect(await store.messages.size(record.rcvId)).toBe(1);
    await store.close();
  });

  it('that ended without an answer leaves what it has done counted', async () => {
    const path = join(folder, 'unanswered');
    let store = sotto.embeddedStore(path, 1_000);
    const record = queueRecord();
    await store.queues.create(record);
    const { postMessage } = Worker.prototype;
    let thread: Worker | undefined;
    Worker.prototype.postMessage = function (this: Worker, ...parameters: Parameters<typeof postMessage>) {
      thread = this;
      this.removeAllListeners('message');
      return postMessage.apply(this, parameters);
    } as typeof postMessage;
    const lost = store.messages.add(record.rcvId, message('stored all the same'));
    lost.catch(() => {});
    await new Promise((resolve) => setTimeout(resolve, 300));
    Worker.prototype.postMessage = postMessage;
    await thread!.terminate();
    await expect(lost).rejects.toThrow(sotto.StoreError);
    expect(store.counts().messages).toBe(1);
    await store.close();
    store = sotto.embeddedStore(path, 1_000);
    expect(store.counts().messages).toBe(1);
    await store.close();
  });
});
