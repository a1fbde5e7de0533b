/**
 * Databases and a server of version 0.1: today's programs take over everything in them, and peers notice nothing. The first
 * opening is killed at moments that `SOTTO_SEED` sets.
 */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { afterEach, describe, expect, it } from 'vitest';
import { openDatabase } from '../../src/agent/index.ts';
import type { ChatEvent, ChatItem } from '../../src/chat/index.ts';
import { migrations } from '../../src/chat/open.ts';
import { copyWorld, type OldWorld, serveWorld, tell, WORLD_KEY } from '../harness/old-worlds.ts';
import { allDelivered, openPerson, type Person, type PersonOptions, person, untilIdle } from '../harness/people.ts';
import { seeded } from '../harness/talker.ts';

const SEED = Number(process.env.SOTTO_SEED ?? Date.now() % 1_000_000);

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

/** Somebody of a world, who leaves when the test ends. */
async function come(world: OldWorld, name: string, options: PersonOptions): Promise<Person> {
  const someone = await person(name, [world.address], options);
  ends.push(() => someone.api.stop());
  return someone;
}

const contactOf = (someone: Person, name: string) => someone.chat.findContact(name).contact!.chatId;
const received = (someone: Person, whom: string) =>
  someone.chat
    .items(contactOf(someone, whom), 1000)
    .filter((item) => item.direction.kind === 'received')
    .map((item) => item.text);

function saying(someone: Person, text: string): ChatItem {
  const item = someone.chat.items(undefined, 1000).findLast((each) => each.text === text);
  if (item === undefined) throw new Error(`there is no message "${text}"`);
  return item;
}

const gets = (someone: Person, text: string) =>
  someone.events.until(
    () => someone.chat.items(undefined, 1000).some((item) => item.text === text && item.direction.kind === 'received'),
    `gets "${text}"`,
  );

/** Events that nobody gets when all goes well. */
const troubles: readonly ChatEvent['kind'][] = ['error', 'connectionFailed', 'verificationReset', 'subscriptionEnded'];

/** All tables, indexes and triggers, and how they are made. */
function schemaOf(path: string): readonly unknown[] {
  const sql = openDatabase(path, WORLD_KEY, migrations);
  try {
    expect(sql.all('PRAGMA integrity_check')).toEqual([{ integrity_check: 'ok' }]);
    expect(sql.all('PRAGMA foreign_key_check')).toEqual([]);
    return sql.all("SELECT type, name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite_%' ORDER BY type, name");
  } finally {
    sql.close();
  }
}

/** What both have of their conversation but what one of them deleted here: the same, but for the order and the side. */
const shared = (someone: Person, whom: string) =>
  someone.chat
    .items(contactOf(someone, whom), 1000)
    .filter((item) => item.text !== 'deleted at alice only')
    .map(({ text, edited, deletedAt, reactions, quote, direction }) =>
      JSON.stringify({
        text,
        edited,
        deleted: deletedAt !== undefined,
        reactions: reactions.map(({ reaction, count }) => `${reaction}${count}`).sort(),
        quote: quote?.text,
        fromAlice: (direction.kind === 'sent') === (whom !== 'alice'),
      }),
    )
    .sort();

/** Opens a database as a program of its own does, and ends before statement `at` of the migrations, if there is one. */
const opening = `
import { openDatabase } from '${new URL('../../dist/agent/index.js', import.meta.url).href}';
import { migrations } from '${new URL('../../dist/chat/open.js', import.meta.url).href}';
const [path, at] = process.argv.slice(1);
let statements = 0;
const end = () => {
  if (statements++ === Number(at)) process.kill(process.pid, 'SIGKILL');
};
const ending = migrations.map(({ name, statements }) => ({ name, statements: statements.flatMap((each) => [end, each]) }));
console.log('opening');
const begin = performance.now();
openDatabase(path, { kind: 'raw', key: new Uint8Array(32).fill(7) }, ending).close();
console.log(statements, performance.now() - begin);
`;

/** Opens a database in a process, which ends before statement `at`, or is killed after `ms`; gives what it printed. */
async function openElsewhere(path: string, at: number, ms = Number.POSITIVE_INFINITY): Promise<readonly string[]> {
  const child = spawn(process.execPath, ['--input-type=module', '-e', opening, path, `${at}`]);
  const lines: string[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => {
    lines.push(line);
    if (line === 'opening' && Number.isFinite(ms)) setTimeout(() => child.kill('SIGKILL'), ms);
  });
  const [code, signal] = await once(child, 'close');
  if (code !== 0 && signal !== 'SIGKILL') throw new Error('the database was not opened');
  return lines;
}

