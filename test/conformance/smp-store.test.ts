/** The stores of the SMP server against their conformance suite, and the embedded one against crashes. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { fromHex, toHex } from '../../src/encoding/index.ts';
import { embeddedStore, memoryStore, StoreError } from '../../src/smp/server/index.ts';
import { storeConformance } from './smp-store.ts';

const writer = fileURLToPath(new URL('../harness/smp-store-writer.ts', import.meta.url));
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

describe('embedded store', () => {
  it('says when its file is damaged', () => {
    const path = join(folder, 'damaged');
    const store = () => embeddedStore(path, 4);
    rmSync(path, { recursive: true, force: true });
    writeFileSync(path, 'not a folder');
    expect(store).toThrow(StoreError);
  });

  it('has all it acknowledged when its process is killed while writing', async () => {
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
  });
});
