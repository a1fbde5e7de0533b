import { describe, expect, it } from 'vitest';
import { commandNames, parseCommand } from '../../../../src/apps/cli/commands/parse.ts';
import { asEdit, toRemember } from '../../../../src/apps/cli/commands/recall.ts';
import { completion } from '../../../../src/apps/cli/terminal/complete.ts';

describe('commands', () => {
  it.each([
    ['/c', { kind: 'invite' }],
    ['/connect', { kind: 'invite' }],
    ['/c simplex:/inv\n  itation#/?a=b ', { kind: 'connect', link: 'simplex:/invitation#/?a=b' }],
    ['@bob hello  there', { kind: 'send', name: 'bob', text: 'hello  there' }],
    ["@'Alice B' hi", { kind: 'send', name: 'Alice B', text: 'hi' }],
    ['@bob   indented', { kind: 'send', name: 'bob', text: '  indented' }],
    ['@bob "one\\ntwo"', { kind: 'send', name: 'bob', text: 'one\ntwo' }],
    ['@bob "not" json"', { kind: 'send', name: 'bob', text: '"not" json"' }],
    ['/contacts', { kind: 'contacts' }],
    ['/chats', { kind: 'chats', count: 20 }],
    ['/cs 5', { kind: 'chats', count: 5 }],
    ['/chats all', { kind: 'chats', count: Number.MAX_SAFE_INTEGER }],
    ['/tail', { kind: 'tail', name: undefined, count: 10 }],
    ['/t 3', { kind: 'tail', name: undefined, count: 3 }],
    ['/tail @bob', { kind: 'tail', name: 'bob', count: 10 }],
    ["/t @'Alice B' 25", { kind: 'tail', name: 'Alice B', count: 25 }],
    ['/p', { kind: 'profile' }],
    ['/u', { kind: 'profile' }],
    ['/p bob', { kind: 'rename', name: 'bob' }],
    ["/profile 'Bob B'", { kind: 'rename', name: 'Bob B' }],
    ['/d @bob', { kind: 'delete', name: 'bob' }],
    ['/delete bob', { kind: 'delete', name: 'bob' }],
    ['/code @bob ', { kind: 'code', name: 'bob' }],
    ['/i bob', { kind: 'info', name: 'bob' }],
    ['/smp', { kind: 'servers' }],
    ['/h', { kind: 'help', topic: '' }],
    ['/help Files', { kind: 'help', topic: 'files' }],
    ['/markdown', { kind: 'help', topic: 'markdown' }],
    ['> @bob (hi) there', { kind: 'reply', name: 'bob', author: 'contact', start: 'hi', text: 'there' }],
    [">>@'Alice B' () there", { kind: 'reply', name: 'Alice B', author: 'us', start: '', text: 'there' }],
    [
      '> @bob (hi there)  "one\\ntwo"',
      { kind: 'reply', name: 'bob', author: 'contact', start: 'hi there', text: ' "one\\ntwo"' },
    ],
    ['> @bob (a)\none\ntwo', { kind: 'reply', name: 'bob', author: 'contact', start: 'a', text: 'one\ntwo' }],
    ['! @bob (old) new', { kind: 'edit', name: 'bob', start: 'old', text: 'new' }],
    ['!@bob new (text)', { kind: 'edit', name: 'bob', start: '', text: 'new (text)' }],
    ['! @bob () (text)', { kind: 'edit', name: 'bob', start: '', text: '(text)' }],
    ['\\ @bob hi there', { kind: 'deleteMessage', name: 'bob', start: 'hi there', scope: 'everyone' }],
    ['\\@bob hi', { kind: 'deleteMessage', name: 'bob', start: 'hi', scope: 'everyone' }],
    ['\\\\ @bob hi', { kind: 'deleteMessage', name: 'bob', start: 'hi', scope: 'here' }],
    ['+1 bob hi there', { kind: 'react', name: 'bob', start: 'hi there', emoji: '👍', add: true }],
    ['-1 @bob hi', { kind: 'react', name: 'bob', start: 'hi', emoji: '👍', add: false }],
    ['++ @bob', { kind: 'react', name: 'bob', start: '', emoji: '👍', add: true }],
    ["+* @'Alice B' hi", { kind: 'react', name: 'Alice B', start: 'hi', emoji: '❤', add: true }],
    ['+❤️ @bob hi', { kind: 'react', name: 'bob', start: 'hi', emoji: '❤', add: true }],
    ['+🚀 @bob hi', { kind: 'react', name: 'bob', start: 'hi', emoji: '🚀', add: true }],
    ['/search hello there', { kind: 'search', name: undefined, count: 10, text: 'hello there' }],
    ['/? @bob 5 hello', { kind: 'search', name: 'bob', count: 5, text: 'hello' }],
    ['/search 42', { kind: 'search', name: undefined, count: 10, text: '42' }],
    ['/clear @bob', { kind: 'clear', name: 'bob' }],
    ['/verify @bob 12345 67890', { kind: 'verify', name: 'bob', code: '12345 67890' }],
    ['/verify bob', { kind: 'verify', name: 'bob', code: undefined }],
    ['/reveal @bob the', { kind: 'reveal', name: 'bob', start: 'the' }],
    ['/pin @bob hi there ', { kind: 'pin', name: 'bob', start: 'hi there' }],
    ["/unpin 'Alice B' hi", { kind: 'unpin', name: 'Alice B', start: 'hi' }],
    ['/pins', { kind: 'pins', name: undefined }],
    ['/pins @bob', { kind: 'pins', name: 'bob' }],
    ['/set', { kind: 'features', name: undefined }],
    ['/set @bob', { kind: 'features', name: 'bob' }],
    ['/set delete yes', { kind: 'setFeature', feature: 'fullDelete', name: undefined, allow: 'yes' }],
    ["/set voice @'Alice B' always", { kind: 'setFeature', feature: 'voice', name: 'Alice B', allow: 'always' }],
    ['/set reactions off', { kind: 'setFeature', feature: 'reactions', name: undefined, allow: 'no' }],
    ['/v', { kind: 'version' }],
    ['/q', { kind: 'quit' }],
    ['/exit', { kind: 'quit' }],
  ])('%j', (line, command) => {
    expect(parseCommand(line)).toEqual(command);
  });

  it.each([
    '> @bob hi',
    '> bob (hi) x',
    '! @bob',
    '! bob x',
    '\\ @bob',
    '\\\\ #team @bob hi',
    '+1',
    '+1 @',
    '-',
    'hello',
    '#team hi',
    '@',
    '@bob',
    '@bob  ',
    '@ bob',
    '/',
    '/nope',
    '/constructor',
    '/code',
    '/d @a b',
  ])('refuses %j with a reason', (line) => {
    expect(parseCommand(line)).toMatchObject({ kind: 'invalid', reason: expect.stringMatching(/.{10}/) });
  });

  it.each([
    '/tail x',
    '/t 0',
    '/cs -1',
    '/p a b',
    '/c i',
    '/c short',
    '/smp smp://x',
    '/quit now',
    '/contacts all',
    '/search',
    '/search @bob',
    '/verify',
    '/verify @bob abc',
    '/clear',
    '/pin',
    '/pin @bob',
    '/unpin @bob',
    '/pins @',
    '/pins @bob x',
    '/set x yes',
    '/set delete',
    '/set delete @',
    '/set delete maybe',
    '/set disappear yes',
    '/set toString yes',
  ])('refuses the arguments of %j', (line) => {
    expect(parseCommand(line)).toMatchObject({ kind: 'invalid' });
  });

  it('says how to use a command by the name that was typed', () => {
    const reason = (line: string) => parseCommand(line);
    expect(reason('/p Ali Z')).toEqual({
      kind: 'invalid',
      reason: "use /p <name>, in quotes when it has spaces: /p 'Alice B'",
    });
    expect(reason('/profile Ali Z')).toMatchObject({ reason: expect.stringContaining("/profile 'Alice B'") });
    expect(reason('/d')).toMatchObject({ reason: expect.stringMatching(/^use \/d @<name>.*: \/d @'Alice B'$/) });
    expect(reason('/t @bob x')).toMatchObject({ reason: 'use /t [@<name>] [<number>]' });
  });

  it('takes nothing for an empty line', () => {
    expect(parseCommand('')).toBeUndefined();
    expect(parseCommand(' \t')).toBeUndefined();
  });
});

