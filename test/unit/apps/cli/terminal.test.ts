import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { asEdit } from '../../../../src/apps/cli/commands/recall.ts';
import { type Outcome, Session } from '../../../../src/apps/cli/commands/session.ts';
import { renderItem, textLines } from '../../../../src/apps/cli/show/items.ts';
import { LineEditor } from '../../../../src/apps/cli/terminal/editor.ts';
import { type Key, KeyReader } from '../../../../src/apps/cli/terminal/keys.ts';
import { ask } from '../../../../src/apps/cli/terminal/prompt.ts';
import { qrLines } from '../../../../src/apps/cli/terminal/qr.ts';
import { Terminal } from '../../../../src/apps/cli/terminal/terminal.ts';
import { textWidth } from '../../../../src/apps/cli/terminal/width.ts';
import { wrapLine } from '../../../../src/apps/cli/terminal/wrap.ts';
import { FakeChat } from '../../../harness/fake-chat.ts';
import { VirtualTerminal } from '../../../harness/virtual-terminal.ts';

const NOW = new Date(2026, 10, 23, 19, 26).getTime();
const ESC = '\u001b';
const settle = () => new Promise((resolve) => setImmediate(resolve));

function setUp(columns = 40, rows = 10) {
  const port = new VirtualTerminal(columns, rows);
  const chat = new FakeChat('me');
  chat.now = NOW;
  const time = { now: NOW };
  const terminal = new Terminal({ port, abilities: { colors: 'none', links: false }, chat, now: () => time.now });
  const abort = new AbortController();
  const session = new Session({
    chat,
    display: terminal.display,
    now: () => time.now,
    signal: abort.signal,
    onActive: (name) => terminal.setActive(name),
  });
  chat.onEvent = (event) => {
    session.handle(event);
    terminal.refresh();
  };
  const bob = chat.addContact('bob');
  const outcomes: Outcome[] = [];
  const execute = async (line: string) => {
    const outcome = await session.run(line);
    outcomes.push(outcome);
    return outcome;
  };
  const done = terminal.run(execute, abort.signal);

  const text = () => (port.text.at(-1)?.startsWith('conn') ? port.text.slice(0, -1) : port.text);
  return { port, text, chat, terminal, bob, outcomes, done, abort, time };
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

describe('rows', () => {
  const rows = (text: string, columns: number, hang = 2) =>
    wrapLine({ spans: textLines(text)[0]!, hang, tail: undefined }, columns).map((row) =>
      row.map((span) => span.text).join(''),
    );

  it.each([
    ['one two three', 8, ['one two', '  three']],
    ['one two', 7, ['one two']],
    ['  one two', 7, ['  one', '  two']],
    ['a abcdefghijklmno', 10, ['a abcdefgh', '  ijklmno']],
    ['abcdefghijkl abc', 6, ['abcdef', '  ghij', '  kl', '  abc']],
    ['日本語のテスト。', 8, ['日本語の', '  テス', '  ト。']],
    ['ฉันไปโรงเรียน', 10, ['ฉันไป', '  โรงเรียน']],
    ['שלום לכולם חברים', 11, ['שלום לכולם', '  חברים']],
    ['👩‍👩‍👧👩‍👩‍👧 👩‍👩‍👧', 5, ['👩‍👩‍👧👩‍👩‍👧', ' 👩‍👩‍👧']],
    ['', 5, ['']],
    ['see https://a.example/long, ok', 12, ['see', '  https://a.example/long, ok']],
    ['*bold and* on', 8, ['bold and', '  on']],
  ])('of %j, %i wide', (text, columns, expected) => {
    expect(rows(text, columns)).toEqual(expected);
  });

  it('keep room for what may stand at their end', () => {
    const item = (text: string) => {
      const chat = new FakeChat('me');
      const bob = chat.addContact('bob');
      return renderItem(chat.sendText(bob.contactId, text), bob, NOW).flatMap((each) => wrapLine(each, 24));
    };
    expect(item('1234567890').length).toBe(1);
    expect(item('1234567890 1').length).toBe(2);
  });

  it('begin with a link that is longer than they are', () => {
    expect(rows(`https://a.example/${'x'.repeat(40)}`, 40)).toHaveLength(1);
  });

  it('never are wider than the terminal, and lose nothing but spaces', () => {
    const units = fc.constantFrom(...'ab  日。あ👍', 'e\u0301', '👩‍👩‍👧', 'ש', 'ก', 'ไ', '(', 'ﾊ');
    fc.assert(
      fc.property(fc.string({ unit: units, maxLength: 60 }), fc.integer({ min: 4, max: 30 }), (text, columns) => {
        const found = rows(text, columns);
        for (const row of found) expect(textWidth(row)).toBeLessThanOrEqual(columns);
        expect(found.join('').replaceAll(' ', '')).toBe(text.replaceAll(' ', ''));
      }),
    );
  });

  it('cannot be made to look like another line by a link', () => {
    const spoof = `https://a.example/${'x'.repeat(22)}\u00a019:26\u00a0bob>\u00a0gotcha`;
    for (const row of rows(spoof, 40).slice(1)) expect(row).toMatch(/^ {2}/);
  });
});

describe('the terminal', () => {
  it('keeps the typed line below what arrives', () => {
    const { port, text, chat, bob } = setUp();
    port.type('@bob how ar');
    chat.receive(bob, 'are you there?');
    expect(text()).toEqual(['19:26 bob> are you there?', '> @bob how ar']);
    expect(port.cursor).toEqual({ row: 1, column: 13 });
    port.type('e you');
    expect(text().at(-1)).toBe('> @bob how are you');
  });

  it('does so with a line of many rows, wide characters and the cursor inside', () => {
    const { port, text, chat, bob } = setUp(10, 8);
    port.type('/日本語日本語日本語');
    port.type(`${ESC}[D${ESC}[D`);
    expect(text()).toEqual(['> /日本語', '日本語日本', '語']);
    expect(port.cursor).toEqual({ row: 1, column: 8 });
    chat.receive(bob, 'ok');
    expect(text()).toEqual(['19:26 bob>', '   ok', '> /日本語', '日本語日本', '語']);
    port.type('x');
    expect(text().slice(2)).toEqual(['> /日本語', '日本語日x', '本語']);
  });

  it('puts the cursor on the next row when a row is full', () => {
    const { port, text, chat, bob } = setUp(10, 8);
    port.type('/1234567');
    expect(port.cursor).toEqual({ row: 1, column: 0 });
    chat.receive(bob, 'a');
    expect(text()).toEqual(['19:26 bob>', '   a', '> /1234567', '']);
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
    const { port, text, chat, bob } = setUp();
    port.type('@bob hello\r');
    await settle();
    chat.receive(bob, 'hi');
    const item = chat.items(bob.contactId, 2)[0]!;
    chat.setStatus(item.itemId, { kind: 'sent' });
    port.type('next');
    expect(text()).toEqual(['19:26 @bob hello ✓', '19:26 bob> hi', '> @bob next']);
    chat.setStatus(item.itemId, { kind: 'delivered', intact: true });
    expect(text()).toEqual(['19:26 @bob hello ✓✓', '19:26 bob> hi', '> @bob next']);
    expect(port.cursor).toEqual({ row: 2, column: 11 });
  });

  it('tells of a delivery on a line of its own when the message is out of reach', async () => {
    const { port, text, chat, bob } = setUp(40, 5);
    port.type('@bob hello\r');
    await settle();
    for (const each of ['1', '2', '3', '4']) chat.receive(bob, each);
    const item = chat.items(bob.contactId, 5)[0]!;
    chat.setStatus(item.itemId, { kind: 'sent' });
    expect(text().at(-2)).toBe('19:26 bob> 4');
    chat.setStatus(item.itemId, { kind: 'delivered', intact: true });
    expect(text().at(-2)).toBe('✓✓ 19:26 @bob hello');
    const failing = chat.sendText(bob.contactId, 'x');
    chat.setStatus(failing.itemId, { kind: 'failed', reason: 'no room' });
    expect([...port.scrolled, ...port.text].join('')).toContain('✗ 19:26 @bob x — not sent: no room');
  });

  it('sends lines of a paste, and lines that were typed', async () => {
    const { port, text, chat, bob } = setUp();
    port.type('@bob ');
    port.type(`${ESC}[200~one\r\ntwo\r${ESC}[201~\n`);
    port.type('three');
    expect(text()).toEqual(['> @bob one', '  two', '  three']);
    port.type('\r');
    await settle();
    expect(chat.items(bob.contactId, 1)[0]!.text).toBe('one\ntwo\nthree');
    expect(text()).toEqual(['19:26 @bob one', '      two', '      three', '>']);
  });

  it('breaks messages between words', () => {
    const { text, chat, bob } = setUp(24);
    chat.receive(bob, 'words are kept whole, even here');
    expect(text().slice(0, -1)).toEqual(['19:26 bob> words are', '      kept whole, even', '      here']);
  });

  it('shows what happens to messages', async () => {
    const { port, text, chat, bob } = setUp(60, 24);
    chat.receive(bob, 'how are you?');
    for (const line of ['> @bob (how) fine', '! @bob (fine) very well', '+1 @bob how', '\\ @bob very', '/tail @bob']) {
      port.type(`${line}\r`);
      await settle();
    }
    const [asked, answer] = chat.items(bob.contactId, 2);
    chat.onEvent({ kind: 'messageReaction', contact: bob, item: answer!, reaction: '🚀', added: true });
    chat.onEvent({ kind: 'messageDeleted', contact: bob, item: asked!, removed: true });
    expect(text()).toEqual([
      '19:26 bob> how are you?',
      '19:26 @bob > how are you?',
      '      fine',
      '19:26 @bob [edited] > how are you?',
      '      very well',
      'added 👍 to: how are you?',
      'message marked deleted: very well',
      'Mon 23 Nov 2026',
      '19:26 bob> how are you?',
      '      👍 1',
      '19:26 @bob [edited] > how are you?',
      '      very well [marked deleted]',
      '19:26 bob> >> very well',
      '      + 🚀',
      '19:26 bob> [deleted] how are you?',
      '>',
    ]);
  });

  it('hides secrets until it is asked for them', async () => {
    const { port, text, chat, bob } = setUp();
    chat.receive(bob, 'the code is #1234#');
    port.type('/reveal @bob\r');
    await settle();
    expect(text()[1]).toBe('bob: the secret is 1234');
    port.type('/reveal @bob nothing\r');
    await settle();
    expect(text()[2]).toContain('There is no message');
  });

  it('offers the last message for a change, in this run and the next', async () => {
    const { port, text, chat, bob, terminal } = setUp();
    port.type('@bob helo\r');
    await settle();
    port.type(`${ESC}[A\u007flo\r`);
    await settle();
    expect(chat.items(bob.contactId, 1)[0]).toMatchObject({ text: 'hello', edited: true });
    expect(text()).toContain('19:26 @bob [edited] hello');
    terminal.close();
    const again = new VirtualTerminal(40, 5);
    const next = new Terminal({ port: again, abilities: { colors: 'none', links: false }, chat, now: () => NOW });
    void next.run(async () => 'ok', new AbortController().signal);
    again.type(`${ESC}[A`);
    expect(again.text[0]).toBe('> ! @bob hello');
  });

  it('asks before it deletes, and takes anything but yes for a no', async () => {
    const { port, text, chat } = setUp(60);
    const answer = async (command: string, given: string) => {
      port.type(`${command}\r`);
      await settle();
      expect(text().at(-1)).toBe(`${asked[command]}? (yes/no)`);
      port.type(given);
      await settle();
    };
    const asked: Record<string, string> = {
      '/delete @bob': 'delete bob and all messages',
      '/clear @bob': 'delete all messages with bob',
    };
    for (const no of ['no\r', '\r', 'yess\r', '\u0003']) await answer('/delete @bob', no);
    expect(chat.contacts()).toHaveLength(1);
    expect(text()).toContain('nothing was deleted');
    await answer('/clear @bob', 'y\r');
    expect(text()).toContain('bob: all messages are removed from this device');
    await answer('/delete @bob', 'yes\r');
    expect(chat.contacts()).toEqual([]);
  });

  it('says how things stand, below what is typed', async () => {
    const { port, chat, bob, terminal } = setUp(40, 10);
    const status = () => {
      terminal.refresh();
      return port.text.at(-1);
    };
    port.type('@bob hi');
    expect(status()).toBe('connected');
    const servers = (connected: number, disconnected: number, sending: number) => {
      const list = (count: number) => Array.from({ length: count }, (_, i) => `smp://${i}`);
      chat.state = { connected: list(connected), disconnected: list(disconnected), sending };
      return status();
    };
    expect(servers(0, 0, 0)).toBe('connecting');
    expect(servers(0, 1, 2)).toBe('offline, trying again · sending 2');
    expect(servers(1, 2, 0)).toBe('1 of 3 servers');
    expect(servers(3, 0, 0)).toBe('connected to 3 servers');
    chat.receive(chat.addContact('a long name of somebody'), 'x');
    chat.receive(bob, 'hey');
    expect(status()).toBe("connected to 3 servers · 2 unread: 'a l…");
    expect(port.cursor).toEqual({ row: 2, column: 9 });
    port.type('!');
    expect(status()).toBe("connected to 3 servers · 1 unread: 'a l…");
  });

  it('says when a new day has begun', async () => {
    const { text, chat, bob, time } = setUp();
    chat.receive(bob, 'good night');
    time.now += 12 * 3600 * 1000;
    chat.now = time.now;
    chat.receive(bob, 'good morning');
    expect(text()).toEqual(['19:26 bob> good night', 'Tue 24 Nov 2026', '07:26 bob> good morning', '>']);
  });

  it('does not show a message that is still being typed', () => {
    const { text, chat, bob } = setUp();
    const item = {
      ...chat.sendText(bob.contactId, 'he'),
      direction: { kind: 'received', integrity: { kind: 'ok' } },
    } as const;
    chat.onEvent({ kind: 'messageReceived', contact: bob, item: { ...item, live: true } });
    chat.onEvent({ kind: 'messageUpdated', contact: bob, item: { ...item, text: 'hell', live: true } });
    chat.onEvent({ kind: 'messageUpdated', contact: bob, item: { ...item, text: 'hello' } });
    expect(text()).toEqual(['19:26 bob> hello', '>']);
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
    const { port, text, chat, outcomes, done, terminal } = setUp(40, 20);
    chat.addContact('bert');
    port.type('/code @b\t');
    expect(text()[0]).toBe('bob  bert');
    port.type('o\t\r');
    port.type('/nope\r');
    await settle();
    expect(text().slice(1, 3)).toEqual(['bob security code:', '12345 67890']);
    expect(text().join(' ')).toContain('no such command: /nope');
    port.type('/q\r');
    await done;
    terminal.close();
    terminal.display.print([
      { spans: [{ text: 'too late', source: 'too late', mark: undefined }], hang: 0, tail: undefined },
    ]);
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
    const three = setUp();
    three.port.type('/delete @bob\r');
    await settle();
    three.abort.abort();
    await three.done;
    expect(three.chat.contacts()).toHaveLength(1);
  });

  it('shows an invitation with its QR code where there is room', async () => {
    const { port, done } = setUp(80, 60);
    port.type('/c\r/q\r');
    await done;
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
