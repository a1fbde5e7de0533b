import { beforeEach, describe, expect, it } from 'vitest';
import type { ChatId } from '../../../../src/chat/api/index.ts';
import { MAX_REACTIONS, type SharedMsgId, simpleContainer, textContent } from '../../../../src/chat/protocol/index.ts';
import { idOf, LonelyChat } from '../../../harness/lonely-chat.ts';

const HOUR = 3600 * 1000;
let here: LonelyChat;
let bob: ChatId;
let carol: ChatId;

beforeEach(() => {
  here = new LonelyChat();
  bob = here.addContact('bob');
  carol = here.addContact('carol');
  here.sent.splice(0);
  here.events.splice(0);
});

const items = (contact: ChatId = bob) => here.chat.items(contact, 100);
const texts = (contact: ChatId = bob) => items(contact).map((item) => item.notice ?? item.text);
const kinds = () => here.events.map((event) => event.kind);
const say = (text: string, n: number, from = 'bob', more = {}) =>
  here.receive(from, { kind: 'x.msg.new', container: { ...simpleContainer(textContent(text)), ...more } }, idOf(n));
const update = (msgId: SharedMsgId, text: string, from = 'bob', more = {}) =>
  here.receive(from, {
    kind: 'x.msg.update',
    msgId,
    content: textContent(text),
    ttl: undefined,
    live: undefined,
    other: {},
    ...more,
  });
const del = (msgId: SharedMsgId, from = 'bob') => here.receive(from, { kind: 'x.msg.del', msgId, other: {} });
const react = (msgId: SharedMsgId, emoji: string, add = true, from = 'bob') =>
  here.receive(from, { kind: 'x.msg.react', msgId, reaction: { kind: 'emoji', emoji }, add, other: {} });
const prefer = (preferences: Record<string, string>) =>
  here.receive('bob', { kind: 'x.info', profile: here.profileOf('bob', preferences), other: {} });
/** The id that the contact knows our last message by. */
const lastSharedId = (): SharedMsgId => {
  const row = here.sql.get<{ id: SharedMsgId }>(
    'SELECT shared_msg_id AS id FROM items WHERE author_id IS NULL ORDER BY item_id DESC LIMIT 1',
  );
  return row!.id;
};

