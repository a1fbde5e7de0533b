import { describe, expect, it } from 'vitest';
import { MAX_PASTE } from '../../../../src/apps/cli/commands/paste-limits.ts';
import { asEdit } from '../../../../src/apps/cli/commands/recall.ts';
import { LineEditor } from '../../../../src/apps/cli/terminal/editor.ts';
import { layoutInput } from '../../../../src/apps/cli/terminal/input-layout.ts';
import { type Key, KeyReader } from '../../../../src/apps/cli/terminal/keys.ts';

const ESC = '\u001b';

describe('keys', () => {
  const keys = (...chunks: readonly string[]): Key[] => {
    const reader = new KeyReader();
    return chunks.flatMap((chunk) => [...reader.read(Buffer.from(chunk, 'latin1'))]);
  };

  it('are read whole from pieces', () => {
    const bytes = Buffer.from(`é🙂${ESC}[A${ESC}[1;5D${ESC}[200~a\rb${ESC}[201~\r`).toString('latin1');
    const whole = [
      { kind: 'text', text: 'é🙂' },
      { kind: 'up' },
      { kind: 'word-left' },
      { kind: 'paste', text: 'a\rb' },
      { kind: 'enter' },
    ];
    expect(keys(bytes)).toEqual(whole);
    const pieces = keys(...bytes);
    const text = pieces.map((key) => (key.kind === 'text' ? key.text : '')).join('');
    expect(text).toBe('é🙂');
    expect(pieces.filter((key) => key.kind !== 'text')).toEqual(whole.slice(1));
  });

  it('that are not known are ignored', () => {
    expect(keys(`${ESC}[99~x${ESC}[?1;2cy\u0000${ESC}z\u00c2\u009b`)).toEqual([
      { kind: 'text', text: 'x' },
      { kind: 'text', text: 'y' },
    ]);
    expect(keys(`${ESC}[0000000000000000000000x`).length).toBeLessThan(3);
  });
});

describe('an escape character alone', () => {
  const paste = `${ESC}[200~one\rtwo\r${ESC}[201~`;

  it.each([
    ['a paste', paste, [{ kind: 'paste', text: 'one\rtwo\r' }]],
    ['an arrow', `${ESC}[A`, [{ kind: 'up' }]],
    ['another one and an arrow', `${ESC}${ESC}OB`, [{ kind: 'down' }]],
    ['Ctrl-C', '\u0003', [{ kind: 'interrupt' }]],
    ['Ctrl-U', '\u0015', [{ kind: 'delete-to-start' }]],
    ['a bracket and Ctrl-C', '[\u0003', [{ kind: 'text', text: '[' }, { kind: 'interrupt' }]],
    [
      'an O and a paste',
      `O${paste}`,
      [
        { kind: 'text', text: 'O' },
        { kind: 'paste', text: 'one\rtwo\r' },
      ],
    ],
    ['Enter, as Alt sends it', '\r', [{ kind: 'newline' }]],
  ] as const)('takes nothing from %s', (_, after, expected) => {
    expect([...new KeyReader().read(Buffer.from(ESC + after))]).toEqual(expected);
    const reader = new KeyReader();
    expect([...(ESC + after)].flatMap((char) => [...reader.read(Buffer.from(char))])).toEqual(expected);
  });
});

describe('a paste that is too long', () => {
  const lines = '@bob x\r'.repeat(MAX_PASTE / 7 + 10);
  const bytes = Buffer.from(`${ESC}[200~${lines}${ESC}[201~y`);
  const expected = [{ kind: 'refused-paste' }, { kind: 'text', text: 'y' }];

  it.each([bytes.length, 65_536, 4_099])('is refused to its end, in chunks of %i', (size) => {
    const reader = new KeyReader();
    const keys: Key[] = [];
    for (let at = 0; at < bytes.length; at += size) keys.push(...reader.read(bytes.subarray(at, at + size)));
    expect(keys).toEqual(expected);
  });

  it('is refused where its end is split', () => {
    const reader = new KeyReader();
    const end = bytes.length - 4;
    expect([bytes.subarray(0, end), bytes.subarray(end)].flatMap((chunk) => [...reader.read(chunk)])).toEqual(expected);
  });
});

