/** An older copy of a database is restored: the conversation is broken, and both sides are told so. */
import { copyFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { gathering } from '../harness/gathering.ts';
import { allDelivered, connectPeople, type Person, temporaryFolder } from '../harness/people.ts';

const { meet, leave } = gathering();

const lost = /^session-lost$/;
const say = async (from: Person, text: string) => {
  from.chat.sendText(from.contact().chatId, text);
  await allDelivered(from);
};

async function restored() {
  const folder = temporaryFolder();
  const databasePath = join(folder, 'bob.db');
  const alice = await meet('alice');
  const before = await meet('bob', { databasePath });
  await connectPeople(alice, before);
  await say(alice, 'one');
  await say(before, 'two');
  await leave(before);
  copyFileSync(databasePath, join(folder, 'copy.db'));
  const between = await meet('bob', { databasePath });
  for (const n of [1, 2, 3]) {
    await say(alice, `a${n}`);
    await say(between, `b${n}`);
  }
  await leave(between);
  for (const end of ['', '-wal', '-shm']) rmSync(`${databasePath}${end}`, { force: true });
  copyFileSync(join(folder, 'copy.db'), databasePath);
  return { alice, bob: await meet('bob', { databasePath }), databasePath };
}

describe('an older copy of a database', () => {
  it('is noticed with the first message that cannot be read, and said once in the conversation', async () => {
    const { alice, bob, databasePath } = await restored();
    for (const text of ['c1', 'c2', 'c3']) alice.chat.sendText(alice.contact().chatId, text);
    await bob.events.until(() => bob.received().some((text) => lost.test(text)), 'told');
    await alice.events.until(() => alice.chat.idle(), 'all sent');
    expect(bob.received().filter((text) => lost.test(text))).toHaveLength(1);
    const { chatId } = bob.contact();
    expect(() => bob.chat.sendText(chatId, 'into the void')).toThrow(expect.objectContaining({ code: 'session-lost' }));
    // Other things go on: a new name is told to those who can read it.
    bob.chat.renameProfile('robert');
    await leave(bob);
    const again = await meet('robert', { databasePath });
    expect(() => again.chat.sendText(chatId, 'into the void')).toThrow(
      expect.objectContaining({ code: 'session-lost' }),
    );
    await again.chat.deleteContact(chatId);
    expect(again.chat.contacts()).toEqual([]);
  });

  it('is noticed by the other side, when the restored one writes first', async () => {
    const { alice, bob } = await restored();
    bob.chat.sendText(bob.contact().chatId, 'who can read this?');
    await alice.events.until(() => alice.received().some((text) => lost.test(text)), 'told');
    expect(() => alice.chat.sendText(alice.contact().chatId, 'hello?')).toThrow(
      expect.objectContaining({ code: 'session-lost' }),
    );
    expect(alice.received()).not.toContain('who can read this?');
  });
});
