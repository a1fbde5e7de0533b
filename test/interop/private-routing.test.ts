/** Two official apps that send everything through their own server: one has ours, the other the reference's. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { silentLogger, systemClock } from '../../src/base/index.ts';
import { systemRandom } from '../../src/crypto/index.ts';
import { formatSmpServer } from '../../src/protocol/index.ts';
import { ServerStatistics } from '../../src/smp/server/index.ts';
import { RelayProxy } from '../../src/smp/server/proxy/index.ts';
import { tlsConnect } from '../../src/transport/node/index.ts';
import { freePort } from '../harness/processes.ts';
import { startTestServer, type TestServer } from '../harness/smp-server.ts';
import { OfficialApp } from './official-app.ts';
import { type ReferenceServer, reference, startReference } from './reference-server.ts';

const password = 'secret';

describe.skipIf(reference === undefined)('official apps', () => {
  const folder = mkdtempSync(join(tmpdir(), 'private-routing-'));
  const statistics = new ServerStatistics();
  let ours: TestServer;
  let theirs: ReferenceServer;
  const apps: OfficialApp[] = [];

  beforeAll(async () => {
    theirs = await startReference(password);
    const proxyService = new RelayProxy({
      connect: tlsConnect(systemClock),
      clock: systemClock,
      random: systemRandom,
      logger: silentLogger,
      observer: statistics,
    });
    ours = await startTestServer({ password, observer: statistics, proxyService });
  });
  afterAll(async () => {
    for (const app of apps) await app.stop();
    await ours.stop();
    await theirs.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  async function startApp(name: string, server: TestServer | ReferenceServer): Promise<OfficialApp> {
    const program = join(reference!, 'bin', 'simplex-chat');
    const address = formatSmpServer(server.address, password);
    const options = ['--smp-proxy=always', '--smp-proxy-fallback=no'];
    const app = await OfficialApp.start(program, join(folder, name), address, await freePort(), { name, options });
    apps.push(app);
    return app;
  }

  it('connect and write to each other through a server of each kind, whose passwords count', async () => {
    const [alice, bob] = [await startApp('alice', ours), await startApp('bob', theirs)];
    alice.send('/c');
    const [link] = await alice.waitFor(/(?:https:\/\/simplex\.chat\/|simplex:\/)invitation#[^\s"]+/);
    bob.send(`/c ${link}`);
    await alice.waitFor(/"type":"contactConnected"/);
    await bob.waitFor(/"type":"contactConnected"/);
    alice.send('@bob hello from alice');
    await bob.waitFor(/"newChatItems".*"hello from alice"/);
    bob.send('@alice hello from bob');
    await alice.waitFor(/"newChatItems".*"hello from bob"/);
    for (const app of [alice, bob]) await app.waitFor(/"chatItemsStatusesUpdated".*"sndRcvd"/);
    // Bob's through the reference to us, Alice's through us to the reference.
    expect(statistics.forwardsReceived).toBeGreaterThanOrEqual(4);
    expect(statistics.forwards(false, 'done')).toBeGreaterThanOrEqual(4);
    for (const outcome of ['connect', 'version', 'other'] as const) {
      expect(statistics.forwards(false, outcome) + statistics.relayRequests(false, outcome)).toBe(0);
    }
  });
});