describe('completion', () => {
  const names = ['alice', 'alina', 'bob', 'Alice B', 'Zoë Smith', 'Zoë Summers'];
  it.each([
    ['/cont', '/contacts '],
    ['/connec', '/connect '],
    ['/help ma', '/help markdown '],
    ['/set de', '/set delete '],
    ['@bo', '@bob '],
    ['@BO', '@bob '],
    ['@alin', '@alina '],
    ["@'Alice ", "@'Alice B' "],
    ['@alice b', "@'Alice B' "],
    ['@Zo', "@'Zoë S"],
    ["@'Zoë Sm", "@'Zoë Smith' "],
    ['/code @b', '/code @bob '],
    ['/verify b', '/verify bob '],
    ['/unp', '/unpin '],
    ['/pin @b', '/pin @bob '],
    ['/unpin @b', '/unpin @bob '],
    ['/pins b', '/pins bob '],
    ['/set voice @b', '/set voice @bob '],
    ['> @b', '> @bob '],
    ['>>@b', '>>@bob '],
    ['! @b', '! @bob '],
    ['\\ @b', '\\ @bob '],
    ['+1 b', '+1 bob '],
  ])('%j becomes %j', (before, after) => {
    expect(completion(before, names)).toEqual({ before: after, choices: expect.anything() });
  });

  it('shows what there is when more than one thing fits, and changes nothing else', () => {
    expect(completion('/co', names)).toEqual({ before: '/co', choices: ['connect', 'contacts', 'code'] });
    expect(completion('@al', names)).toEqual({ before: '@ali', choices: ['alice', 'alina', "'Alice B'"] });
    for (const text of ['@zed', 'hello @al', '@bob hello wor', '', '@bob hi\n@al']) {
      expect(completion(text, names)).toEqual({ before: text, choices: [] });
    }
    expect(completion('@', []).choices).toEqual([]);
    expect(commandNames).toContain('connect');
  });
});

describe('lines of before', () => {
  it('that sent something can be changed', () => {
    expect(asEdit('@bob hello')).toBe('! @bob hello');
    expect(asEdit("> @'Alice B' (hi) hello")).toBe("! @'Alice B' hello");
    expect(asEdit('@bob (really)')).toBe('! @bob () (really)');
    expect(asEdit('/contacts')).toBeUndefined();
    // What a terminal would obey stays quoted.
    expect(asEdit('@bob "a\\u001b]0;x\\u0007b"')).toBe('! @bob "a\\u001b]0;x\\u0007b"');
  });

  it('are kept unless they are of no use, or say what is to be gone', () => {
    expect(toRemember('@bob hello')).toEqual({ name: 'bob' });
    expect(toRemember('/p bob')).toEqual({ name: undefined });
    expect(toRemember('/chats')).toEqual({ name: undefined });
    for (const line of ['\\ @bob hi', '/delete @bob', '/c simplex:/x', '/verify @bob 1', 'nonsense', '/q', '']) {
      expect(toRemember(line)).toBeUndefined();
    }
  });
});
