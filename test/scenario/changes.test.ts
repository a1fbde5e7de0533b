import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { findByStart } from '../../src/apps/cli/commands/beginnings.ts';
import { keepTypedLine, typedLines } from '../../src/apps/cli/commands/typed-lines.ts';
import { gathering } from '../harness/gathering.ts';
import { allDelivered, connectPeople, type Person, temporaryFolder } from '../harness/people.ts';

const here = gathering();

/** The same items as both see them, without what differs by side. */
const seen = (someone: Person) =>
  someone.chat.items(undefined, 100).map(({ text, edited, deletedAt, reactions, quote }) => ({
    text,
    edited,
    deleted: deletedAt !== undefined,
    reactions: reactions.map(({ reaction, count }) => `${reaction}${count}`),
    quote: quote?.text,
  }));

async function couple() {
  const alice = await here.meet('alice');
  const bob = await here.meet('bob');
  await connectPeople(alice, bob);
  await alice.events.until(() => alice.contact().state === 'connected', 'connected');
  return { alice, bob, toBob: alice.contact().chatId, toAlice: bob.contact().chatId };
}

describe('two people', () => {
  it('answer, change, delete and react, and see the same', async () => {
    const { alice, bob, toBob, toAlice } = await couple();
    const hello = alice.chat.sendText(toBob, 'helo');
    await bob.events.first((e) => e.kind === 'messageReceived', 'hello');
    const asked = (await findByStart(bob.api, toAlice, 'contact', 'HELO'))!;
    bob.chat.sendText(toAlice, 'hello to you', asked.itemId);
    bob.chat.react(asked.itemId, '👍', true);
    alice.chat.editMessage(hello.itemId, 'hello');
    const oops = alice.chat.sendText(toBob, 'oops');
    alice.chat.deleteMessage(oops.itemId, 'everyone');
    await bob.events.first((e) => e.kind === 'messageDeleted', 'deleted');
    await alice.events.first((e) => e.kind === 'messageReaction', 'reaction');
    await allDelivered(bob);
    const expected = [
      { text: 'hello', edited: true, deleted: false, reactions: ['👍1'], quote: undefined },
      { text: 'hello to you', edited: false, deleted: false, reactions: [], quote: 'helo' },
      { text: 'oops', edited: false, deleted: true, reactions: [], quote: undefined },
    ];
    const inOrder = (someone: Person) => seen(someone).sort((a, b) => (a.text < b.text ? -1 : 1));
    expect(inOrder(alice)).toEqual(expected);
    expect(inOrder(bob)).toEqual(expected);
    bob.chat.react(asked.itemId, '👍', false);
    await alice.events.first((e) => e.kind === 'messageReaction' && !e.added, 'taken back');
    expect(seen(alice)[0]?.reactions).toEqual([]);
  });

  it('delete fully once both allow it', async () => {
    const { alice, bob, toBob, toAlice } = await couple();
    alice.chat.setFeature('fullDelete', 'yes', toBob);
    bob.chat.setFeature('fullDelete', 'yes', undefined);
    const told = (someone: Person) =>
      someone.events.first((e) => e.kind === 'featureChanged' && e.feature.feature === 'fullDelete', 'told');
    await told(alice);
    await bob.events.until(() => bob.chat.features(toAlice)[1]?.theirs === 'yes', 'told');
    const { itemId } = alice.chat.sendText(toBob, 'never said');
    await allDelivered(alice);
    expect(alice.chat.deleteMessage(itemId, 'everyone').removed).toBe(true);
    await bob.events.first((e) => e.kind === 'messageDeleted' && e.removed, 'gone');
    expect([seen(alice), seen(bob)]).toEqual([[], []]);
  });

  it('verify each other with the code that the other one tells', async () => {
    const { alice, bob, toBob, toAlice } = await couple();
    const { verified } = alice.chat.verify(toBob, bob.chat.securityCode(toAlice));
    expect([verified, alice.contact().verified, bob.contact().verified]).toEqual([true, true, false]);
  });

  it('find their conversation and their typed lines again, and nobody finds them in the file', async () => {
    const databasePath = join(temporaryFolder(), 'alice.db');
    const alice = await here.meet('alice', { databasePath });
    const bob = await here.meet('bob');
    await connectPeople(alice, bob);
    await alice.events.until(() => alice.contact().state === 'connected', 'connected');
    const { chatId } = alice.contact();
    alice.chat.editMessage(alice.chat.sendText(chatId, 'a rare wrod').itemId, 'a rare word');
    await keepTypedLine(alice.api, '@bob a rare wrod', chatId, undefined);
    await allDelivered(alice);
    await here.leave(alice);
    const folder = dirname(databasePath);
    for (const file of readdirSync(folder)) expect(readFileSync(join(folder, file)).includes('rare')).toBe(false);
    const again = await here.meet('alice', { databasePath });
    expect(again.chat.items(chatId, 5)).toMatchObject([{ text: 'a rare word', edited: true }]);
    expect(await typedLines(again.api)).toEqual(['@bob a rare wrod']);
  });

  it('see how things stand with servers', async () => {
    const { alice, toBob } = await couple();
    const [server] = alice.chat.servers();
    expect(alice.chat.status()).toEqual({ connected: [server], disconnected: [], sending: 0 });
    await here.server.stop();
    await alice.events.first((e) => e.kind === 'serverDisconnected', 'disconnected');
    alice.chat.sendText(toBob, 'later');
    expect(alice.chat.status()).toEqual({ connected: [], disconnected: [server], sending: 1 });
  });
});
