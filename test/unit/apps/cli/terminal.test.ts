import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Outcome, Session } from '../../../../src/apps/cli/commands/session.ts';
import { ask } from '../../../../src/apps/cli/terminal/prompt.ts';
import { qrLines } from '../../../../src/apps/cli/terminal/qr.ts';
import { Terminal } from '../../../../src/apps/cli/terminal/terminal.ts';
import { FakeChat } from '../../../harness/fake-chat.ts';
import { VirtualTerminal } from '../../../harness/virtual-terminal.ts';

const NOW = new Date(2026, 10, 23, 19, 26).getTime();
const ESC = '\u001b';
const settle = () => new Promise((resolve) => setImmediate(resolve));

function setUp(columns = 40, rows = 10, askNothing = false) {
  const port = new VirtualTerminal(columns, rows);
  const chat = new FakeChat('me');
  chat.now = NOW;
  const time = { now: NOW };
  const terminal = new Terminal({
    port,
    abilities: { colors: 'none', links: false },
    ...chat.face,
    now: () => time.now,
    askNothing,
  });
  const abort = new AbortController();
  const session = new Session({
    ...chat.face,
    display: terminal.display,
    now: () => time.now,
    signal: abort.signal,
    onActive: (contact) => terminal.setActive(contact),
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

  it('draws a list at once, however many messages it has', async () => {
    const { port, text, chat, bob } = setUp(60, 8);
    for (let i = 0; i < 100; i++) chat.sendText(bob.chatId, `number ${i}`);
    const { write } = port;
    let writes = 0;
    port.write = (drawn) => {
      if (drawn.includes('number')) writes++;
      write.call(port, drawn);
    };
    port.type('/tail @bob 100\r');
    await new Promise(setImmediate);
    expect(writes).toBe(1);
    expect(text().join('\n')).toContain('number 99');
  });

  it('does so with a line of many rows, wide characters and the cursor inside', () => {
    const { port, text, chat, bob } = setUp(10, 8);
    port.type('/日本語日本語日本語');
    port.type(`${ESC}[D${ESC}[D`);
    expect(text()).toEqual(['> /日本語', '日本語日本', '語']);
    expect(port.cursor).toEqual({ row: 1, column: 8 });
    chat.receive(bob, 'ok');
    expect(text()).toEqual(['19:26 bob>', '     ok', '> /日本語', '日本語日本', '語']);
    port.type('x');
    expect(text().slice(2)).toEqual(['> /日本語', '日本語日x', '本語']);
  });

  it('puts the cursor on the next row when a row is full', async () => {
    const { port, text, chat, bob } = setUp(10, 8);
    await settle();
    port.type('/1234567');
    expect(port.cursor).toEqual({ row: 1, column: 0 });
    chat.receive(bob, 'a');
    expect(text()).toEqual(['19:26 bob>', '     a', '> /1234567', '']);
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
    const item = chat.items(bob.chatId, 2)[0]!;
    chat.setStatus(item.itemId, { kind: 'sent' });
    port.type('next');
    expect(text()).toEqual(['19:26 @bob hello ✓', '19:26 bob> hi', '@bob> next']);
    chat.setStatus(item.itemId, { kind: 'delivered', intact: true });
    expect(text()).toEqual(['19:26 @bob hello ✓✓', '19:26 bob> hi', '@bob> next']);
    expect(port.cursor).toEqual({ row: 2, column: 10 });
  });

  it('tells of a delivery on a line of its own when the message is out of reach', async () => {
    const { port, text, chat, bob } = setUp(40, 5);
    port.type('@bob hello\r');
    await settle();
    for (const each of ['1', '2', '3', '4']) chat.receive(bob, each);
    const item = chat.items(bob.chatId, 5)[0]!;
    chat.setStatus(item.itemId, { kind: 'sent' });
    expect(text().at(-2)).toBe('19:26 bob> 4');
    chat.setStatus(item.itemId, { kind: 'delivered', intact: true });
    expect(text().at(-2)).toBe('✓✓ 19:26 @bob hello');
    // Of a run before: whoever sent it does not wait for it here.
    const earlier = chat.sendText(bob.chatId, 'earlier');
    chat.setStatus(earlier.itemId, { kind: 'delivered', intact: true });
    expect(text().at(-2)).toBe('✓✓ 19:26 @bob hello');
    const failing = chat.sendText(bob.chatId, 'x');
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
    expect(chat.items(bob.chatId, 1)[0]!.text).toBe('one\ntwo\nthree');
    expect(text()).toEqual(['19:26 @bob one', '      two', '      three', '@bob>']);
  });

  it('sends nothing of a paste that is too long, and says so', async () => {
    const { port, text, chat, bob, outcomes } = setUp(100, 8);
    port.type('@bob see ');
    port.type(`${ESC}[200~${'@bob x\r'.repeat(200_000)}${ESC}[201~`);
    expect(text()).toEqual([
      'nothing was pasted: it is longer than 1048576 characters, paste it in smaller pieces',
      '> @bob see',
    ]);
    expect(outcomes).toEqual([]);
    expect(chat.items(bob.chatId, 5)).toEqual([]);
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
    const [asked, answer] = chat.items(bob.chatId, 2);
    chat.onEvent({ kind: 'messageReaction', contact: bob, item: answer!, reaction: '🚀', added: true });
    chat.onEvent({ kind: 'messageDeleted', contact: bob, item: asked!, removed: true });
    expect(text()).toEqual([
      '19:26 bob> how are you?',
      '19:26 @bob [edited] > how are you?',
      '      very well',
      // What was typed, before what it led to; a message is shown as it was sent.
      '> ! @bob (fine) very well',
      'message changed: very well',
      '> +1 @bob how',
      'added 👍 to: how are you?',
      '> \\ @bob very',
      'message marked deleted: very well',
      '> /tail @bob',
      'Mon 23 Nov 2026',
      '19:26 bob> how are you?',
      '      👍 1',
      '19:26 @bob [edited] > how are you?',
      '      very well [marked deleted]',
      '19:26 bob> >> very well',
      '      + 🚀',
      '19:26 bob> [deleted] how are you?',
      '@bob>',
    ]);
  });

  it('hides secrets until it is asked for them', async () => {
    const { port, text, chat, bob } = setUp();
    chat.receive(bob, 'the code is #1234#');
    port.type('/reveal @bob\r');
    await settle();
    expect(text()[2]).toBe('bob: the secret is 1234');
    port.type('/reveal @bob nothing\r');
    await settle();
    expect(text()[4]).toContain('There is no message');
  });

  it('offers the last message for a change, in this run and the next', async () => {
    const { port, text, chat, bob, terminal } = setUp();
    port.type('@bob helo\r');
    await settle();
    port.type(`${ESC}[A\u007flo\r`);
    await settle();
    expect(chat.items(bob.chatId, 1)[0]).toMatchObject({ text: 'hello', edited: true });
    // It keeps its place, and a line says so.
    expect(text().slice(0, 3)).toEqual(['19:26 @bob [edited] hello', '> ! @bob hello', 'message changed: hello']);
    terminal.close();
    const again = new VirtualTerminal(40, 5);
    const next = new Terminal({
      port: again,
      abilities: { colors: 'none', links: false },
      ...chat.face,
      now: () => NOW,
      askNothing: false,
    });
    void next.run(async () => 'ok', new AbortController().signal);
    again.type(`${ESC}[A`);
    expect(again.text[0]).toBe('@bob> ! @bob hello');
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
    expect(chat.contactList()).toHaveLength(1);
    expect(text()).toContain('nothing was deleted');
    await answer('/clear @bob', 'y\r');
    expect(text()).toContain('bob: all messages are removed from this device');
    await answer('/delete @bob', 'yes\r');
    expect(chat.contactList()).toEqual([]);
  });

  it('follows a contact to another name, and forgets one that is gone', async () => {
    const { port, text, chat, bob } = setUp();
    port.type('@bob hi\r');
    await settle();
    chat.onEvent({ kind: 'contactUpdated', contact: { ...bob, localName: 'robert' }, previousName: 'bob' });
    port.type('x');
    expect(text().at(-1)).toBe('@robert> x');
    port.type('\u0015');
    port.type('/delete @bob\r');
    await settle();
    port.type('yes\r');
    await settle();
    port.type('x');
    expect(text().at(-1)).toBe('> x');
  });

  it('goes on when what it notes beside commands cannot be stored', async () => {
    const { port, text, chat, bob } = setUp();
    const full = () => {
      throw new Error('the disk is full');
    };
    Object.assign(chat, { addFaceValue: full, markRead: full });
    chat.receive(bob, 'hi');
    port.type('@bob one\r');
    port.type('@bob two\r');
    await settle();
    expect(chat.items(bob.chatId, 2).map((item) => item.text)).toEqual(['one', 'two']);
    expect(text()).toContain('the disk is full');
  });

  it('asks nothing where that was wanted', async () => {
    const { port, chat } = setUp(40, 10, true);
    port.type('/delete @bob\r');
    await settle();
    expect(chat.contactList()).toEqual([]);
  });

  it('says how things stand, below what is typed', async () => {
    const { port, chat, bob, terminal } = setUp(40, 10);
    const status = async () => {
      terminal.refresh();
      await settle();
      return port.text.at(-1);
    };
    port.type('@bob hi');
    expect(await status()).toBe('connected');
    const servers = (connected: number, disconnected: number, sending: number) => {
      const list = (count: number) => Array.from({ length: count }, (_, i) => `smp://${i}`);
      chat.state = { connected: list(connected), disconnected: list(disconnected), sending };
      return status();
    };
    expect(await servers(0, 0, 0)).toBe('connecting');
    expect(await servers(0, 1, 2)).toBe('offline, trying again · sending 2');
    expect(await servers(1, 2, 0)).toBe('1 of 3 servers');
    expect(await servers(3, 0, 0)).toBe('connected to 3 servers');
    chat.receive(chat.addContact('a long name of somebody'), 'x');
    chat.receive(bob, 'hey');
    expect(await status()).toBe('connected to 3 servers · 2 unread: bob,…');
    expect(port.cursor).toEqual({ row: 2, column: 9 });
    port.type('!');
    expect(await status()).toBe('connected to 3 servers');
  });

  it('says when a new day has begun', async () => {
    const { text, chat, bob, time } = setUp();
    chat.receive(bob, 'good night');
    time.now += 12 * 3600 * 1000;
    chat.now = time.now;
    chat.receive(bob, 'good morning');
    expect(text()).toEqual(['19:26 bob> good night', 'Tue 24 Nov 2026', '07:26 bob> good morning', '>']);
  });

  it('shows of an endless message the start', () => {
    const { port, text, chat, bob } = setUp(80, 10);
    chat.receive(bob, 'x\n'.repeat(5000));
    expect(port.scrolled.length).toBeLessThan(210);
    expect(text().at(-2)).toBe("(4801 more lines: sotto chat -e '/tail @<name> 1' shows all)");
  });

  it('does not show a message that is still being typed', () => {
    const { text, chat, bob } = setUp();
    const item = {
      ...chat.sendText(bob.chatId, 'he'),
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
    expect(text().slice(1, 4)).toEqual(['> /code @bob', 'bob security code:', '12345 67890']);
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
    expect(three.chat.contactList()).toHaveLength(1);
  });

  it('shows an invitation with its QR code where there is room', async () => {
    const { port, done } = setUp(80, 60);
    port.type('/c\r');
    port.type('/q\r');
    await done;
    expect(port.text.slice(0, 3)).not.toContain('');
    expect(port.text[2]).toBe('simplex:/invitation#/?v=7&smp=abc');
    expect(port.text.join('')).toContain('▀');
    expect(qrLines('a'.repeat(600), 60, 60)).toEqual([]);
    expect(qrLines('abc', 80, 24).every((line) => line.startsWith(`${ESC}[30;107m`))).toBe(true);
  });
});

describe('Ctrl-Z', () => {
  it('leaves the screen to the shell, and puts back what was typed', () => {
    const { port, text } = setUp();
    port.type('/cont');
    port.type('\u001a');
    expect(port.text).toEqual([]);
    port.write('$ fg\r\n');
    port.resume?.();
    port.type('a');
    expect(text()).toEqual(['$ fg', '> /conta']);
  });
});

describe('a QR code that is too large for the terminal', () => {
  it('goes to a private file, and its size is said', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'sotto-test-'));
    try {
      const qrFile = join(folder, 'code.svg');
      const port = new VirtualTerminal(200, 10);
      const abilities = { colors: 'none', links: false } as const;
      const terminal = new Terminal({
        port,
        abilities,
        ...new FakeChat('me').face,
        now: () => NOW,
        askNothing: true,
        qrFile,
      });
      for (const text of ['a'.repeat(300), 'b'.repeat(300)]) {
        await terminal.display.qrCode(text);
        expect(port.text.join(' ')).toMatch(
          /needs a window of \d+ columns and \d+ rows, this one has 200 and 10; it is in the file/,
        );
        expect(port.text.join('')).toContain(qrFile);
        expect(statSync(qrFile).mode & 0o777).toBe(0o600);
        expect(readFileSync(qrFile, 'utf8')).toContain('<svg');
      }
      const [, columns, rows] = /of (\d+) columns and (\d+) rows/.exec(port.text.join(' ')) ?? [];
      expect(qrLines('a'.repeat(300), Number(columns), Number(rows)).length).toBeGreaterThan(0);
      expect(qrLines('a'.repeat(300), Number(columns) - 1, Number(rows))).toEqual([]);
      expect(qrLines('a'.repeat(300), Number(columns), Number(rows) - 1)).toEqual([]);
    } finally {
      rmSync(folder, { recursive: true });
    }
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
