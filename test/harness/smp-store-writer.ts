/**
 * Writes to an embedded store in a loop and prints queue and message id of acknowledged messages, until its parent
 * kills it.
 */
import { writeSync } from 'node:fs';
import { systemRandom } from '../../src/crypto/index.ts';
import { toHex } from '../../src/encoding/index.ts';
import { embeddedStore } from '../../src/smp/server/index.ts';
import { message, queueRecord } from './smp-records.ts';

const store = embeddedStore(process.argv[2]!, 1_000_000);

async function write(): Promise<never> {
  const record = queueRecord();
  await store.queues.create(record);
  for (;;) {
    const sent = { ...message(''), body: systemRandom.bytes(16_048) };
    await store.messages.add(record.rcvId, sent);
    // Synchronous: what the parent reads was acknowledged before.
    writeSync(1, `${toHex(record.rcvId)} ${toHex(sent.msgId)}\n`);
  }
}

await Promise.all(Array.from({ length: 8 }, write));
