/** What a person chose is there after a restart: servers, and whom text without a name goes to. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { idleKemKeyPairMaker, type SmpQueueClient, type SmpQueueEvents } from '../../../src/agent/index.ts';
import { storeAddressee, storedAddressee } from '../../../src/apps/cli/commands/typed-lines.ts';
import { silentLogger, systemClock } from '../../../src/base/index.ts';
import { openChat } from '../../../src/chat/index.ts';
import { insertContact } from '../../../src/chat/store/index.ts';
import { sntrup761, systemRandom } from '../../../src/crypto/index.ts';
import { LonelyChat } from '../../harness/lonely-chat.ts';
import { smpClient } from '../../harness/people.ts';

const server = (n: number) => `smp://${'A'.repeat(42)}${'EIMQ'[n]}=@localhost:${5223 + n}`;
const key = { kind: 'raw', key: new Uint8Array(32).fill(1) } as const;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sotto-test-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

async function serversOf(servers: readonly string[], defaultServers?: readonly string[]): Promise<readonly string[]> {
  const chat = await openChat({
    databasePath: join(folder, 'a.db'),
    key,
    servers,
    ...(defaultServers === undefined ? {} : { defaultServers }),
    smp: (events: SmpQueueEvents): SmpQueueClient => smpClient(events),
    clock: systemClock,
    random: systemRandom,
    kem: sntrup761,
    kemKeyPairMaker: idleKemKeyPairMaker(),
    logger: silentLogger,
    onEvent: () => {},
  });
  const { servers: result } = await chat.servers.list();
  await chat.stop();
  return result;
}

describe('servers', () => {
  it('that were given once are used from then on, until others are given', async () => {
    expect(await serversOf([])).toEqual([]);
    expect(await serversOf([], [server(3)])).toEqual([server(3)]);
    expect(await serversOf([])).toEqual([]);
    expect(await serversOf([server(0), server(1)])).toEqual([server(0), server(1)]);
    expect(await serversOf([], [server(3)])).toEqual([server(0), server(1)]);
    expect(await serversOf([server(2)])).toEqual([server(2)]);
    expect(await serversOf([])).toEqual([server(2)]);
  });

  it('that cannot be read replace nothing', async () => {
    await serversOf([server(0)]);
    await expect(serversOf(['smp://x'])).rejects.toThrow();
    expect(await serversOf([])).toEqual([server(0)]);
  });
});

describe('the addressee', () => {
  it('is kept, follows the contact to another name, and goes with it', async () => {
    const { api, chat, sql } = new LonelyChat();
    expect(await storedAddressee(api)).toBeUndefined();
    const add = (localName: string) =>
      insertContact(sql, { connId: localName as never, localName, state: 'connected' }, 1);
    const [bob, carol] = [add('bob'), add('carol')];
    await storeAddressee(api, bob);
    await storeAddressee(api, carol);
    expect(await storedAddressee(api)).toBe(carol);
    sql.run("UPDATE chats SET local_name = 'caroline' WHERE chat_id = ?", carol);
    expect(await storedAddressee(api)).toBe(carol);
    await chat.deleteContact(carol);
    expect(await storedAddressee(api)).toBeUndefined();
    await storeAddressee(api, bob);
    await storeAddressee(api, undefined);
    expect(await storedAddressee(api)).toBeUndefined();
  });
});
