import { beforeEach, describe, expect, it } from 'vitest';
import type { ContactId } from '../../../../src/chat/api.ts';
import { decodeQuote, simpleContainer, textContent } from '../../../../src/chat/protocol/index.ts';
import { idOf, LonelyChat } from '../../../harness/lonely-chat.ts';

const DAY = 24 * 3600 * 1000;
let here: LonelyChat;
let bob: ContactId;

beforeEach(() => {
  here = new LonelyChat();
  bob = here.addContact('bob');
  here.sent.splice(0);
});

const say = (text: string, n: number) =>
  here.receive('bob', { kind: 'x.msg.new', container: simpleContainer(textContent(text)) }, idOf(n));
const items = () => here.chat.items(bob, 100);
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
    for (const text of blank) expect(() => here.chat.sendText(bob, text)).toThrow('There is nothing to send');
    const { itemId } = here.chat.sendText(bob, '"');
    for (const text of blank) expect(() => here.chat.editMessage(itemId, text)).toThrow('cannot become empty');
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
    expect(() => here.chat.editMessage(itemId, 'hello')).toThrow(/same as before/);
    expect(() => here.chat.editMessage(itemId, ' ')).toThrow(/cannot become empty/);
    here.clock.advance(1);
    expect(() => here.chat.editMessage(itemId, 'late')).toThrow(/within a day/);
    expect(() => here.chat.deleteMessage(itemId, 'everyone')).toThrow(/within a day/);
    say('theirs', 1);
    expect(() => here.chat.editMessage(items().at(-1)!.itemId, 'mine')).toThrow(/you have sent/);
  });

  it('delete a message for everyone: it is marked, or gone where that is allowed to us', () => {
    const first = here.chat.sendText(bob, 'first');
    expect(here.chat.deleteMessage(first.itemId, 'everyone')).toMatchObject({ removed: false });
    expect(() => here.chat.deleteMessage(first.itemId, 'everyone')).toThrow(/deleted already/);
    expect(() => here.chat.editMessage(first.itemId, 'x')).toThrow(/deleted already/);
    prefer({ fullDelete: 'always' });
    const second = here.chat.sendText(bob, 'second');
    here.chat.rememberInput('@bob second', bob);
    here.chat.rememberInput('@bob other', bob);
    expect(here.chat.deleteMessage(second.itemId, 'everyone')).toMatchObject({ removed: true });
    expect(items()).toMatchObject([{ text: 'first', deletedAt: here.clock.now() }]);
    expect(here.chat.inputHistory()).toEqual(['@bob other']);
    expect(here.sent.filter((event) => event.kind === 'x.msg.del')).toHaveLength(2);
  });

  it('leave nothing of what was deleted among the lines that were typed, and the others alone', () => {
    const typed = (...lines: string[]) => {
      for (const line of lines) here.chat.rememberInput(line, bob);
    };
    const pin = here.chat.sendText(bob, 'my pin is 1234');
    typed('@bob my pin is 1234', '@bob "my pin is 1234"', '@bob see you at nine');
    here.chat.editMessage(pin.itemId, 'oops');
    typed('! @bob (my pin) oops');
    here.chat.deleteMessage(pin.itemId, 'here');
    expect(here.chat.inputHistory()).toEqual(['@bob see you at nine']);
    // A contact takes back what it said: that is nothing we typed.
    prefer({ fullDelete: 'always' });
    here.chat.setFeature('fullDelete', 'always', bob);
    say('e', 1);
    here.receive('bob', { kind: 'x.msg.del', msgId: idOf(1), other: {} });
    expect(items()).toEqual([]);
    expect(here.chat.inputHistory()).toEqual(['@bob see you at nine']);
  });

  it('delete any message here, and tell nobody', () => {
    say('theirs', 1);
    here.receive('bob', { kind: 'x.msg.del', msgId: idOf(1), other: {} });
    expect(() => here.chat.itemByStart(bob, 'anybody', 'theirs')).toThrow(/no message/);
    here.chat.deleteMessage(here.chat.itemByStart(bob, 'anybody', 'theirs', true).itemId, 'here');
    expect(items()).toEqual([]);
    expect(here.sent).toEqual([]);
  });

  it('react as the contact allows', () => {
    say('hello', 1);
    const { itemId } = items()[0]!;
    for (const emoji of ['👍', '😀', '❤']) here.chat.react(itemId, emoji, true);
    expect(() => here.chat.react(itemId, '👍', true)).toThrow(/already added this reaction/);
    expect(() => here.chat.react(itemId, '🚀', true)).toThrow(/3 reactions/);
    expect(() => here.chat.react(itemId, '🚀', false)).toThrow(/not added this reaction/);
    expect(() => here.chat.react(itemId, '🦊', true)).toThrow(/reactions are 👍/);
    expect(here.chat.react(itemId, '👍', false).reactions).toHaveLength(2);
    prefer({ reactions: 'no' });
    expect(() => here.chat.react(itemId, '👍', true)).toThrow(/not allowed with bob/);
    expect(here.sent.filter((event) => event.kind === 'x.msg.react')).toHaveLength(4);
  });

  it('find a message by how it begins, in whatever case', () => {
    here.chat.sendText(bob, 'Straße 1');
    say('STRASSE 2', 1);
    here.chat.sendText(bob, 'Ὀδυσσεύς');
    const find = (author: 'us' | 'contact' | 'anybody', start: string) =>
      here.chat.itemByStart(bob, author, start).text;
    expect(find('us', 'strasse')).toBe('Straße 1');
    expect(find('contact', 'straße')).toBe('STRASSE 2');
    expect(find('anybody', 'STR')).toBe('STRASSE 2');
    expect(find('anybody', '')).toBe('Ὀδυσσεύς');
    expect(() => find('contact', 'Straße 1')).toThrow('There is no message from bob that begins with "Straße 1".');
    expect(() => find('us', '%')).toThrow(/no message from you to bob/);
  });

  it('search in any script, without the deleted', () => {
    for (const text of ['Привет, мир', 'привет', '日本語のテスト', 'ΟΔΟΣ', '100%']) here.chat.sendText(bob, text);
    const found = (text: string, count = 10) => here.chat.search(undefined, text, count).map((item) => item.text);
    expect(found('ПРИВЕТ')).toEqual(['Привет, мир', 'привет']);
    expect(found('привет', 1)).toEqual(['привет']);
    expect(found('本語')).toEqual(['日本語のテスト']);
    expect(found('οδος')).toEqual(['ΟΔΟΣ']);
    expect(found('%')).toEqual(['100%']);
    here.chat.deleteMessage(here.chat.itemByStart(bob, 'us', 'привет').itemId, 'everyone');
    expect(found('привет')).toEqual(['Привет, мир']);
    expect(() => found(' ')).toThrow(/What should/);
  });

  it('search what was stored before there was a search', () => {
    here.chat.sendText(bob, 'Before');
    here.sql.run('UPDATE chat_items SET folded = NULL');
    expect(here.chat.search(bob, 'before', 5)).toHaveLength(1);
    expect(here.sql.all('SELECT 1 FROM chat_items WHERE folded IS NULL')).toEqual([]);
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
    here.chat.rememberInput('@bob hi', bob);
    here.chat.rememberInput('/contacts', undefined);
    here.chat.clear(bob);
    expect(items()).toEqual([]);
    expect(here.chat.inputHistory()).toEqual(['/contacts']);
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

  it('keep the last lines that were typed', () => {
    for (let i = 1; i <= 510; i++) here.chat.rememberInput(`line ${i}`, undefined);
    here.chat.rememberInput('line 510', undefined);
    here.chat.rememberInput('x'.repeat(30_000), undefined);
    const lines = here.chat.inputHistory();
    expect([lines.length, lines[0], lines.at(-1)]).toEqual([500, 'line 11', 'line 510']);
  });

  it('know how much waits to be sent', () => {
    here.chat.sendText(bob, 'one');
    expect(here.chat.status()).toEqual({ connected: [], disconnected: [], sending: 1 });
  });
});
