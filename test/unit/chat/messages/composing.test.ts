import { beforeEach, describe, expect, it } from 'vitest';
import type { ChatId, ItemId } from '../../../../src/chat/api/index.ts';
import { decodeQuote, simpleContainer, textContent } from '../../../../src/chat/protocol/index.ts';
import { idOf, LonelyChat } from '../../../harness/lonely-chat.ts';

const DAY = 24 * 3600 * 1000;
let here: LonelyChat;
let bob: ChatId;

beforeEach(() => {
  here = new LonelyChat();
  bob = here.addContact('bob');
  here.sent.splice(0);
});

const say = (text: string, n: number) =>
  here.receive('bob', { kind: 'x.msg.new', container: simpleContainer(textContent(text)) }, idOf(n));
const items = () => here.chat.items(bob, 100);
const LINES = { face: 'terminal', list: 'lines' };
const kept = () => here.chat.faceValues(LINES).map(({ value }) => value);
const keep = (value: string, itemId?: ItemId, chatId: ChatId | undefined = bob) =>
  here.chat.addFaceValue(LINES, { value, chatId, itemId }, 100);
const prefer = (preferences: Record<string, string>) =>
  here.receive('bob', { kind: 'x.info', profile: here.profileOf('bob', preferences), other: {} });

describe('we', () => {
  it('tell who uses an invitation what was allowed for it before', () => {
    const invited = here.addInvitation('link');
    here.chat.setFeature('voice', 'no', invited);
    here.confirm('link', 'dave');
    expect(here.sent).toMatchObject([{ kind: 'x.info', profile: { preferences: { voice: { allow: 'no' } } } }]);
  });

  it('never send a message that nobody could see', () => {
    const blank = ['', ' ', '\n\t', '\u00a0\u3000', '\u200b\u200d\ufeff', '\u3164\u2800', '\u{e0020}', '\0'];
    for (const text of blank) expect(() => here.chat.sendText(bob, text)).toThrow('blank');
    const { itemId } = here.chat.sendText(bob, '"');
    for (const text of blank) expect(() => here.chat.editMessage(itemId, text)).toThrow('blank');
    for (const text of ['\u2764\ufe0f', '.', '\u0905\u094d\u200d']) here.chat.sendText(bob, text);
    expect(here.sent).toHaveLength(4);
  });

  it('answer a message', () => {
    say('how are you?', 1);
    const [asked] = items();
    const reply = here.chat.sendText(bob, 'fine', asked!.itemId);
    expect(reply.quote).toEqual({ text: 'how are you?', author: 'contact' });
    const event = here.sent.at(-1);
    if (event?.kind !== 'x.msg.new') return expect.fail('no message');
    expect(decodeQuote(event.container.quote)).toMatchObject({
      msgRef: { msgId: idOf(1), sent: false, sentAt: '2026-11-23T12:00:00Z' },
      content: textContent('how are you?'),
    });
    expect(here.chat.sendText(bob, 'really', reply.itemId).quote).toEqual({ text: 'fine', author: 'us' });
  });

  it('quote of a long message its start', () => {
    say('long '.repeat(2000), 1);
    const { quote } = here.chat.sendText(bob, 'too long', items()[0]!.itemId);
    expect(quote!.text.length).toBe(1001);
  });

  it('change a message within a day', () => {
    const { itemId } = here.chat.sendText(bob, 'helo');
    here.clock.advance(DAY - 1);
    expect(here.chat.editMessage(itemId, 'hello')).toMatchObject({ itemId, text: 'hello', edited: true });
    expect(here.sent.at(-1)).toMatchObject({ kind: 'x.msg.update', content: textContent('hello') });
    expect(() => here.chat.editMessage(itemId, 'hello')).toThrow('unchanged');
    expect(() => here.chat.editMessage(itemId, ' ')).toThrow('blank');
    here.clock.advance(1);
    expect(() => here.chat.editMessage(itemId, 'late')).toThrow('too-late');
    expect(() => here.chat.deleteMessage(itemId, 'everyone')).toThrow('too-late');
    say('theirs', 1);
    expect(() => here.chat.editMessage(items().at(-1)!.itemId, 'mine')).toThrow('not-ours');
  });

  it('delete a message for everyone: it is marked, or gone where that is allowed to us', () => {
    const first = here.chat.sendText(bob, 'first');
    expect(here.chat.deleteMessage(first.itemId, 'everyone')).toMatchObject({ removed: false });
    expect(() => here.chat.deleteMessage(first.itemId, 'everyone')).toThrow('deleted');
    expect(() => here.chat.editMessage(first.itemId, 'x')).toThrow('deleted');
    prefer({ fullDelete: 'always' });
    const second = here.chat.sendText(bob, 'second');
    keep('@bob second', second.itemId);
    keep('@bob other');
    expect(here.chat.deleteMessage(second.itemId, 'everyone')).toMatchObject({ removed: true });
    expect(items()).toMatchObject([{ text: 'first', deletedAt: here.clock.now() }]);
    expect(kept()).toEqual(['@bob other']);
    expect(here.sent.filter((event) => event.kind === 'x.msg.del')).toHaveLength(2);
  });

  it('take along what faces keep about what was deleted or changed, and leave the rest', () => {
    const pin = here.chat.sendText(bob, 'my pin is 1234');
    keep('@bob my pin is 1234', pin.itemId);
    keep('@bob see you at nine');
    here.chat.editMessage(pin.itemId, 'oops');
    expect(kept()).toEqual(['@bob see you at nine']);
    keep('! @bob (my pin) oops', pin.itemId);
    here.chat.deleteMessage(pin.itemId, 'here');
    expect(kept()).toEqual(['@bob see you at nine']);
    // A contact takes back what it said: that is nothing we typed.
    prefer({ fullDelete: 'always' });
    here.chat.setFeature('fullDelete', 'always', bob);
    say('e', 1);
    here.receive('bob', { kind: 'x.msg.del', msgId: idOf(1), other: {} });
    expect(items()).toEqual([]);
    expect(kept()).toEqual(['@bob see you at nine']);
  });

  it('keep no more values of a face than it says, and remove some or all', () => {
    const list = { face: 'terminal', list: 'lines' };
    for (let i = 1; i <= 12; i++) {
      here.chat.addFaceValue(list, { value: `${i}`, chatId: undefined, itemId: undefined }, 10);
    }
    here.chat.addFaceValue({ ...list, list: 'others' }, { value: 'x', chatId: bob, itemId: undefined }, 10);
    expect(kept()).toEqual(['3', '4', '5', '6', '7', '8', '9', '10', '11', '12']);
    here.chat.removeFaceValues(list, ['5', '12']);
    expect(kept()).toEqual(['3', '4', '6', '7', '8', '9', '10', '11']);
    here.chat.removeFaceValues(list);
    expect(kept()).toEqual([]);
    expect(here.chat.faceValues({ ...list, list: 'others' })).toEqual([{ value: 'x', chatId: bob, itemId: undefined }]);
  });

  it('delete any message here, and tell nobody', () => {
    say('theirs', 1);
    here.receive('bob', { kind: 'x.msg.del', msgId: idOf(1), other: {} });
    here.chat.deleteMessage(items()[0]!.itemId, 'here');
    expect(items()).toEqual([]);
    expect(here.sent).toEqual([]);
  });

  it('react as the contact allows', () => {
    say('hello', 1);
    const { itemId } = items()[0]!;
    for (const emoji of ['👍', '😀', '❤']) here.chat.react(itemId, emoji, true);
    expect(() => here.chat.react(itemId, '👍', true)).toThrow('reaction-there');
    expect(() => here.chat.react(itemId, '🚀', true)).toThrow('too-many-reactions');
    expect(() => here.chat.react(itemId, '🚀', false)).toThrow('reaction-absent');
    expect(() => here.chat.react(itemId, '🦊', true)).toThrow('unknown-reaction');
    expect(here.chat.react(itemId, '👍', false).reactions).toHaveLength(2);
    prefer({ reactions: 'no' });
    expect(() => here.chat.react(itemId, '👍', true)).toThrow('reactions-off');
    expect(here.sent.filter((event) => event.kind === 'x.msg.react')).toHaveLength(4);
  });

  it('search in any script, without the deleted', () => {
    for (const text of ['Привет, мир', 'привет', '日本語のテスト', 'ΟΔΟΣ', '100%']) here.chat.sendText(bob, text);
    const found = (text: string, count = 10) => here.chat.search(undefined, text, count).map((item) => item.text);
    expect(found('ПРИВЕТ')).toEqual(['Привет, мир', 'привет']);
    expect(found('привет', 1)).toEqual(['привет']);
    expect(found('本語')).toEqual(['日本語のテスト']);
    expect(found('οδος')).toEqual(['ΟΔΟΣ']);
    expect(found('100')).toEqual(['100%']);
    here.chat.deleteMessage(items()[1]!.itemId, 'everyone');
    expect(found('привет')).toEqual(['Привет, мир']);
    expect(() => found(' ')).toThrow('blank');
  });

  it('search what was stored before there was a search', async () => {
    here.chat.sendText(bob, 'Before');
    here.sql.run('UPDATE items SET words = NULL');
    const found = here.chat.indexed();
    here.clock.advance(10);
    here.clock.advance(10);
    await found;
    expect(here.chat.search(bob, 'before', 5)).toHaveLength(1);
    expect(here.sql.all('SELECT 1 FROM items WHERE words IS NULL')).toEqual([]);
  });

  it('know what was not read', () => {
    say('one', 1);
    say('two', 2);
    expect(here.chat.unread()).toMatchObject([{ contact: { localName: 'bob' }, count: 2 }]);
    const [, two] = here.chat.items(bob, 2);
    here.chat.markRead([two!.itemId]);
    here.chat.markRead([two!.itemId]);
    expect(here.chat.unread()).toMatchObject([{ count: 1, within: 2 }]);
    say('three', 3);
    expect(here.chat.unread()).toMatchObject([{ count: 2 }]);
    here.chat.sendText(bob, 'answering is reading');
    expect(here.chat.unread()).toEqual([]);
  });

  it('clear a conversation, and what was typed in it', () => {
    say('one', 1);
    keep('@bob hi');
    here.chat.addFaceValue(LINES, { value: '/contacts', chatId: undefined, itemId: undefined }, 100);
    here.chat.clear(bob);
    expect(items()).toEqual([]);
    expect(kept()).toEqual(['/contacts']);
    expect(here.chat.contacts()).toHaveLength(1);
  });

  it('verify a contact until its code changes', () => {
    const code = here.chat.securityCode(bob)!;
    expect(here.chat.verify(bob, '1 2 3')).toEqual({ verified: false, code });
    expect(here.chat.verify(bob, code.replaceAll(' ', ''))).toEqual({ verified: true, code });
    expect(here.chat.contacts()[0]!.verified).toBe(true);
    here.chat.verify(bob, '1 2 3');
    expect(here.chat.contacts()[0]!.verified).toBe(true);
    here.ratchetHash = new Uint8Array(32).fill(2);
    here.chat.start();
    here.clock.advance(10);
    expect(here.chat.contacts()[0]!.verified).toBe(false);
    expect(here.events.at(-1)).toMatchObject({ kind: 'verificationReset', contact: { localName: 'bob' } });
    here.chat.verify(bob, here.chat.securityCode(bob));
    here.chat.verify(bob, undefined);
    expect(here.chat.contacts()[0]!.verified).toBe(false);
  });

  it('allow features to one contact or to all, and tell whom it concerns', () => {
    here.addContact('carol');
    here.sent.splice(0);
    here.chat.setFeature('fullDelete', 'yes', bob);
    expect(here.sent).toMatchObject([{ kind: 'x.info', profile: { preferences: { fullDelete: { allow: 'yes' } } } }]);
    here.chat.setFeature('fullDelete', 'always', undefined);
    here.clock.advance(10);
    expect(here.sent.slice(1)).toMatchObject([
      { profile: { displayName: 'me', preferences: { fullDelete: { allow: 'yes' } } } },
      { profile: { preferences: { fullDelete: { allow: 'always' }, timedMessages: { allow: 'yes' } } } },
    ]);
    expect(here.chat.ownFeatures()[1]).toEqual({ feature: 'fullDelete', allow: 'always' });
    expect(here.chat.features(bob)[1]).toEqual({
      feature: 'fullDelete',
      ours: 'yes',
      theirs: 'no',
      forUs: false,
      forContact: false,
    });
  });

  it('know how much waits to be sent', () => {
    here.chat.sendText(bob, 'one');
    expect(here.chat.status()).toEqual({ connected: [], disconnected: [], sending: 1 });
  });
});
