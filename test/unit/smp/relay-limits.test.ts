/** One relay of a proxy: how long connecting may take, and how many bytes of commands may be on their way to it. */
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createIdentity, createServerCertificate } from '../../../src/crypto/certificate-authority.ts';
import { certificateFingerprint, generateX25519, systemRandom } from '../../../src/crypto/index.ts';
import type { SmpServer } from '../../../src/protocol/index.ts';
import type { ErrorType, Response } from '../../../src/smp/protocol/index.ts';
import { FORWARDED_SIZE, SMP_VERSIONS } from '../../../src/smp/protocol/index.ts';
import { FORWARD_OVERHEAD_BYTES } from '../../../src/smp/server/proxy/constants.ts';
import { outcomeOf } from '../../../src/smp/server/proxy/errors.ts';
import { Relay } from '../../../src/smp/server/proxy/relay.ts';
import { SharedRoom } from '../../../src/smp/server/room.ts';
import { runServerHandshake, SMP_ALPN, type TransportConnect } from '../../../src/transport/index.ts';
import { never } from '../../harness/smp-client.ts';
import { SmpNetwork } from '../../harness/smp-network.ts';

let world: SmpNetwork;
let relay: Relay | undefined;
let ended: number;
beforeEach(() => {
  world = new SmpNetwork();
  ended = 0;
});
afterEach(async () => {
  relay?.close();
  await world.close();
});

function relayAt(
  at: string | SmpServer,
  room: SharedRoom,
  connect: TransportConnect = world.network.connector('proxy'),
  fits = true,
) {
  relay = new Relay(typeof at === 'string' ? world.address(at) : at, false, {
    connect,
    clock: world.clock,
    random: systemRandom,
    room,
    failureMs: 30_000,
    onConnected: () => fits,
    onEnded: () => ended++,
  });
  return relay;
}

const command = (relayed = new Uint8Array(FORWARDED_SIZE + 16)) => ({
  version: 12,
  corrId: systemRandom.bytes(24),
  key: systemRandom.bytes(32),
  transmission: relayed,
});

it('a relay that is not reached within 45 s is given up', async () => {
  let [began, gaveUp] = [-1, -1];
  const connecting = relayAt('relay', new SharedRoom(0), (_, signal) => {
    began = world.time.elapsed;
    return new Promise((_, reject) => {
      signal.addEventListener('abort', () => {
        gaveUp = world.time.elapsed;
        reject(signal.reason);
      });
    });
  });
  expect(connecting.stage).toBe('connecting');
  await expect(world.settle(connecting.connection)).rejects.toMatchObject({ kind: 'timeout' });
  expect(gaveUp - began).toBe(45_000);
  expect([connecting.stage, connecting.over]).toEqual(['failed', false]);
  await world.pass(29_999);
  expect(connecting.stage).toBe('failed');
  await world.pass(1);
  expect([connecting.stage, connecting.over]).toEqual(['over', true]);
});

it('a relay for which there is no room is left', async () => {
  world.start('relay');
  const refused = relayAt('relay', new SharedRoom(0), undefined, false);
  await expect(world.settle(refused.connection)).rejects.toThrow('there are too many relays');
  await world.pass(1_000);
  expect(world.network.connections).toBe(0);
});

it('a relay whose certificates fit in no answer to clients is left', async () => {
  const nowMs = world.clock.now();
  const ca = createIdentity('ed25519', 'Large CA', nowMs, systemRandom);
  const signer = createServerCertificate(ca, 'ed25519', 'x'.repeat(13_000), nowMs, systemRandom);
  const chain = [signer.certificate, ca.certificate];
  world.network.listen('large', {
    chain,
    alpn: [SMP_ALPN],
    onConnection: (transport) => {
      const options = { chain, signer, versions: SMP_VERSIONS, keys: generateX25519(systemRandom), nowMs };
      runServerHandshake(transport, { ...options, registry: async () => undefined }).catch(() => transport.destroy());
    },
  });
  const address = { hosts: ['large'], port: '5223', keyHash: certificateFingerprint(ca.certificate) };
  const large = relayAt(address, new SharedRoom(0));
  await expect(world.settle(large.connection)).rejects.toThrow('the certificates of the relay are too large');
  await world.pass(1_000);
  expect(world.network.connections).toBe(0);
});

it('commands wait while others fill the room, for as long as an answer may take, and leave nothing behind', async () => {
  let asked = 0;
  world.startFake('relay', (): Response | undefined => {
    asked++;
    return undefined;
  });
  const room = new SharedRoom(0);
  const full = relayAt('relay', room);
  await world.settle(full.connection);
  const controller = new AbortController();
  const outcome = (promise: Promise<Response>) =>
    promise.then(
      ({ kind }) => kind,
      (error: Error) => error.message,
    );
  const first = outcome(full.forward(command(), never));
  const second = outcome(full.forward(command(), never));
  const third = outcome(full.forward(command(), controller.signal));
  await world.pass(10_000);
  // With nothing shared, a relay has its own two blocks: one command and what it takes.
  expect([asked, room.used]).toEqual([1, FORWARD_OVERHEAD_BYTES + FORWARDED_SIZE + 16]);
  expect(full.idleMs).toBeUndefined();
  controller.abort(new Error('the client is gone'));
  expect(await world.settle(third)).toBe('the client is gone');
  expect(await world.settle(first)).toContain('no answer to RFWD');
  expect(await world.settle(second)).toBe('too many commands wait for the relay');
  await world.pass(30_000);
  expect([asked, room.used]).toEqual([1, 0]);
});

it.each([
  [{ kind: 'AUTH' }, 'other'],
  [{ kind: 'PROXY', error: { kind: 'BASIC_AUTH' } }, 'other'],
  [{ kind: 'PROXY', error: { kind: 'PROTOCOL', error: { kind: 'AUTH' } } }, 'done'],
  [{ kind: 'PROXY', error: { kind: 'NO_SESSION' } }, 'connect'],
  [{ kind: 'PROXY', error: { kind: 'BROKER', error: { kind: 'NETWORK' } } }, 'connect'],
  [{ kind: 'PROXY', error: { kind: 'BROKER', error: { kind: 'TIMEOUT' } } }, 'connect'],
  [{ kind: 'PROXY', error: { kind: 'BROKER', error: { kind: 'HOST' } } }, 'other'],
  [{ kind: 'PROXY', error: { kind: 'BROKER', error: { kind: 'TRANSPORT', error: { kind: 'VERSION' } } } }, 'version'],
  [{ kind: 'PROXY', error: { kind: 'BROKER', error: { kind: 'TRANSPORT', error: { kind: 'LARGE_MSG' } } } }, 'other'],
])('%j counts as %s', (error, outcome) => expect(outcomeOf(error as ErrorType)).toBe(outcome));
