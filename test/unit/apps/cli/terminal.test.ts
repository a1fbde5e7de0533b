import { describe, expect, it } from 'vitest';
import { plainStyle } from '../../../../src/apps/cli/render.ts';
import { type Outcome, Session } from '../../../../src/apps/cli/session.ts';
import { LineEditor } from '../../../../src/apps/cli/terminal/editor.ts';
import { type Key, KeyReader } from '../../../../src/apps/cli/terminal/keys.ts';
import { ask } from '../../../../src/apps/cli/terminal/prompt.ts';
import { qrLines } from '../../../../src/apps/cli/terminal/qr.ts';
import { Terminal } from '../../../../src/apps/cli/terminal/terminal.ts';
import { FakeChat } from '../../../harness/fake-chat.ts';
import { VirtualTerminal } from '../../../harness/virtual-terminal.ts';

const NOW = new Date(2026, 10, 23, 19, 26).getTime();
const ESC = '\u001b';
const settle = () => new Promise((resolve) => setImmediate(resolve));

function setUp(columns = 40, rows = 10) {
  const port = new VirtualTerminal(columns, rows);
  const chat = new FakeChat('me');
  chat.now = NOW;
  const terminal = new Terminal({ port, style: plainStyle, now: () => NOW });
  const abort = new AbortController();
  const session = new Session({
    chat,
    display: terminal.display,
    now: () => NOW,
    signal: abort.signal,
    onActive: (name) => terminal.setActive(name),
  });
  chat.onEvent = (event) => session.handle(event);
  const bob = chat.addContact('bob');
  const outcomes: Outcome[] = [];
  const execute = async (line: string) => {
    const outcome = await session.run(line);
    outcomes.push(outcome);
    return outcome;
  };
  const done = terminal.run(chat, execute, abort.signal);
  return { port, chat, terminal, bob, outcomes, done, abort };
}

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
    expect(edit(editor, { text: 'h' }, { text: 'i' })).toBe('@bob hi|');
    expect(edit(editor, 'delete-to-start', { text: '/' })).toBe('/|');
    expect(edit(editor, 'delete-to-start', { text: '@al' })).toBe('@al|');
  });

  it('clears with Ctrl-C, and leaves when there is nothing to clear', () => {
    const editor = new LineEditor();
    edit(editor, { text: 'abc' });
    expect(editor.press({ kind: 'interrupt' })).toEqual({ kind: 'none' });
    expect(editor.press({ kind: 'interrupt' })).toEqual({ kind: 'quit' });
    expect(editor.press({ kind: 'end-of-input' })).toEqual({ kind: 'quit' });
  });

  it('takes a paste as one line and does not send it', () => {
    const editor = new LineEditor();
    editor.press({ kind: 'paste', text: `/c simplex:/invi${ESC}\r\ntation\r\n` });
    expect(editor.line.before).toBe('/c simplex:/invi tation');
  });
});

