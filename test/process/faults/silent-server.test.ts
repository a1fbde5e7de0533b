/** Servers that accept and then say nothing, at each place where they could. */
import { createServer } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { afterEach, expect, it } from 'vitest';
import { type Clock, systemClock } from '../../../src/base/index.ts';
import { certificateFingerprint } from '../../../src/crypto/index.ts';
import type { SmpServer } from '../../../src/protocol/index.ts';
import { SMP_ALPN, type TransportConnect } from '../../../src/transport/index.ts';
import { tlsConnect } from '../../../src/transport/node/index.ts';
import { type ManualClock, manualClock } from '../../harness/manual-clock.ts';
import { authKey, Inbox, never, testClient } from '../../harness/smp-client.ts';
import { pemChain, pemKey, testIdentity } from '../../harness/smp-server.ts';

const CONNECT_TIMEOUT_MS = 25_000;
const HANDSHAKE_TIMEOUT_MS = 15_000;

const identity = testIdentity();
const ends: (() => unknown)[] = [];
afterEach(() => {
  for (const end of ends.splice(0)) end();
});

/** Listens with a server that never answers. */
function listening(server: ReturnType<typeof createServer>): Promise<SmpServer> {
  server.on('connection', (socket) => ends.push(() => socket.destroy()));
  ends.push(() => server.close());
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      resolve({ hosts: ['127.0.0.1'], port: `${port}`, keyHash: certificateFingerprint(identity.chain[1]!) });
    });
  });
}

const silentTcp = () => listening(createServer());
const silentTls = () =>
  listening(createTlsServer({ cert: pemChain(identity), key: pemKey(identity), ALPNProtocols: [SMP_ALPN] }));

/** A client on a clock of its own, with its connections in `attempts`: begun, and agreed in TLS. */
function client(clock: ManualClock, connectClock: Clock) {
  const attempts = new Inbox<'begun' | 'agreed'>();
  const connect: TransportConnect = async (target, signal) => {
    const connecting = tlsConnect(connectClock)(target, signal);
    attempts.push('begun');
    const transport = await connecting;
    attempts.push('agreed');
    return transport;
  };
  const { clients } = testClient({ clock, connect });
  ends.push(() => clients.close());
  return { clients, attempts };
}

it('a server that says nothing at all: no connection in time', async () => {
  const server = await silentTcp();
  const clock = manualClock();
  const { clients, attempts } = client(clock, clock);
  const refused = clients.ping(server, never).catch((error: unknown) => error);
  await attempts.next();
  clock.advance(CONNECT_TIMEOUT_MS);
  expect(await refused).toMatchObject({
    kind: 'network',
    retryable: true,
    message: '127.0.0.1: no connection in time: is the server running, and the network up?',
  });
});

it('a server that speaks TLS and then nothing: no hello in time', async () => {
  const server = await silentTls();
  const clock = manualClock();
  const { clients, attempts } = client(clock, systemClock);
  const refused = clients.ping(server, never).catch((error: unknown) => error);
  await attempts.next();
  expect(await attempts.next()).toBe('agreed');
  await new Promise((resolve) => setImmediate(resolve));
  clock.advance(HANDSHAKE_TIMEOUT_MS);
  expect(await refused).toMatchObject({
    kind: 'timeout',
    retryable: true,
    message: '127.0.0.1: it accepts connections but does not respond: is it overloaded?',
  });
});

it('a client that wants its messages asks such a server less and less often', async () => {
  const server = await silentTcp();
  const clock = manualClock();
  const { clients, attempts } = client(clock, clock);
  const subscribing = clients.subscribe(server, new Uint8Array(24), authKey(), never).catch(() => {});
  const pauses: number[] = [];
  for (let attempt = 0; attempt < 6; attempt++) {
    await attempts.next();
    clock.advance(CONNECT_TIMEOUT_MS);
    await subscribing;
    await new Promise((resolve) => setImmediate(resolve));
    let pause = 0;
    for (; attempts.size === 0; pause++) {
      clock.advance(1_000);
      await new Promise((resolve) => setImmediate(resolve));
    }
    pauses.push(pause);
  }
  // One second, doubled each time, each up to a quarter longer or shorter.
  for (const [attempt, pause] of pauses.entries()) {
    expect(pause).toBeGreaterThanOrEqual(Math.floor(2 ** attempt * 0.75));
    expect(pause).toBeLessThanOrEqual(Math.ceil(2 ** attempt * 1.25));
  }
});