/** Every item, contact and choice of somebody's, as the version before told them, in tables of today. */
async function expectAllOf(world: OldWorld, name: string): Promise<void> {
  const { api } = await openPerson([world.address], { databasePath: world.database(name), clock: world.clock });
  const told = world.told(name);
  const now = await tell(api);
  await api.stop();
  expect(now.profile).toMatchObject(told.profile!);
  expect(now.contacts).toMatchObject(told.contacts);
  expect(now.items).toEqual(told.items);
  expect(now.unread).toEqual(told.unread);
  expect(now.typedLines).toEqual(told.typedLines);
  if (told.ownFeatures !== undefined) expect(now.ownFeatures).toEqual(told.ownFeatures);
  expect(schemaOf(world.database(name))).toEqual(schemaOf(':memory:'));
}

describe.each(['0.1/a', '0.1/b'])('the world %s', (where) => {
  const hasChanges = where === '0.1/a';
  const names = hasChanges ? ['alice', 'bob', 'carol'] : ['alice', 'bob', 'carol', 'erin'];

  it('has everything as before, in tables of today', async () => {
    const world = copyWorld(where);
    for (const name of names) await expectAllOf(world, name);
  });

  it(`has everything when the first opening was killed (seed ${SEED})`, async () => {
    const random = seeded(SEED);
    const [, made] = await openElsewhere(copyWorld(where).database('alice'), -1);
    const [statements, ms] = made!.split(' ').map(Number);
    for (let i = 0; i < 3; i++) {
      const world = copyWorld(where);
      const lines = await openElsewhere(world.database('alice'), Math.floor(random() * statements!));
      expect(lines).toEqual(['opening']);
      await expectAllOf(world, 'alice');
    }
    // Among what SQLite does by itself, as the commits are.
    for (let i = 0; i < 3; i++) {
      const world = copyWorld(where);
      await openElsewhere(world.database('alice'), -1, random() * ms!);
      await expectAllOf(world, 'alice');
    }
  });

  it('finds old messages', async () => {
    const world = copyWorld(where);
    const options = { databasePath: world.database('alice'), clock: world.clock };
    const { api } = await openPerson([world.address], options);
    ends.push(() => api.stop());
    const search = async (text: string) =>
      (await api.messages.search({ text, count: 10 })).items.map((item) => item.text);
    for (const [wanted, text] of [
      ['天气', '你好,今天天气很好'],
      ['東京', 'こんにちは世界。東京で会いましょう'],
      ['izmir', 'İzmir güzel bir şehir, ISPARTA da'],
      ['istanbul', 'ne güzel İSTANBUL'],
      ['친구', '안녕하세요 친구'],
      ['sotto.example', 'see https://sotto.example/a?b=c&d=1#e and mail@example.org'],
      ['another', 'a line\nand another one\n\nand the last'],
      ['保留', 'pending 2 保留中'],
      ...(hasChanges ? ([['編集', 'bob after, 編集済み']] as const) : []),
    ] as const) {
      expect(await search(wanted), wanted).toEqual([text]);
    }
    expect(await search('mesage')).toEqual([]);
  });

  it('goes on: what waited arrives once and in order, and people talk, edit and react', async () => {
    const world = copyWorld(where);
    const { server, options } = await serveWorld(world);
    ends.push(() => server.stop('SIGKILL'));
    expect(server.server.keyHash).toEqual(world.address.keyHash);

    const alice = await come(world, 'alice', options('alice'));
    const bob = await come(world, 'bob', options('bob'));
    const receivedBefore = (name: string, whom: number) =>
      world
        .told(name)
        .items.filter((item) => item.chatId === whom && item.direction.kind === 'received')
        .map((item) => item.text);
    await gets(bob, 'pending 3 ⏳');
    await gets(alice, 'waiting 3');
    const waiting = [hasChanges ? 'waiting 1, edited' : 'waiting 1', 'waiting 2 等待', 'waiting 3'];
    if (hasChanges) {
      await gets(alice, waiting[0]!);
      await gets(bob, 'hello bob, edited while the server was away');
      await alice.events.first((e) => e.kind === 'messageDeleted' && e.item.text === 'さようなら', 'deleted');
      await alice.events.until(
        () => saying(alice, 'hello bob, edited while the server was away').reactions.length === 2,
        'reaction',
      );
    }
    expect(received(alice, 'bob')).toEqual([...receivedBefore('alice', 1), ...waiting]);
    const [, ...others] = receivedBefore('bob', 1);
    const first = hasChanges ? 'hello bob, edited while the server was away' : 'hello bob';
    expect(received(bob, 'alice')).toEqual([first, ...others, 'pending 1', 'pending 2 保留中', 'pending 3 ⏳']);

    // On both sides: what is new, and changes of what is old.
    const idOf = (someone: Person, text: string) => saying(someone, text).itemId;
    const say = (someone: Person, whom: string, text: string, answered: string) =>
      someone.api.messages.send({ chatId: contactOf(someone, whom), text, quoted: idOf(someone, answered) });
    await say(alice, 'bob', 'back again', 'hi alice');
    await say(bob, 'alice', 'welcome', '你好,今天天气很好');
    await alice.api.messages.edit({ itemId: idOf(alice, 'straße und STRASSE'), text: 'Straße' });
    await bob.api.messages.edit({ itemId: idOf(bob, 'ne güzel İSTANBUL'), text: 'İstanbul' });
    await alice.api.messages.react({ itemId: idOf(alice, '再见,明天见'), emoji: '👍', add: true });
    await bob.api.messages.react({ itemId: idOf(bob, '안녕하세요 친구'), emoji: '🚀', add: true });
    await bob.api.messages.delete({ itemId: idOf(bob, 'tabs\tand  spaces'), scope: 'everyone' });
    await gets(bob, 'Straße');
    await gets(alice, 'İstanbul');
    await alice.events.first((e) => e.kind === 'messageDeleted' && e.item.text === 'tabs\tand  spaces', 'deleted');
    await bob.events.first((e) => e.kind === 'messageReaction' && e.item.text === '再见,明天见', 'reaction');
    expect(saying(alice, 'welcome').quote).toEqual({ text: '你好,今天天气很好', author: 'us' });
    const { items: found } = await alice.api.messages.search({ text: 'strasse', count: 5 });
    expect(found.map((item) => item.text)).toEqual(['Straße']);

    const carol = await come(world, 'carol', options('carol'));
    await gets(carol, 'waits on the server for carol');
    await gets(alice, 'pending of carol');
    await say(carol, 'alice', 'carol again', 'to carol 1');
    await gets(alice, 'carol again');
    expect(received(carol, 'alice')).toEqual([...receivedBefore('carol', 1), 'waits on the server for carol']);
    expect(received(alice, 'carol')).toEqual([...receivedBefore('alice', 2), 'pending of carol', 'carol again']);

    // The invitation that nobody has used, and the one that alice has used.
    const frank = await come(world, 'frank', { ...options('frank'), databasePath: ':memory:' });
    await frank.api.contacts.connect({ link: world.unusedLink });
    await alice.events.first((e) => e.kind === 'contactConnected' && e.contact.localName === 'frank', 'connected');
    const everybody = [alice, bob, carol, frank];
    if (!hasChanges) {
      const erin = await come(world, 'erin', options('erin'));
      everybody.push(erin);
      await alice.events.first((e) => e.kind === 'contactConnected' && e.contact.localName === 'erin', 'connected');
      // Her name of then, and the one that she took afterwards.
      await erin.events.until(() => erin.contact().localName === 'alice', 'the new name');
    }
    for (const each of everybody) {
      await allDelivered(each);
      await untilIdle(each);
    }
    expect(shared(alice, 'bob')).toEqual(shared(bob, 'alice'));
    expect(shared(alice, 'carol')).toEqual(shared(carol, 'alice'));
    const verified = alice.chat.contacts().map((contact) => [contact.localName, contact.verified]);
    expect(verified).toContainEqual(['bob', hasChanges]);
    for (const { events } of everybody) expect(events.all.filter(({ kind }) => troubles.includes(kind))).toEqual([]);
    for (const item of everybody.flatMap(({ chat }) => chat.items(undefined, 1000)))
      if (item.direction.kind === 'received') expect(item.direction.integrity).toEqual({ kind: 'ok' });
  });
});