describe('a contact', () => {
  it('edits its message, which keeps what it answers', () => {
    const ours = here.chat.sendText(bob, 'how are you?');
    const quote = {
      msgRef: { msgId: lastSharedId(), sentAt: '2026-11-23T12:00:00Z', sent: false },
      content: { type: 'text', text: 'how are you?' },
    };
    say('fine', 1, 'bob', { quote });
    update(idOf(1), 'very well');
    expect(items()[1]).toMatchObject({
      text: 'very well',
      edited: true,
      quote: { text: 'how are you?', author: 'us' },
    });
    expect(here.chat.items(bob, 2)[0]!.itemId).toBe(ours.itemId);
    expect(kinds()).toEqual(['messageReceived', 'messageUpdated']);
  });

  it('edits a message that is not here: it appears, as edited', () => {
    update(idOf(1), 'hello');
    expect(items()).toMatchObject([{ text: 'hello', edited: true }]);
  });

  it('types a message that is seen as it grows; that is no edit', () => {
    say('he', 1, 'bob', { live: true });
    update(idOf(1), 'hell', 'bob', { live: true });
    expect(items()).toMatchObject([{ text: 'hell', live: true, edited: false }]);
    update(idOf(1), 'hello');
    expect(items()).toMatchObject([{ text: 'hello', live: false, edited: false }]);
    update(idOf(1), 'hello');
    expect(kinds()).toEqual(['messageReceived', 'messageUpdated', 'messageUpdated']);
    update(idOf(1), 'hello!');
    expect(items()).toMatchObject([{ text: 'hello!', edited: true }]);
  });

  it('brings no voice message in by the back door', () => {
    here.chat.setFeature('voice', 'no', bob);
    const speak = (n: number) =>
      here.receive('bob', {
        kind: 'x.msg.update',
        msgId: idOf(n),
        content: { kind: 'voice', text: 'v', duration: 1 },
        ttl: undefined,
        live: undefined,
        other: {},
      });
    speak(1);
    say('hello', 2);
    speak(2);
    speak(1);
    expect(texts()).toEqual(['voice-refused', 'hello']);
  });

  it('deletes a message that we have just reacted to, and the reaction with it', () => {
    say('never mind', 1);
    here.chat.react(items()[0]!.itemId, '👍', true);
    del(idOf(1));
    expect(items()[0]).toMatchObject({ text: 'never mind', reactions: [] });
    expect(items()[0]?.deletedAt).toBeDefined();
  });

  it('who deletes the connection ends the wait of what was not sent yet', () => {
    const { itemId } = here.chat.sendText(bob, 'are you there?');
    here.receive('bob', { kind: 'x.direct.del', other: {} });
    expect(items()[0]?.direction).toEqual({
      kind: 'sent',
      status: { kind: 'failed', reason: 'deleted-by-peer' },
    });
    expect(here.events).toContainEqual(expect.objectContaining({ kind: 'messageStatus', item: items()[0] }));
    expect(here.chat.status().sending).toBe(0);
    expect(items()[0]?.itemId).toBe(itemId);
  });

  it('changes and deletes nothing of ours, and nothing of others', () => {
    here.chat.sendText(bob, 'mine');
    say('of carol', 2, 'carol');
    const [ours] = items();
    update(lastSharedId(), 'not mine');
    del(lastSharedId());
    update(idOf(2), 'of bob');
    del(idOf(2));
    expect(items()).toMatchObject([ours, { text: 'of bob' }]);
    expect(items(carol)).toMatchObject([{ text: 'of carol', edited: false, deletedAt: undefined }]);
  });

  it('cannot change what it passed on, nor what it deleted', () => {
    say('passed on', 1, 'bob', { forward: true });
    say('deleted', 2);
    del(idOf(2));
    update(idOf(1), 'changed');
    update(idOf(2), 'changed');
    expect(texts()).toEqual(['passed on', 'deleted']);
    expect(items()[0]).toMatchObject({ forwarded: true });
  });

  it('marks its message as deleted where full deletion is not allowed', () => {
    say('oops', 1);
    del(idOf(1));
    expect(items()).toMatchObject([{ text: 'oops', deletedAt: here.clock.now() }]);
    expect(here.events.at(-1)).toMatchObject({ kind: 'messageDeleted', removed: false });
    expect(here.chat.unread()).toEqual([]);
    here.events.splice(0);
    del(idOf(1));
    expect(kinds()).toEqual([]);
  });

  it.each([
    ['yes', 'yes', true],
    ['no', 'always', false],
    ['yes', 'no', false],
    ['always', 'no', true],
  ] as const)('deletes it fully only when that is allowed to it: we say %s, it says %s', (ours, theirs, gone) => {
    here.chat.setFeature('fullDelete', ours, bob);
    prefer({ fullDelete: theirs });
    say('oops', 1);
    del(idOf(1));
    expect(texts()).toEqual(gone ? [] : ['oops']);
    expect(here.events.at(-1)).toMatchObject({ kind: 'messageDeleted', removed: gone, item: { text: 'oops' } });
  });

  it('deletes nothing that is older than three days and a margin', () => {
    say('old', 1);
    here.clock.advance(78 * HOUR);
    del(idOf(1));
    expect(items()).toMatchObject([{ deletedAt: undefined }]);
    say('newer', 2);
    here.clock.advance(78 * HOUR - 1);
    del(idOf(2));
    expect(items()[1]!.deletedAt).toBeDefined();
  });

  it('reacts, to either side’s messages, and takes it back', () => {
    const item = here.chat.sendText(bob, 'hi');
    say('hello', 1);
    react(lastSharedId(), '👍');
    react(idOf(1), '❤');
    here.chat.react(item.itemId, '👍', true);
    expect(items().map((each) => each.reactions)).toEqual([
      [{ reaction: '👍', count: 2, ours: true }],
      [{ reaction: '❤', count: 1, ours: false }],
    ]);
    react(lastSharedId(), '👍', false);
    react(lastSharedId(), '👍', false);
    expect(items()[0]!.reactions).toEqual([{ reaction: '👍', count: 1, ours: true }]);
    expect(here.events.slice(-2)).toMatchObject([
      { kind: 'messageReaction', reaction: '❤', added: true },
      { kind: 'messageReaction', reaction: '👍', added: false },
    ]);
  });

  it('reacts a few times only, only where it is allowed, and to nothing that is not there', () => {
    say('hello', 1);
    for (const emoji of ['👍', '👎', '😀', '😂', '😢']) react(idOf(1), emoji);
    expect(items()[0]!.reactions).toHaveLength(MAX_REACTIONS);
    react(idOf(9), '👍');
    here.chat.setFeature('reactions', 'no', bob);
    react(idOf(1), '👍', false);
    expect(items()[0]!.reactions).toHaveLength(MAX_REACTIONS);
    expect(here.sql.get<{ n: number }>('SELECT count(*) AS n FROM reactions')!.n).toBe(MAX_REACTIONS);
  });

  it('reacts with what we do not know: shown as such', () => {
    say('hello', 1);
    const json = { type: 'sticker', id: 7 };
    const reaction = { kind: 'unknown', json } as const;
    here.receive('bob', { kind: 'x.msg.react', msgId: idOf(1), reaction, add: true, other: {} });
    react(idOf(1), 'say: \u001b[2J');
    expect(items()[0]!.reactions).toEqual([{ reaction: '?', count: 2, ours: false }]);
  });

  it('sends a quote that cannot be read: the message is shown without it', () => {
    say('hello', 1, 'bob', { quote: { content: 'nothing' } });
    expect(items()).toMatchObject([{ text: 'hello', quote: undefined }]);
  });

  it('is not allowed voice messages where we say so', () => {
    here.chat.setFeature('voice', 'no', bob);
    const content = { kind: 'voice', text: '', duration: 5 } as const;
    here.receive('bob', { kind: 'x.msg.new', container: simpleContainer(content) }, idOf(1));
    expect(texts()).toEqual(['voice-refused']);
  });

  it('ends the conversation: what waited for it is not waited for any more', () => {
    here.chat.sendText(bob, 'still there?');
    here.receive('bob', { kind: 'x.direct.del', other: {} });
    expect(here.chat.status().sending).toBe(0);
    expect(items()).toMatchObject([{ direction: { status: { kind: 'failed' } } }]);
  });

  it('changes what it allows, and we are told what that means', () => {
    prefer({ reactions: 'no' });
    prefer({ reactions: 'no' });
    expect(here.events).toMatchObject([
      { kind: 'featureChanged', feature: { feature: 'reactions', theirs: 'no', forUs: false, forContact: false } },
    ]);
  });
});
