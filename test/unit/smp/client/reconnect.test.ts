/** What waits while a server cannot be reached. */
import { expect, it } from 'vitest';
import { silentLogger, VirtualClock, VirtualTime } from '../../../../src/base/index.ts';
import { generateEd25519 } from '../../../../src/crypto/index.ts';
import { SmpClients } from '../../../../src/smp/client/index.ts';
import { MemoryNetwork } from '../../../../src/transport/memory/index.ts';
import { Chance } from '../../../simulation/chance.ts';

it('one pause is enough for a server, however many commands fail meanwhile', async () => {
  const time = new VirtualTime();
  const random = new Chance(1);
  const network = new MemoryNetwork(time, random);
  const nothing = () => {};
  const clients = new SmpClients({
    connect: network.connector('client'),
    clock: new VirtualClock(time, 0),
    random,
    logger: silentLogger,
    onMessage: nothing,
    onEnd: nothing,
    onConnected: nothing,
    onDisconnected: nothing,
    onSubscriptionError: nothing,
  });
  const server = { hosts: ['server'], port: '', keyHash: new Uint8Array(32) };
  const signal = new AbortController().signal;
  const failing = async (command: Promise<void>) => {
    const failed = expect(command).rejects.toThrow('ECONNREFUSED');
    do await new Promise((resolve) => setImmediate(resolve));
    while (time.step(time.elapsed + 250));
    await failed;
  };
  await failing(
    clients.subscribe(server, new Uint8Array(24), { algorithm: 'ed25519', keys: generateEd25519(random) }, signal),
  );
  for (let i = 0; i < 20; i++) await failing(clients.ping(server, signal));
  expect(time.waiting).toBe(1);
  await clients.close();
  expect(time.waiting).toBe(0);
});
