import { beforeEach, describe, expect, it } from 'vitest';
import type { ChatId } from '../../../../src/chat/api/index.ts';
import { simpleContainer, textContent } from '../../../../src/chat/protocol/index.ts';
import { idOf, LonelyChat } from '../../../harness/lonely-chat.ts';

let here: LonelyChat;
let bob: ChatId;
let carol: ChatId;

beforeEach(() => {
  here = new LonelyChat();
  bob = here.addContact('bob');
  carol = here.addContact('carol');
  here.sent.splice(0);
  here.events.splice(0);
  here.changes.splice(0);
});

const say = (text: string, n: number) => {
  here.receive('bob', { kind: 'x.msg.new', container: simpleContainer(textContent(text)) }, idOf(n));
  return here.chat.items(bob, 1)[0]!.itemId;
};
const pinned = (chatId?: ChatId) => here.chat.pinnedItems(chatId, 1_000).map(({ text }) => text);
const marks = () => here.sql.get('SELECT count(*) AS n FROM items WHERE pinned = 1');
const allowFullDeletion = () => {
  here.chat.setFeature('fullDelete', 'yes', bob);
  const preferences = here.profileOf('bob', { fullDelete: 'yes' });
  here.receive('bob', { kind: 'x.info', profile: preferences, other: {} });
};

describe('a pinned message', () => {
  it('is of either side, is listed with its conversation and with all, and nobody is told', () => {
    const theirs = say('theirs', 1);
    const toCarol = here.chat.sendText(carol, 'to carol').itemId;
    const ours = here.chat.sendText(bob, 'ours').itemId;
    say('not this one', 2);
    const told = here.sent.length;
    here.changes.splice(0);
    expect(here.chat.pinMessage(ours, true)).toMatchObject({ itemId: ours, text: 'ours' });
    for (const itemId of [toCarol, theirs]) here.chat.pinMessage(itemId, true);
    expect(pinned(bob)).toEqual(['theirs', 'ours']);
    expect(pinned(carol)).toEqual(['to carol']);
    expect(pinned()).toEqual(['theirs', 'to carol', 'ours']);
    here.chat.pinMessage(ours, false);
    expect(pinned(bob)).toEqual(['theirs']);
    expect(here.sent).toHaveLength(told);
    // Another face is.
    expect(here.changes).toMatchObject([
      { chatId: bob, itemId: ours, change: 'pinned' },
      { chatId: carol, itemId: toCarol, change: 'pinned' },
      { chatId: bob, itemId: theirs, change: 'pinned' },
      { chatId: bob, itemId: ours, change: 'pinned' },
    ]);
  });

  it('is not pinned twice, nor is one that is not there or was deleted', () => {
    const itemId = say('hello', 1);
    expect(() => here.chat.pinMessage(itemId, false)).toThrow('pin-absent');
    here.chat.pinMessage(itemId, true);
    expect(() => here.chat.pinMessage(itemId, true)).toThrow('pin-there');
    expect(() => here.chat.pinMessage((itemId + 1) as typeof itemId, true)).toThrow('no-item');
    here.receive('bob', { kind: 'x.msg.del', msgId: idOf(1), other: {} });
    expect(() => here.chat.pinMessage(itemId, true)).toThrow('deleted');
    expect(here.changes).toHaveLength(1);
  });

  it('is one of a hundred in a conversation at most', () => {
    const ids = Array.from({ length: 101 }, (_, n) => here.chat.sendText(bob, `${n}`).itemId);
    for (const itemId of ids.slice(0, 100)) here.chat.pinMessage(itemId, true);
    here.changes.splice(0);
    expect(() => here.chat.pinMessage(ids[100]!, true)).toThrow('too-many-pins (most: 100)');
    expect(pinned(bob)).toHaveLength(100);
    expect(pinned(bob)).not.toContain('100');
    expect(here.changes).toEqual([]);
    // The next conversation has its own hundred.
    here.chat.pinMessage(here.chat.sendText(carol, 'to carol').itemId, true);
    here.chat.pinMessage(ids[50]!, false);
    here.chat.pinMessage(ids[100]!, true);
    expect(pinned(bob).at(-1)).toBe('100');
  });

  it('says what it says after an edit, of either side', () => {
    const ours = here.chat.sendText(bob, 'helo').itemId;
    for (const itemId of [ours, say('helo you', 1)]) here.chat.pinMessage(itemId, true);
    here.chat.editMessage(ours, 'hello');
    const update = { msgId: idOf(1), content: textContent('hello you'), ttl: undefined, live: undefined, other: {} };
    here.receive('bob', { kind: 'x.msg.update', ...update });
    expect(pinned(bob)).toEqual(['hello', 'hello you']);
  });
});

describe('a pin goes', () => {
  it('when the message is deleted here, or for everyone', () => {
    for (const scope of ['here', 'everyone'] as const) {
      const { itemId } = here.chat.sendText(bob, scope);
      here.chat.pinMessage(itemId, true);
      here.chat.deleteMessage(itemId, scope);
      expect(pinned(), scope).toEqual([]);
    }
    expect(marks()).toEqual({ n: 0 });
  });

  it('when the contact deletes it, whether it is marked or gone', () => {
    here.chat.pinMessage(say('marked', 1), true);
    here.receive('bob', { kind: 'x.msg.del', msgId: idOf(1), other: {} });
    expect(here.chat.items(bob, 9)).toHaveLength(1);
    expect(pinned()).toEqual([]);
    allowFullDeletion();
    here.chat.pinMessage(say('gone', 2), true);
    here.receive('bob', { kind: 'x.msg.del', msgId: idOf(2), other: {} });
    expect(here.chat.items(bob, 9)).toHaveLength(1);
    expect(pinned()).toEqual([]);
  });

  it('when the conversation is cleared, or its contact deleted', () => {
    here.chat.pinMessage(say('hello', 1), true);
    here.chat.clear(bob);
    expect(pinned()).toEqual([]);
    here.chat.pinMessage(here.chat.sendText(carol, 'hi').itemId, true);
    here.chat.deleteContact(carol);
    expect(pinned()).toEqual([]);
  });
});

it('pins are paged, and a command that is sent again pins once', async () => {
  const ids = Array.from({ length: 5 }, (_, n) => here.chat.sendText(bob, `${n}`).itemId);
  for (const itemId of ids) {
    const answer = await here.api.messages.pin({ itemId, add: true }, { clientId: `pin ${itemId}` });
    expect(await here.api.messages.pin({ itemId, add: true }, { clientId: `pin ${itemId}` })).toEqual(answer);
  }
  const page = async (input: object) =>
    (await here.api.messages.pins({ chatId: bob, count: 2, ...input })).items.map(({ text }) => text);
  expect(await page({})).toEqual(['3', '4']);
  expect(await page({ before: ids[3] })).toEqual(['1', '2']);
  expect(await page({ before: ids[0] })).toEqual([]);
  expect(await page({ chatId: carol })).toEqual([]);
});
