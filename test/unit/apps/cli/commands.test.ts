import { describe, expect, it } from 'vitest';
import { commandNames, parseCommand } from '../../../../src/apps/cli/commands.ts';
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
    ['/h', { kind: 'help' }],
    ['/help files', { kind: 'help' }],
    ['/v', { kind: 'version' }],
    ['/q', { kind: 'quit' }],
    ['/exit', { kind: 'quit' }],
  ])('%j', (line, command) => {
    expect(parseCommand(line)).toEqual(command);
  });

  it.each(['hello', '#team hi', '@', '@bob', '@bob  ', '@ bob', '/', '/nope', '/constructor', '/code', '/d @a b'])(
    'refuses %j with a reason',
    (line) => {
      expect(parseCommand(line)).toMatchObject({ kind: 'invalid', reason: expect.stringMatching(/.{10}/) });
    },
  );

  it.each(['/tail x', '/t 0', '/cs -1', '/p a b', '/c i', '/c short', '/smp smp://x', '/quit now', '/contacts all'])(
    'refuses the arguments of %j',
    (line) => {
      expect(parseCommand(line)).toMatchObject({ kind: 'invalid' });
    },
  );

  it('takes nothing for an empty line', () => {
    expect(parseCommand('')).toBeUndefined();
    expect(parseCommand(' \t')).toBeUndefined();
  });
});

describe('completion', () => {
  it('adds what all candidates have in common', () => {
    expect(completion('/cont', [])).toBe('acts ');
    expect(completion('/co', [])).toBe('');
    expect(completion('/connec', [])).toBe('t ');
    expect(completion('@al', ['alice', 'bob'])).toBe('ice ');
    expect(completion('@al', ['alice', 'alina'])).toBe('i');
    expect(completion('/code @b', ['alice', 'bob'])).toBe('ob ');
    expect(completion('@zed', ['alice'])).toBe('');
    expect(completion('hello @al', ['alice'])).toBe('');
    expect(commandNames).toContain('connect');
  });
});
