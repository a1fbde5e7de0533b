/** The stores of the SMP server against their conformance suite, and the embedded one against crashes. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { Database } from '@signalapp/sqlcipher';
import { afterAll, describe, expect, it } from 'vitest';
import { fromHex, toHex } from '../../src/encoding/index.ts';
import { checkStore, embeddedStore, localBus, memoryStore, StoreError, storeView } from '../../src/smp/server/index.ts';
import { message, queueRecord } from '../harness/smp-records.ts';
import { testWorker } from '../harness/worker-sides.ts';
import { storeConformance } from './smp-store.ts';

/** For programs that are started three times, on a machine that has other things to do. */
const PROCESS_TIMEOUT_MS = 180_000;

const writer = fileURLToPath(new URL('../harness/smp-store-writer.ts', import.meta.url));
const filler = fileURLToPath(new URL('../harness/smp-store-full.ts', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'smp-store-'));
let count = 0;
let current = '';
afterAll(() => rmSync(folder, { recursive: true, force: true }));

storeConformance('memory', memoryStore, false);
storeConformance(
  'embedded',
  (quota) => {
    // The second opening within a test finds the folder of the first.
    const { currentTestName } = expect.getState();
    if (current !== currentTestName) {
      current = currentTestName ?? '';
      count++;
    }
    return embeddedStore(join(folder, String(count)), quota);
  },
  true,
);

storeConformance(
  "a worker's",
  (quota) => {
    const main = memoryStore(quota);
    const { store } = testWorker({ store: main, bus: localBus(), proxyService: undefined });
    return { ...store, aging: main.aging, counts: main.counts, close: main.close };
  },
  false,
);

/** The key of a message in the data file. */
function messageKey(rcvId: Uint8Array, number: number): Buffer {
  const key = Buffer.concat([rcvId, Buffer.alloc(8)]);
  key.writeBigUInt64BE(BigInt(number), rcvId.length);
  return key;
}

