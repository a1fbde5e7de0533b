/** When a server looks for what has expired, and what becomes of connections that never had a session. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { silentLogger } from '../../../src/base/index.ts';
import { systemRandom } from '../../../src/crypto/index.ts';
import { localBus, memoryStore, SmpServerRunner, type SmpStore } from '../../../src/smp/server/index.ts';
import { type ManualClock, manualClock } from '../../harness/manual-clock.ts';
import { pipeTransports } from '../../harness/pipe-transport.ts';
import { message, queueRecord } from '../../harness/smp-records.ts';
import { testIdentity } from '../../harness/smp-server.ts';

const HOUR_MS = 3_600_000;
const identity = testIdentity();
let clock: ManualClock;
let store: SmpStore;
let server: SmpServerRunner;

beforeEach(() => {
  clock = manualClock();
  store = memoryStore(10);
});
afterEach(() => server.stop());

function start(options: Partial<ConstructorParameters<typeof SmpServerRunner>[0]> = {}): void {
  server = new SmpServerRunner({
    ...identity,
    store,
    bus: localBus(),
    policy: { newQueues: true, password: undefined },
    clock,
    random: systemRandom,
    logger: silentLogger,
    ...options,
  });
}

async function settled(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
}

describe('expired messages', () => {
  let rcvId: Uint8Array;
  beforeEach(async () => {
    const queue = queueRecord();
    rcvId = queue.rcvId;
    await store.queues.create(queue);
    await store.messages.add(rcvId, { ...message('old'), timestamp: 1 });
  });
  const size = async () => {
    await settled();
    return store.messages.size(rcvId);
  };

  it('are looked for after two hours, and not before', async () => {
    start();
    clock.advance(0);
    clock.advance(2 * HOUR_MS - 1);
    expect(await size()).toBe(1);
    clock.advance(1);
    expect(await size()).toBe(0);
  });

  it('are looked for at once when that is asked for', async () => {
    start({ expireOnStart: true });
    clock.advance(0);
    expect(await size()).toBe(0);
  });

  it('are left to another process when that is asked for', async () => {
    start({ expireOnStart: true, expiresElsewhere: true });
    for (let hour = 0; hour < 5; hour++) {
      clock.advance(HOUR_MS);
      expect(await size()).toBe(1);
    }
  });
});

describe('a connection without a session', () => {
  it('is closed at once when the server stops', async () => {
    start();
    const pipe = pipeTransports(systemRandom.bytes(32), identity.chain);
    server.accept(pipe.server);
    await settled();
    expect(server.connections).toBe(1);
    // Time stands still: it need not be waited for.
    await server.stop();
    await pipe.client.closed;
    const late = pipeTransports(systemRandom.bytes(32), identity.chain);
    server.accept(late.server);
    await late.client.closed;
    expect(server.connections).toBe(0);
  });

  it('is closed when what it says is no hello', async () => {
    start();
    const pipe = pipeTransports(systemRandom.bytes(32), identity.chain);
    server.accept(pipe.server);
    await pipe.client.read(16_384);
    await pipe.client.write(new Uint8Array(16_384).fill(0xff)).catch(() => {});
    await pipe.client.closed;
    await settled();
    expect(server.connections).toBe(0);
  });
});
