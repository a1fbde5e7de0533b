/** Every mistake a person can make with links, passphrases and servers: a clear sentence, and nothing stored is changed. */
import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import {
  agentMigrations,
  type ConnectionLink,
  formatConnectionLink,
  openDatabase,
  parseConnectionLink,
} from '../../src/agent/index.ts';
import { contactByName } from '../../src/apps/cli/commands/contact-names.ts';
import { errorWords } from '../../src/apps/cli/words.ts';
import { gathering } from '../harness/gathering.ts';
import { connectPeople, noSignal, type Person, person, temporaryFolder, untilIdle } from '../harness/people.ts';
import { startTestServer } from '../harness/smp-server.ts';
import { vectors } from '../harness/vectors.ts';

const here = gathering();
const { meet } = here;

/** The sentence of a refused command, which has changed nothing. */
async function refused(someone: Person, command: () => Promise<unknown>): Promise<string> {
  const before = JSON.stringify([someone.chat.contacts(), someone.chat.profile(), someone.chat.items(undefined, 100)]);
  const sentence = await command().then(() => 'nothing was refused', errorWords);
  expect(JSON.stringify([someone.chat.contacts(), someone.chat.profile(), someone.chat.items(undefined, 100)])).toBe(
    before,
  );
  return sentence;
}

describe('links', () => {
  const connect = (someone: Person, link: string) => refused(someone, () => someone.chat.connect(link, noSignal));

  it('that are not invitations, or are cut off', async () => {
    const bob = await meet('bob');
    expect(await connect(bob, 'hello')).toMatch(/not an invitation link/);
    expect(await connect(bob, 'https://example.com/invitation')).toMatch(/not an invitation link/);
    expect(await connect(bob, 'simplex:/invitation#/?v=2-7&smp=smp%3A%2F%2FAw')).toMatch(/cut off/);
  });

  it('of other kinds', async () => {
    const bob = await meet('bob');
    const { full, short } = vectors<{ full: { name: string; text: string }[]; short: { text: string }[] }>('links');
    expect(await connect(bob, full.find((l) => l.name === 'contact address')!.text)).toMatch(/contact address/);
    for (const { text } of short) expect(await connect(bob, text)).toMatch(/short link/);
  });

  it('of apps that are too old or too new', async () => {
    const alice = await meet('alice');
    const bob = await meet('bob');
    const { link } = await alice.chat.createInvitation(noSignal);
    const parsed = parseConnectionLink(link) as Extract<ConnectionLink, { kind: 'invitation' }>;
    const old = formatConnectionLink({ ...parsed, agentVersions: { min: 2, max: 6 } });
    expect(await connect(bob, old)).toMatch(/too old/);
    const oldRatchet = { ...parsed.e2eParams, versions: { min: 2, max: 2 } };
    expect(await connect(bob, formatConnectionLink({ ...parsed, e2eParams: oldRatchet }))).toMatch(/too old/);
    const future = formatConnectionLink({ ...parsed, agentVersions: { min: 8, max: 9 } });
    expect(await connect(bob, future)).toMatch(/too new/);
  });

  it('that were used, deleted, or are one’s own', async () => {
    const alice = await meet('alice');
    const bob = await meet('bob');
    const carol = await meet('carol');
    const { link } = await alice.chat.createInvitation(noSignal);
    expect(await connect(alice, link)).toMatch(/your own invitation/);
    await bob.chat.connect(link, noSignal);
    expect(await connect(carol, link)).toMatch(/already used/);
    const { link: second, contact } = await alice.chat.createInvitation(noSignal);
    await alice.chat.deleteContact(contact.chatId);
    await untilIdle(alice);
    expect(await connect(carol, second)).toMatch(/already used|deleted/);
  });
});

describe('servers', () => {
  it('that are down', async () => {
    const alice = await meet('alice');
    const { link } = await alice.chat.createInvitation(noSignal);
    const bob = await meet('bob');
    await here.server.stop();
    expect(await refused(bob, () => bob.chat.connect(link, noSignal))).toMatch(/127\.0\.0\.1/);
    expect(await refused(bob, () => bob.chat.createInvitation(noSignal))).toMatch(/127\.0\.0\.1/);
    here.server = await startTestServer({ former: here.server });
    // The link was not spent by the attempt.
    await bob.chat.connect(link, noSignal);
    await bob.events.first((e) => e.kind === 'contactConnected', 'connected');
  });

  it('that are down do no harm in a pool where another is up', async () => {
    const down = await startTestServer();
    await down.stop();
    const bob = here.add(await person('bob', [down.address, here.server.address]));
    for (let i = 0; i < 5; i++) await bob.chat.createInvitation(noSignal);
    for (const { chatId } of bob.chat.contacts()) {
      expect(bob.chat.contactDetails(chatId).receivingServers.join()).toContain(`:${here.server.address.port}`);
    }
  });

  it('that are down say more than those that refuse: it is worth trying again', async () => {
    const down = await startTestServer();
    await down.stop();
    const closed = await startTestServer({ newQueues: false });
    const bob = here.add(await person('bob', [down.address, closed.address]));
    for (let i = 0; i < 8; i++) {
      expect(await refused(bob, () => bob.chat.createInvitation(noSignal))).toMatch(/no connection/);
    }
    await closed.stop();
  });

  it('with another identity', async () => {
    const other = await startTestServer();
    const impostor = { ...other.address, port: here.server.address.port };
    const bob = await person('bob', [impostor]);
    here.add(bob);
    expect(await refused(bob, () => bob.chat.createInvitation(noSignal))).toMatch(/not the server this address names/);
    await other.stop();
  });

  it('that are not named at all', async () => {
    const bob = await person('bob', []);
    here.add(bob);
    expect(await refused(bob, () => bob.chat.createInvitation(noSignal))).toMatch(/No SMP server is set/);
  });
});