describe('embedded store', () => {
  it('says when its file is damaged', () => {
    const path = join(folder, 'damaged');
    const store = () => embeddedStore(path, 4);
    rmSync(path, { recursive: true, force: true });
    writeFileSync(path, 'not a folder');
    expect(store).toThrow(StoreError);
  });

  it(
    'has all it acknowledged when its process is killed while writing',
    async () => {
      for (const acknowledged of [1, 40, 300]) {
        const path = join(folder, `crash-${acknowledged}`);
        const child = spawn(process.execPath, ['node_modules/vite-node/vite-node.mjs', writer, path], {
          stdio: ['ignore', 'pipe', 'inherit'],
        });
        const exited = new Promise((resolve) => child.once('exit', resolve));
        const lines: string[] = [];
        for await (const line of createInterface(child.stdout)) {
          lines.push(line);
          if (lines.length === acknowledged) child.kill('SIGKILL');
        }
        await exited;
        expect(lines.length).toBeGreaterThanOrEqual(acknowledged);
        const view = storeView(path);
        expect((await checkStore(view)).faults).toEqual([]);
        await view.close();
        const store = embeddedStore(path, 1_000_000);
        const first = new Map<string, string[]>();
        for (const line of lines) {
          const [rcvId, msgId] = line.split(' ');
          first.set(rcvId!, [...(first.get(rcvId!) ?? []), msgId!]);
        }
        for (const [rcvId, msgIds] of first) {
          expect(await store.queues.byRcvId(fromHex(rcvId))).toBeDefined();
          let next = await store.messages.first(fromHex(rcvId));
          for (const msgId of msgIds) {
            expect(next === undefined ? undefined : toHex(next.msgId)).toBe(msgId);
            next = await store.messages.remove(fromHex(rcvId), next!.msgId);
          }
        }
        await store.close();
      }
    },
    PROCESS_TIMEOUT_MS,
  );

  it(
    'refuses what a full disk does not take, goes on by itself, and has all it acknowledged and nothing else',
    async () => {
      const child = spawn(process.execPath, ['node_modules/vite-node/vite-node.mjs', filler, join(folder, 'full')], {
        stdio: ['ignore', 'pipe', 'ignore'],
      });
      const exited = new Promise((resolve) => child.once('exit', resolve));
      const lines: string[] = [];
      for await (const line of createInterface(child.stdout)) lines.push(line);
      expect(await exited).toBe(0);
      const { acknowledged, received, failed, left } = JSON.parse(lines.at(-1)!);
      expect(failed).toBeGreaterThan(0);
      expect(received).toEqual(acknowledged);
      expect(left).toBe(0);
    },
    PROCESS_TIMEOUT_MS,
  );

  it('stops looking for expired messages when it is closed', async () => {
    const store = embeddedStore(join(folder, 'closing'), 10);
    for (let i = 0; i < 300; i++) {
      const { rcvId, ...record } = queueRecord();
      await store.queues.create({ rcvId, ...record });
      await store.messages.add(rcvId, message('old', 10));
    }
    const expiring = store.messages.expire(11);
    await store.close();
    expect(await expiring).toBeLessThan(300);
  });

  it('steps over messages that cannot be read, and a queue of nothing else takes messages again', async () => {
    const path = join(folder, 'unreadable');
    let store = embeddedStore(path, 2);
    const [one, full] = [queueRecord(), queueRecord()];
    const sent = [message('a', 10), message('b', 10)];
    for (const { rcvId } of [one, full]) await store.queues.create(rcvId === one.rcvId ? one : full);
    for (const each of sent) await store.messages.add(one.rcvId, each);
    for (const text of ['a', 'b', 'c']) await store.messages.add(full.rcvId, message(text, 10));
    await store.close();
    const raw = new Database(join(path, 'store.db'));
    // The format of a record stands at its start.
    const damage = (rcvId: Uint8Array, number: number) =>
      raw
        .prepare("UPDATE messages SET v = x'77' || substr(v, 2) WHERE k = ?")
        .run([new Uint8Array(messageKey(rcvId, number))]).changes;
    expect(damage(one.rcvId, 0)).toBe(1);
    for (const number of [0, 1, 2]) expect(damage(full.rcvId, number)).toBe(1);
    raw.close();
    store = embeddedStore(path, 2);
    expect((await store.messages.first(one.rcvId))?.msgId).toEqual(sent[1]!.msgId);
    expect(await store.messages.remove(one.rcvId, sent[1]!.msgId)).toBe(undefined);
    expect(await store.messages.size(one.rcvId)).toBe(0);
    expect(await store.messages.add(full.rcvId, message('d'))).toBe('quota');
    expect(await store.messages.first(full.rcvId)).toBe(undefined);
    expect(await store.messages.add(full.rcvId, message('e'))).toBe('stored');
    await store.close();
  });

  it('steps over messages that are not there', async () => {
    const path = join(folder, 'holes');
    let store = embeddedStore(path, 10);
    const { rcvId, ...record } = queueRecord();
    await store.queues.create({ rcvId, ...record });
    const sent = ['a', 'b', 'c', 'd', 'e'].map((text) => message(text, 10));
    for (const each of sent) await store.messages.add(rcvId, each);
    await store.close();
    const raw = new Database(join(path, 'store.db'));
    const remove = raw.prepare('DELETE FROM messages WHERE k = ?');
    for (const number of [0, 2, 4]) expect(remove.run([new Uint8Array(messageKey(rcvId, number))]).changes).toBe(1);
    raw.close();
    store = embeddedStore(path, 10);
    expect((await store.messages.first(rcvId))?.msgId).toEqual(sent[1]!.msgId);
    expect((await store.messages.remove(rcvId, sent[1]!.msgId))?.msgId).toEqual(sent[3]!.msgId);
    expect(await store.messages.expire(11)).toBe(1);
    expect(await store.messages.size(rcvId)).toBe(0);
    expect(await store.messages.add(rcvId, message('f'))).toBe('stored');
    await store.close();
  });
});
