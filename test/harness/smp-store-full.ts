/**
 * Fills the disk under an embedded store and frees it again while messages are stored and removed; prints the ids of
 * acknowledged messages and of those found at the end. The disk is simulated by a limit on file sizes.
 */
import { execFileSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { systemRandom } from '../../src/crypto/index.ts';
import { toHex } from '../../src/encoding/index.ts';
import { embeddedStore, StoreError } from '../../src/smp/server/index.ts';
import { message, queueRecord } from './smp-records.ts';

const path = process.argv[2]!;
const store = embeddedStore(path, 1_000_000);
const { rcvId, ...record } = queueRecord();
await store.queues.create({ rcvId, ...record });

const limit = (size: string) => execFileSync('prlimit', ['--pid', `${process.pid}`, `--fsize=${size}:`]);
const turn = () => new Promise((resolve) => setImmediate(resolve));
const acknowledged: string[] = [];
const received: string[] = [];
let failed = 0;

async function add(): Promise<boolean> {
  const sent = { ...message(''), body: systemRandom.bytes(16_000) };
  try {
    await store.messages.add(rcvId, sent);
    acknowledged.push(toHex(sent.msgId));
    return true;
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    failed++;
    return false;
  }
}

async function receive(): Promise<boolean> {
  const first = await store.messages.first(rcvId);
  if (first === undefined) return false;
  try {
    await store.messages.remove(rcvId, first.msgId);
    received.push(toHex(first.msgId));
    return true;
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    return false;
  }
}

/** One after another, so that each is computed while the previous one is pending. */
async function addMany(count: number, midway: () => void = () => {}): Promise<void> {
  const adding: Promise<boolean>[] = [];
  for (let i = 0; i < count; i++) {
    adding.push(add());
    await turn();
    if (i === count >> 1) midway();
  }
  await Promise.all(adding);
}

await addMany(20);
for (let round = 0; round < 3; round++) {
  limit(`${statSync(join(path, 'store.db-wal')).size}`);
  while (failed < 10 * (round + 1)) await addMany(8);
  // Removals still succeed.
  for (let i = 0; i < 10; i++) if (!(await receive())) throw new Error('nothing can be removed');
  await addMany(8, () => limit('unlimited'));
  await addMany(4);
}
while (await receive());
console.log(JSON.stringify({ acknowledged, received, failed, left: await store.messages.size(rcvId) }));
await store.close();