describe('names and texts', () => {
  it('with spaces and emoji are fine; empty, odd and too long ones are not', async () => {
    const alice = await meet('Alice of Wonderland 🐇');
    const bob = await meet('bob');
    await connectPeople(alice, bob);
    expect(bob.contact().localName).toBe('Alice of Wonderland 🐇');
    for (const name of ['', '   ', '@bob', '#x', 'a'.repeat(51), 'tab\there'.replace('t', '\u0007')]) {
      expect(await refused(alice, async () => alice.chat.renameProfile(name))).toMatch(/cannot be a name/);
    }
    const to = alice.contact().chatId;
    expect(await refused(alice, async () => alice.chat.sendText(to, '  '))).toMatch(/nothing to send/);
    const long = Array.from({ length: 20_000 }, (_, i) => String.fromCharCode(0x4e00 + ((i * 7919) % 20_000))).join('');
    expect(await refused(alice, async () => alice.chat.sendText(to, long))).toMatch(/too long/);
    expect(await refused(alice, () => contactByName(alice.api, 'nobody'))).toMatch(/no contact "nobody"/);
  });
});

describe('databases', () => {
  const migrations = agentMigrations;

  it('open only with their passphrase', async () => {
    const databasePath = join(temporaryFolder(), 'a.db');
    const alice = await person('alice', [here.server.address], { databasePath, passphrase: "it's right" });
    await alice.api.stop();
    const before = readFileSync(databasePath);
    const wrong = person('alice', [here.server.address], { databasePath, passphrase: 'wrong' });
    await expect(wrong).rejects.toThrow(expect.objectContaining({ code: 'passphrase' }));
    expect(readFileSync(databasePath).equals(before)).toBe(true);
    expect(before.includes('alice')).toBe(false);
    const again = await person('', [here.server.address], { databasePath, passphrase: "it's right" });
    expect(again.chat.profile()?.displayName).toBe('alice');
    await again.api.stop();
  });

  it('that are damaged, or no database, are refused and left alone', async () => {
    const databasePath = join(temporaryFolder(), 'a.db');
    const alice = await person('alice', [here.server.address], { databasePath });
    await alice.api.stop();
    const damaged = readFileSync(databasePath);
    damaged.fill(7, 4096 * 2, 4096 * 8);
    writeFileSync(databasePath, damaged);
    await expect(person('', [here.server.address], { databasePath })).rejects.toThrow(
      expect.objectContaining({ code: 'database-damaged' }),
    );
    expect(readFileSync(databasePath).equals(damaged)).toBe(true);
    writeFileSync(databasePath, 'not a database at all, but long enough to look like one'.repeat(100));
    await expect(person('', [here.server.address], { databasePath })).rejects.toThrow(
      expect.objectContaining({ code: 'passphrase' }),
    );
    await expect(person('', [here.server.address], { databasePath: '/nowhere/at/all.db' })).rejects.toThrow(
      expect.objectContaining({ code: 'disk.not-writable' }),
    );
  });

  it('are for one program at a time, and not for an older one', async () => {
    const databasePath = join(temporaryFolder(), 'a.db');
    const alice = await person('alice', [here.server.address], { databasePath });
    await expect(person('', [here.server.address], { databasePath })).rejects.toThrow(
      expect.objectContaining({ code: 'database-locked' }),
    );
    await alice.api.stop();
    const newer = [...migrations, { name: 'chat-9999-future', statements: [] }];
    expect(() =>
      openDatabase(join(temporaryFolder(), 'b.db'), { kind: 'raw', key: new Uint8Array(32) }, newer),
    ).not.toThrow();
    const path = join(temporaryFolder(), 'c.db');
    openDatabase(path, { kind: 'raw', key: new Uint8Array(32) }, newer).close();
    expect(() => openDatabase(path, { kind: 'raw', key: new Uint8Array(32) }, migrations)).toThrow(
      expect.objectContaining({ code: 'database-newer' }),
    );
  });

  it('are private files', async () => {
    const databasePath = join(temporaryFolder(), 'a.db');
    const alice = await meet('alice', { databasePath });
    const { stdout } = await promisify(execFile)('stat', ['-c', '%a', alice.databasePath]);
    expect(stdout.trim()).toBe('600');
  });
});
