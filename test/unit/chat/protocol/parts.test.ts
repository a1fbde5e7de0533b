import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseName, quoteName } from '../../../../src/apps/cli/name-syntax.ts';
import * as p from '../../../../src/chat/protocol/index.ts';
import { DecodeError } from '../../../../src/encoding/index.ts';

describe('profiles', () => {
  it('need a name only, and keep what they do not know', () => {
    expect(p.decodeProfile({ displayName: 'a' })).toMatchObject({ displayName: 'a', fullName: '', image: undefined });
    const json: p.JsonObject = {
      displayName: 'a',
      fullName: '',
      contactLink: 'simplex:/a',
      peerType: 'bot',
      preferences: { voice: { allow: 'sometimes' }, sessions: { allow: 'yes' }, calls: { allow: 'no' } },
    };
    const profile = p.decodeProfile(json);
    expect(profile.preferences).toMatchObject({ voice: undefined, calls: { allow: 'no' } });
    expect(p.encodeProfile(profile)).toEqual(json);
    for (const bad of [undefined, null, [], 'a', {}, { displayName: 1 }]) {
      expect(() => p.decodeProfile(bad)).toThrow(DecodeError);
    }
  });

  it('of our own state the official defaults', () => {
    const own = { displayName: 'a', fullName: '', shortDescr: undefined, image: undefined };
    expect(p.encodeProfile({ ...own, preferences: p.defaultChatPreferences })).toEqual({
      displayName: 'a',
      fullName: '',
      preferences: {
        timedMessages: { allow: 'yes' },
        fullDelete: { allow: 'no' },
        reactions: { allow: 'yes' },
        voice: { allow: 'yes' },
        calls: { allow: 'yes' },
      },
    });
  });

  it('enable a feature for both, one or nobody', () => {
    const none = p.decodePreferences({});
    const allow = (value: string) => p.decodePreferences({ voice: { allow: value }, timedMessages: { allow: value } });
    expect(p.featureEnabled('voice', none, none)).toEqual({ forUs: true, forContact: true });
    expect(p.featureEnabled('fullDelete', none, none)).toEqual({ forUs: false, forContact: false });
    expect(p.featureEnabled('voice', allow('no'), allow('always'))).toEqual({ forUs: true, forContact: false });
    expect(p.featureEnabled('voice', allow('always'), allow('no'))).toEqual({ forUs: false, forContact: true });
    expect(p.featureEnabled('voice', allow('yes'), allow('no'))).toEqual({ forUs: false, forContact: false });
    const timed = p.featureEnabled('timedMessages', allow('always'), allow('no'));
    expect(timed).toEqual({ forUs: false, forContact: false });
  });
});

describe('content', () => {
  it('of an unknown or broken kind is kept whole and shown by its text', () => {
    for (const json of [
      { type: 'poll', text: 'which?', options: [1, 2] },
      { type: 'image', text: 'which?' },
      { type: 'voice', text: 'which?', duration: 'long' },
    ]) {
      const content = p.decodeContent(json);
      expect(content).toEqual({ kind: 'unknown', type: json.type, text: 'which?', json });
      expect(p.encodeContent(content)).toEqual(json);
      expect(p.contentText(content)).toBe('which?');
    }
    expect(p.contentText(p.decodeContent({ type: 'poll' }))).toBe('unknown message type');
    expect(() => p.decodeContent({ text: 'a' })).toThrow(DecodeError);
  });

  it('has a text for every kind', () => {
    const text = (json: p.JsonObject) => p.contentText(p.decodeContent(json));
    expect(text({ type: 'voice', text: '', duration: 65 })).toBe('voice message (01:05)');
    expect(text({ type: 'voice', text: 'hm', duration: 5 })).toBe('voice message (00:05); hm');
    expect(text({ type: 'voice', text: 'hm', duration: 1e300 })).toBe('voice message; hm');
    expect(text({ type: 'report', text: '', reason: 'spam' })).toBe('report spam');
    expect(text({ type: 'report', text: 'see', reason: 'spam' })).toBe('report spam: see');
    expect(text({ type: 'image', text: '', image: '' })).toBe('[image]');
    expect(text({ type: 'chat', text: 'join', chatLink: {} })).toBe('join');
  });
});

describe('reactions', () => {
  it('of unknown kinds are kept', () => {
    for (const reaction of [{ type: 'sticker', id: 5 }, { type: 'emoji', emoji: '👍', skin: 3 }, { type: 'emoji' }]) {
      const params = { msgId: 'AQ==', add: false, reaction, memberId: 'x' };
      const event = p.decodeEvent('x.msg.react', params);
      expect(event).toMatchObject({ reaction: { kind: 'unknown' } });
      expect(p.encodeParams(event)).toEqual(params);
    }
  });
});

describe('versions', () => {
  it('are agreed on, or not', () => {
    expect(p.agreedChatVersion({ min: 1, max: 15 })).toBe(15);
    expect(p.agreedChatVersion({ min: 9, max: 20 })).toBe(15);
    expect(p.agreedChatVersion({ min: 1, max: 9 })).toBe(9);
    expect(p.agreedChatVersion({ min: 1, max: 8 })).toBeUndefined();
    expect(p.agreedChatVersion({ min: 16, max: 17 })).toBeUndefined();
  });

  it('are read strictly', () => {
    expect(p.parseVersionRange('9-15')).toEqual({ min: 9, max: 15 });
    expect(p.parseVersionRange('9')).toEqual({ min: 9, max: 9 });
    for (const bad of ['', '-', '9-', '15-9', 'a', '1-70000', '1-2-3', ' 1']) {
      expect(p.parseVersionRange(bad)).toBeUndefined();
    }
    expect(p.encodeVersionRange(p.chatVersions)).toBe('9-15');
  });
});

describe('names', () => {
  it.each([
    ['alice', 'alice'],
    [' alice ', 'alice'],
    ['#alice', 'alice'],
    ['@alice', 'alice'],
    ["O'Neil", 'ONeil'],
    ['Alice (work)', 'Alice (work)'],
    ['Alice B. (work)', 'Alice B. work)'],
    ['al\u0000i\u001b[31mce', 'ali[31mce'],
    ['a\u202eb\u2066c', 'abc'],
    ['Мария 🙂', 'Мария 🙂'],
    ['a....b', 'a...b'],
    ['a\u00a0\tb', 'a b'],
    ['...', ''],
    ['x'.repeat(60), 'x'.repeat(50)],
  ])('%j becomes %j', (name, valid) => {
    expect(p.validName(name)).toBe(valid);
    expect(p.isValidName(name)).toBe(name === valid && name !== '');
  });

  it('are valid once made valid, and survive commands', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 80 }), (text) => {
        const name = p.validName(text);
        expect(p.validName(name)).toBe(name);
        if (name === '') return;
        expect(parseName(`${quoteName(name)} hi`)).toEqual({ name, rest: ' hi' });
      }),
    );
  });

  it('are told apart by a number', () => {
    const taken = new Set(['bob', 'bob_1']);
    expect(p.localName('alice', (n) => taken.has(n))).toBe('alice');
    expect(p.localName('bob', (n) => taken.has(n))).toBe('bob_2');
  });

  it('are read as commands have them', () => {
    expect(parseName("'Alice B' hi")).toEqual({ name: 'Alice B', rest: ' hi' });
    expect(parseName('bob,carol')).toEqual({ name: 'bob', rest: ',carol' });
    for (const bad of ['', ' bob', '@bob', '#bob', "'", "''", "'bob"]) expect(parseName(bad)).toBeUndefined();
  });
});