describe('the line editor', () => {
  const edit = (editor: LineEditor, ...kinds: readonly (Key['kind'] | { readonly text: string })[]) => {
    for (const each of kinds) {
      editor.press(typeof each === 'string' ? ({ kind: each } as Key) : { kind: 'text', text: each.text });
    }
    return `${editor.line.before}|${editor.line.after}`;
  };

  it('moves and deletes by what a person sees as a character', () => {
    const editor = new LineEditor();
    expect(edit(editor, { text: 'a👩‍👩‍👧e\u0301日' }, 'left', 'left')).toBe('a👩‍👩‍👧|e\u0301日');
    expect(edit(editor, 'backspace')).toBe('a|e\u0301日');
    expect(edit(editor, 'delete')).toBe('a|日');
    expect(edit(editor, 'home', 'right', 'right', 'right')).toBe('a日|');
    expect(edit(editor, 'backspace', 'backspace', 'backspace')).toBe('|');
  });

  it('knows words and ends', () => {
    const editor = new LineEditor();
    expect(edit(editor, { text: '@bob one  two' }, 'word-left')).toBe('@bob one  |two');
    expect(edit(editor, 'word-left')).toBe('@bob |one  two');
    expect(edit(editor, 'word-right')).toBe('@bob one|  two');
    expect(edit(editor, 'delete-word')).toBe('@bob |  two');
    expect(edit(editor, 'delete-to-end')).toBe('@bob |');
    expect(edit(editor, 'left', 'delete-to-start')).toBe('| ');
    expect(edit(editor, 'end', { text: 'x' }, 'home')).toBe('| x');
  });

  it('remembers lines, and the one that was being typed', () => {
    const editor = new LineEditor();
    edit(editor, { text: '/one' }, 'enter', { text: '/two' }, 'enter', { text: '/draft' });
    expect(edit(editor, 'up')).toBe('/two|');
    expect(edit(editor, 'up', 'up')).toBe('/one|');
    expect(edit(editor, 'down', 'down')).toBe('/draft|');
    expect(edit(editor, 'down')).toBe('/draft|');
  });

  it('puts the recipient in front of what is no command', () => {
    const editor = new LineEditor();
    editor.recipient = '@bob ';
    const entered = (text: string) => {
      editor.insert(text);
      return editor.press({ kind: 'enter' });
    };
    expect(entered('hi')).toEqual({ kind: 'submit', line: '@bob hi' });
    expect(entered(' /hi')).toEqual({ kind: 'submit', line: '@bob  /hi' });
    for (const line of ['/contacts', '@al hi']) expect(entered(line)).toEqual({ kind: 'submit', line });
    // What was sent comes back with whom it went to.
    editor.recipient = '@al ';
    editor.press({ kind: 'up' });
    editor.press({ kind: 'up' });
    editor.press({ kind: 'up' });
    expect(editor.line.before).toBe('@bob  /hi');
  });

  it('clears with Ctrl-C, and leaves when there is nothing to clear', () => {
    const editor = new LineEditor();
    edit(editor, { text: 'abc' });
    expect(editor.press({ kind: 'interrupt' })).toEqual({ kind: 'none' });
    expect(editor.press({ kind: 'interrupt' })).toEqual({ kind: 'quit' });
    expect(editor.press({ kind: 'end-of-input' })).toEqual({ kind: 'quit' });
  });

  it('keeps the lines of a paste, and does not send it', () => {
    const editor = new LineEditor();
    editor.press({ kind: 'paste', text: `one${ESC}\r\n\ttwo\rthree\r\n` });
    expect(editor.line.before).toBe('one\n\ttwo\nthree');
    expect(editor.press({ kind: 'enter' })).toEqual({ kind: 'submit', line: 'one\n\ttwo\nthree' });
  });

  it('has lines, and moves between them', () => {
    const editor = new LineEditor();
    expect(edit(editor, 'newline', { text: '/abc' }, 'newline', { text: 'd' }, 'newline', { text: 'efg' })).toBe(
      '/abc\nd\nefg|',
    );
    expect(edit(editor, 'up')).toBe('/abc\nd|\nefg');
    expect(edit(editor, 'up')).toBe('/|abc\nd\nefg');
    expect(edit(editor, 'down')).toBe('/abc\nd|\nefg');
    expect(edit(editor, 'down', 'down')).toBe('/abc\nd\ne|fg');
  });

  it('offers the last message for a change before it goes back', () => {
    const editor = new LineEditor(['/contacts', '@bob hello'], asEdit);
    expect(edit(editor, 'up')).toBe('! @bob hello|');
    expect(edit(editor, 'down')).toBe('|');
    expect(edit(editor, 'up', 'up')).toBe('@bob hello|');
    expect(edit(editor, 'up', 'up')).toBe('/contacts|');
    expect(edit(editor, 'down', 'down')).toBe('|');
    expect(edit(editor, { text: '/x' }, 'up')).toBe('@bob hello|');
    expect(edit(editor, 'down')).toBe('/x|');
  });

  it('fills in the recipient after the sign of a command about a message', () => {
    const editor = new LineEditor();
    editor.recipient = '@bob ';
    for (const sign of ['>', '>>', '!', '\\', '\\\\']) {
      expect(edit(editor, ...Array.from(sign, (text) => ({ text })), { text: ' ' })).toBe(`${sign} @bob |`);
      edit(editor, 'delete-to-start');
    }
  });
});

describe('the typed text', () => {
  const layout = (before: string, after: string, columns: number) => layoutInput('> ', before, after, columns);

  it('is broken between words, with the cursor where it belongs', () => {
    expect(layout('@bob one two', ' three', 12)).toEqual({ rows: ['> @bob one ', 'two three'], row: 1, column: 3 });
    expect(layout('@bob one ', 'two', 12)).toEqual({ rows: ['> @bob one ', 'two'], row: 1, column: 0 });
    expect(layout('@bob', ' one two', 12)).toEqual({ rows: ['> @bob one ', 'two'], row: 0, column: 6 });
  });

  it('is broken anywhere where there is no other way', () => {
    expect(layout('abcdefghijkl', '', 8)).toEqual({ rows: ['> abcdef', 'ghijkl'], row: 1, column: 6 });
    expect(layout('abcdef', '', 8)).toEqual({ rows: ['> abcdef', ''], row: 1, column: 0 });
    expect(layout('日本語日', '', 8)).toEqual({ rows: ['> 日本語', '日'], row: 1, column: 2 });
  });

  it('has lines of its own', () => {
    expect(layout('a\tb\n', 'c', 12)).toEqual({ rows: ['> a b', '  c'], row: 1, column: 2 });
  });
});
