/** Two official apps that connect through short links on our server, which has a password, */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { formatSmpServer } from '../../src/protocol/index.ts';
import { ServerStatistics } from '../../src/smp/server/index.ts';
import { freePort } from '../harness/processes.ts';
import { startTestServer, type TestServer } from '../harness/smp-server.ts';
import { OfficialApp } from './official-app.ts';
import { reference } from './reference-server.ts';

const password = 'secret';

describe.skipIf(reference === undefined)('official apps on our server', () => {
  const folder = mkdtempSync(join(tmpdir(), 'short-links-'));
  const statistics = new ServerStatistics();
  const apps: OfficialApp[] = [];
  let server: TestServer;

  beforeAll(async () => {
    server = await startTestServer({ password, observer: statistics });
  });
  afterAll(async () => {
    for (const app of apps) await app.stop();
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  async function startApp(name: string, address = formatSmpServer(server.address, password)): Promise<OfficialApp> {
    const program = join(reference!, 'bin', 'simplex-chat');
    const options = ['--smp-proxy=never'];
    const app = await OfficialApp.start(program, join(folder, name), address, await freePort(), { name, options });
    apps.push(app);
    return app;
  }

  it('connect through a one-time short link', async () => {
    const [alice, bob] = [await startApp('alice'), await startApp('bob')];
    alice.send('/c short');
    const [, link] = await alice.waitFor(/"connShortLink":"([^"]+)"/);
    bob.send(`/c ${link}`);
    await alice.waitFor(/"type":"contactConnected"/);
    await bob.waitFor(/"type":"contactConnected"/);
    alice.send('@bob hello over a short link');
    await bob.waitFor(/"newChatItems".*"hello over a short link"/);
    await alice.waitFor(/"chatItemsStatusesUpdated".*"sndRcvd"/);
  });

  it('connect through a short contact address', async () => {
    const [carol, dave] = [await startApp('carol'), await startApp('dave')];
    carol.send('/ad short');
    const [, link] = await carol.waitFor(/"connShortLink":"([^"]+)"/);
    dave.send(`/c ${link}`);
    await carol.waitFor(/"type":"receivedContactRequest"/);
    carol.send('/ac dave');
    await carol.waitFor(/"type":"contactConnected"/);
    await dave.waitFor(/"type":"contactConnected"/);
    dave.send('@carol hello at your address');
    await carol.waitFor(/"newChatItems".*"hello at your address"/);
  });

  it('are refused without the password', async () => {
    const eve = await startApp('eve', formatSmpServer(server.address));
    eve.send('/c short');
    await eve.waitFor(/"type":"chatCmdError".*AUTH/);
    expect(statistics.answers('NEW', 'AUTH')).toBeGreaterThanOrEqual(1);
    expect(statistics.answers('LKEY', 'LNK')).toBeGreaterThanOrEqual(1);
    expect(statistics.answers('LGET', 'LNK')).toBeGreaterThanOrEqual(1);
  });
});