describe('the terminal', () => {
  it('keeps the typed line below what arrives', () => {
    const { port, chat, bob } = setUp();
    port.type('@bob how ar');
    chat.receive(bob, 'are you there?');
    expect(port.text).toEqual(['19:26 bob> are you there?', '> @bob how ar']);
    expect(port.cursor).toEqual({ row: 1, column: 13 });
    port.type('e you');
    expect(port.text.at(-1)).toBe('> @bob how are you');
  });

  it('does so with a line of many rows, wide characters and the cursor inside', () => {
    const { port, chat, bob } = setUp(10, 8);
    port.type('/日本語日本語日本語');
    port.type(`${ESC}[D${ESC}[D`);
    expect(port.text).toEqual(['> /日本語', '日本語日本', '語']);
    expect(port.cursor).toEqual({ row: 1, column: 8 });
    chat.receive(bob, 'ok');
    expect(port.text).toEqual(['19:26 bob>', ' ok', '> /日本語', '日本語日本', '語']);
    port.type('x');
    expect(port.text.slice(2)).toEqual(['> /日本語', '日本語日x', '本語']);
  });

  it('puts the cursor on the next row when a row is full', () => {
    const { port, chat, bob } = setUp(10, 8);
    port.type('/1234567');
    expect(port.cursor).toEqual({ row: 1, column: 0 });
    chat.receive(bob, 'a');
    expect(port.text).toEqual(['19:26 bob>', ' a', '> /1234567']);
  });

  it('takes a long pasted link, longer than the screen', () => {
    const { port, chat, bob } = setUp(20, 5);
    const link = `simplex:/invitation#/?${'a'.repeat(700)}`;
    port.type(`/c ${ESC}[200~${link}${ESC}[201~`);
    expect(port.text).toHaveLength(4);
    chat.receive(bob, 'hi');
    port.type('\r');
    return settle().then(() => {
      expect(chat.links).toEqual([link]);
      expect([...port.scrolled, ...port.text].filter((row) => row.includes('bob>'))).toEqual(['19:26 bob> hi']);
    });
  });

  it('sends, and marks the message where it stands', async () => {
    const { port, chat, bob } = setUp();
    port.type('@bob hello\r');
    await settle();
    chat.receive(bob, 'hi');
    const item = chat.items(bob.contactId, 2)[0]!;
    chat.setStatus(item.itemId, { kind: 'sent' });
    port.type('next');
    expect(port.text).toEqual(['19:26 @bob hello ✓', '19:26 bob> hi', '> @bob next']);
    chat.setStatus(item.itemId, { kind: 'delivered', intact: true });
    expect(port.text).toEqual(['19:26 @bob hello ✓✓', '19:26 bob> hi', '> @bob next']);
    expect(port.cursor).toEqual({ row: 2, column: 11 });
  });

  it('tells of a delivery on a line of its own when the message is out of reach', async () => {
    const { port, chat, bob } = setUp(40, 4);
    port.type('@bob hello\r');
    await settle();
    for (const text of ['1', '2', '3', '4']) chat.receive(bob, text);
    const item = chat.items(bob.contactId, 5)[0]!;
    chat.setStatus(item.itemId, { kind: 'sent' });
    expect(port.text.at(-2)).toBe('19:26 bob> 4');
    chat.setStatus(item.itemId, { kind: 'delivered', intact: true });
    expect(port.text.at(-2)).toBe('✓✓ 19:26 @bob hello');
    const failing = chat.sendText(bob.contactId, 'x');
    chat.setStatus(failing.itemId, { kind: 'failed', reason: 'no room' });
    expect([...port.scrolled, ...port.text].join('')).toContain('✗ 19:26 @bob x — not sent: no room');
  });

  it('survives another size', () => {
    const { port } = setUp(40, 6);
    port.type('/some text that is rather long for it');
    port.columns = 20;
    port.onResize();
    port.type('!');
    expect(port.text.join('')).toContain('rather long for it!');
  });

  it('completes with Tab, shows errors, and leaves with /quit', async () => {
    const { port, outcomes, done, terminal } = setUp();
    port.type('/code @b\t\r');
    port.type('/nope\r');
    await settle();
    expect(port.text.slice(0, 2)).toEqual(['bob security code:', '12345 67890']);
    expect(port.text.join(' ')).toContain('no such command: /nope');
    port.type('/q\r');
    await done;
    terminal.close();
    terminal.display.print(['too late']);
    expect(outcomes).toEqual(['ok', 'failed', 'quit']);
    expect(port.running).toBe(false);
    expect(port.text.join('')).not.toContain('too late');
    expect(port.text.at(-1)).not.toContain('>');
  });

  it('ends when it is asked to, and with Ctrl-D', async () => {
    const one = setUp();
    one.abort.abort();
    await one.done;
    const two = setUp();
    two.port.type('\u0004');
    await two.done;
  });

  it('shows an invitation with its QR code where there is room', async () => {
    const { port } = setUp(80, 60);
    port.type('/c\r');
    await settle();
    expect(port.text[2]).toBe('simplex:/invitation#/?v=7&smp=abc');
    expect(port.text.join('')).toContain('▀');
    expect(qrLines('a'.repeat(600), 60, 60)).toEqual([]);
    expect(qrLines('abc', 80, 24).every((line) => line.startsWith(`${ESC}[30;107m`))).toBe(true);
  });
});

describe('questions', () => {
  it('show a name and hide a passphrase', async () => {
    for (const hidden of [false, true]) {
      const port = new VirtualTerminal(40, 5);
      const answer = ask(port, 'question: ', hidden);
      port.type('abd\u007fc');
      expect(port.text).toEqual([hidden ? 'question:' : 'question: abc']);
      port.type('\r');
      expect(await answer).toBe('abc');
      expect(port.running).toBe(false);
    }
  });

  it('can be left', async () => {
    const port = new VirtualTerminal(40, 5);
    const answer = ask(port, 'question: ', false);
    port.type('\u0003');
    expect(await answer).toBeUndefined();
  });
});
