/** Pasted lines do not run as commands unnoticed, on whatever terminal; lines of a script do run. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { helpLines } from '../../../../src/apps/cli/commands/help.ts';
import { MAX_PASTE } from '../../../../src/apps/cli/commands/paste-limits.ts';
import { Session } from '../../../../src/apps/cli/commands/session.ts';
import { chatOptions } from '../../../../src/apps/cli/options.ts';
import { runChat } from '../../../../src/apps/cli/run.ts';
import { sourceText } from '../../../../src/apps/cli/show/look.ts';
import { gatheredReads } from '../../../../src/apps/cli/terminal/gathered.ts';
import { type Key, KeyReader } from '../../../../src/apps/cli/terminal/keys.ts';
import { Terminal } from '../../../../src/apps/cli/terminal/terminal.ts';
import { FakeChat } from '../../../harness/fake-chat.ts';
import { manualClock } from '../../../harness/manual-clock.ts';
import { VirtualTerminal } from '../../../harness/virtual-terminal.ts';

const settle = async () => {
  for (let i = 0; i < 10; i++) await new Promise((resolve) => setImmediate(resolve));
};

const chatWithBob = () => {
  const chat = new FakeChat('me');
  return { chat, bob: chat.addContact('bob') };
};

describe('a terminal that is read by lines', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'sotto-test-'));
    writeFileSync(join(folder, 'db.db'), '');
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  /** `terminal`: input and output are one; `ttyInput`: only input is. */
  function open({ terminal = true, ttyInput = false } = {}) {
    const { chat, bob } = chatWithBob();
    const clock = manualClock();
    const input = new PassThrough();
    if (ttyInput) Object.assign(input, { isTTY: true });
    const shown = { out: '', err: '' };
    const options = chatOptions({ passphrase: true, logLevel: 'error', database: join(folder, 'db'), key: 'k' }, {});
    const ended = runChat(options, {
      openChat: async ({ onEvent }) => {
        chat.onEvent = onEvent;
        return chat.api;
      },
      out: (text) => {
        shown.out += text;
      },
      err: (text) => {
        shown.err += text;
      },
      input,
      terminal: terminal ? new VirtualTerminal(80, 24) : undefined,
      plain: true,
      env: {},
      clock,
      random: { bytes: (length) => new Uint8Array(length) },
      signal: new AbortController().signal,
    });
    /** Writes chunks, each `gapMs` after the one before, and waits until they are taken; gives what is shown then. */
    const type = async (chunks: readonly string[], gapMs = 0) => {
      await settle();
      const before = shown.out.length;
      for (const chunk of chunks) {
        input.write(chunk);
        await settle();
        clock.advance(gapMs);
        await settle();
      }
      clock.advance(1000);
      await settle();
      return shown.out.slice(before);
    };
    const end = async () => {
      input.end();
      await settle();
      clock.advance(60_000);
      return ended;
    };
    return { chat, bob, shown, type, end, texts: () => chat.items(bob.chatId, 50).map(({ text }) => text) };
  }

  it.each([
    ['in one read', ['@bob one\n/delete bob\n/quit\n'], 0],
    ['in a read for each line', ['@bob one\n', '/delete bob\n', '/quit\n'], 0],
    ['in pieces of lines', ['@bob o', 'ne\n/dele', 'te bob\n/quit\n'], 20],
    ['some milliseconds apart', ['@bob one\n', '/delete bob\n', '/quit\n'], 40],
    ['with empty lines around', ['\n@bob one\n', '/delete bob\n', '/quit\n\n\n'], 0],
  ])('runs no line that was pasted %s', async (_, chunks, gapMs) => {
    const { chat, bob, type, end, shown } = open();
    const told = await type(chunks, gapMs);
    expect(told).toMatch(/^[34] lines were pasted; nothing was sent, and no command was run\n/);
    expect(told).toContain('/send');
    expect(told).toContain('/drop');
    expect(chat.items(undefined, 10)).toEqual([]);
    expect(chat.contactList()).toEqual([bob]);
    expect(await end()).toBe(0);
    expect(shown.out).toMatch(/[34] pasted lines were not sent\n$/);
  });

  it('sends them as one message, to the contact that they begin with', async () => {
    const { texts, type, end } = open();
    expect(await type(['@bob one\n/delete bob\n\n  three\n'])).toContain('/send sends them as one message to @bob');
    expect(await type(['/send\n'])).toBe('4 pasted lines go to @bob as one message\n');
    expect(texts()).toEqual(['one\n/delete bob\n\n  three']);
    expect(await type(['/send\n'])).toBe('/send: there are no pasted lines that wait\n');
    expect(await end()).toBe(0);
  });

  it('sends them to the conversation of before, or to the contact that is named', async () => {
    const { chat, bob, texts, type } = open();
    const carol = chat.addContact('Carol C');
    const paste = ['/clear bob\n/quit\n'];
    expect(await type(paste)).toContain('/send @<name> sends them as one message, /drop forgets them');
    expect(await type(['/send\n'])).toContain('Use /send @<name>');
    expect(await type(["/send @'Carol C'\n"])).toContain("2 pasted lines go to @'Carol C'");
    expect(chat.items(carol.chatId, 5)).toMatchObject([{ text: '/clear bob\n/quit' }]);
    await type(['@bob hi\n']);
    expect(await type(paste)).toContain('/send sends them as one message to @bob');
    await type(['/send\n']);
    expect(texts()).toEqual(['hi', '/clear bob\n/quit']);
    expect(chat.contactList()).toEqual([bob, carol]);
  });

  it('keeps them while other lines are typed, adds more to them, and forgets them when told', async () => {
    const { texts, type } = open();
    await type(['@bob one\ntwo\n']);
    await type(['\n']);
    expect(await type(['/contacts\n'])).toContain('bob: connected');
    expect(await type(['three\nfour\n'])).toContain('2 more lines were pasted (4 wait now); nothing was sent');
    expect(await type(['/drop\n'])).toBe('4 pasted lines are forgotten\n');
    expect(await type(['/drop\n'])).toContain('there are no pasted lines that wait');
    expect(texts()).toEqual([]);
  });

  it('sends them to the contact that was told, whoever was addressed since', async () => {
    const { chat, bob, type, texts } = open();
    const alice = chat.addContact('alice');
    await type(['@bob first\n']);
    expect(await type(['one\ntwo\n'])).toContain('@bob');
    await type(['\n']);
    await type(['@alice wait\n']);
    await type(['/send\n']);
    expect(texts()).toContain('one\ntwo');
    expect(chat.items(alice.chatId, 9).map(({ text }) => text)).toEqual(['wait']);
    expect(bob.localName).toBe('bob');
  });

  it.each(['@Bob one\ntwo', '@bbo one\ntwo', '> @bob (x) secret\ntwo'])(
    'never sends %j to the contact of before',
    async (pasted) => {
      const { chat, type } = open();
      const alice = chat.addContact('alice');
      await type(['@alice first\n']);
      await type([`${pasted}\n`]);
      await type(['/send\n']);
      expect(chat.items(alice.chatId, 9).map(({ text }) => text)).toEqual(['first']);
    },
  );

  it('asks whom a paste is for that begins with an unclear name', async () => {
    const { chat, type, texts } = open();
    const [alice, other] = [chat.addContact('Alice'), chat.addContact('Alice B')];
    await type(['@bob first\n']);
    expect(await type(['@Alice B one\ntwo\n'])).toContain('/send @<name> sends them as one message');
    expect(await type(['/send\n'])).toContain('Use /send @<name>');
    expect([alice, other].flatMap(({ chatId }) => chat.items(chatId, 9))).toEqual([]);
    expect(texts()).toEqual(['first']);
  });

  it('refuses what is too long together with what waits, which stays', async () => {
    const { type, texts } = open();
    const half = 'x'.repeat(MAX_PASTE * 0.6);
    await type(['@bob one\ntwo\n']);
    await type([`a\n${half}\n`]);
    expect(await type([`b\n${half}\n`])).toContain('nothing was pasted');
    expect(await type(['/drop\n'])).toContain('4 pasted lines');
    expect(texts()).toEqual([]);
  });

  it.each(['/p hijacked', '@carol last/send @bob', '/quit', 'three'])(
    'takes the line behind them for their last, which has no line break: %j',
    async (rest) => {
      const { chat, type, texts } = open();
      const carol = chat.addContact('carol');
      await type(['@bob one\ntwo\n']);
      expect(await type([`${rest}\n`])).toContain('1 more line was pasted (3 wait now); nothing was sent');
      expect(chat.profile()?.displayName).toBe('me');
      await type(['/send @bob\n']);
      expect(texts()).toEqual([`@bob one\ntwo\n${rest}`]);
      expect(chat.items(carol.chatId, 9)).toEqual([]);
      expect(await type(['/contacts\n'])).toContain('bob: connected');
    },
  );

  it('keeps them when they could not be sent', async () => {
    const { chat, texts, type } = open();
    const { sendText } = chat;
    chat.sendText = () => {
      throw new Error('the disk is full');
    };
    await type(['@bob one\ntwo\n']);
    expect(await type(['/send\n'])).toContain('the disk is full');
    chat.sendText = sendText;
    await type(['/send\n']);
    expect(texts()).toEqual(['one\ntwo']);
  });

  it('takes none of them for an answer', async () => {
    const { chat, bob, type } = open();
    await type(['/delete bob\n']);
    const told = await type(['yes\n/quit\n']);
    expect(told).toContain('2 lines were pasted');
    expect(told).toContain('nothing was deleted');
    expect(chat.contactList()).toEqual([bob]);
  });

  it('runs lines that were typed one after another, also while a command runs', async () => {
    const { texts, chat, type } = open();
    const { connect } = chat;
    let connected = () => {};
    chat.connect = async (link) => {
      await new Promise<void>((resolve) => {
        connected = resolve;
      });
      return connect.call(chat, link);
    };
    await type(['/c simplex:/invitation#/?x\n']);
    await type(['@bob one\n']);
    await type(['@bob two\n']);
    expect(texts()).toEqual([]);
    connected();
    await settle();
    expect(texts()).toEqual(['one', 'two']);
  });

  it('refuses more than can be a message', async () => {
    const { type } = open();
    expect(await type([`@bob x\n${'line\n'.repeat(MAX_PASTE / 4)}`])).toContain(
      'nothing was pasted: it is longer than',
    );
    expect(await type(['/send\n'])).toContain('there are no pasted lines that wait');
  });

  it('holds them where only the output goes elsewhere', async () => {
    const { texts, shown, type } = open({ terminal: false, ttyInput: true });
    expect(await type(['@bob one\n/delete bob\n'])).toBe('');
    expect(shown.err).toContain('2 lines were pasted');
    expect(texts()).toEqual([]);
  });

  it('is taught by /help', () => {
    const text = ['keys', 'paste'].map((topic) => helpLines(topic, 80).map(sourceText).join('\n'));
    for (const each of text) expect(each).toMatch(/\/send[\s\S]*\/drop/);
  });

  it('runs each line of a script', async () => {
    const { texts, end, type } = open({ terminal: false });
    await type(['@bob one\n@bob two\n']);
    expect(await end()).toBe(0);
    expect(texts()).toEqual(['one', 'two']);
  });
});

describe('a terminal that is drawn', () => {
  function open() {
    const { chat, bob } = chatWithBob();
    const clock = manualClock();
    const port = new VirtualTerminal(60, 12);
    const terminal = new Terminal({
      port: gatheredReads(port, clock),
      abilities: { colors: 'none', links: false },
      ...chat.face,
      now: () => 0,
      askNothing: true,
    });
    const { signal } = new AbortController();
    const onActive = terminal.setActive.bind(terminal);
    const session = new Session({ ...chat.face, display: terminal.display, now: () => 0, signal, onActive });
    void terminal.run((line) => session.run(line), signal);
    const type = async (chunks: readonly string[], gapMs = 0) => {
      for (const chunk of chunks) {
        port.type(chunk);
        await settle();
        clock.advance(gapMs);
      }
      clock.advance(1000);
      await settle();
    };
    const typed = () =>
      port.text.slice(
        port.text.findIndex((row) => /^(?:@bob)?>/.test(row)),
        -1,
      );
    return { chat, bob, port, type, typed, texts: () => chat.items(bob.chatId, 50).map(({ text }) => text) };
  }

  it('says that unmarked lines wait, as what is typed next stands behind them', async () => {
    const { port, type, texts } = open();
    await type(['@bob one\rtwo\r'], 100);
    expect(port.text.join(' ')).toContain('pasted lines wait behind the prompt');
    await type(['\u0003', '@bob typed', '\r'], 100);
    expect(texts()).toEqual(['typed']);
    await type(['\u001b[200~marked\rlines\u001b[201~']);
    expect(
      port.scrolled
        .concat(port.text)
        .join(' ')
        .match(/pasted lines wait/g),
    ).toHaveLength(1);
  });

  it.each([
    ['between lines', ['@bob one\r', '/delete @bob\r', 'three'], 0],
    ['in a line', ['@bob o', 'ne\r/dele', 'te @bob\rthree'], 0],
    ['behind text', ['@bob one', '\r/delete @bob\rthree'], 0],
    ['behind a line break', ['@bob one', '\r', '/delete @bob', '\r', 'three'], 0],
    ['at each character', [...'@bob one\r/delete @bob\rthree'], 1],
    ['with some milliseconds between', ['@bob one\r', '/delete @bob\r', 'three'], 40],
  ])('holds a paste that is split %s', async (_, chunks, gapMs) => {
    const { chat, bob, type, typed, texts } = open();
    await type(chunks, gapMs);
    expect(typed()).toEqual(['> @bob one', '  /delete @bob', '  three']);
    expect(texts()).toEqual([]);
    await type(['\r']);
    expect(texts()).toEqual(['one\n/delete @bob\nthree']);
    expect(chat.contactList()).toEqual([bob]);
  });

  it('runs what is typed at once, and a line that came with its Enter a moment later', async () => {
    const { port, texts, type } = open();
    await type([...'@bob one'], 60);
    port.type('\r');
    await settle();
    expect(texts()).toEqual(['one']);
    await type(['@bob two\r'], 60);
    await type(['@bob three\r'], 60);
    expect(texts()).toEqual(['one', 'two', 'three']);
  });

  it.each(['\u0000', '\u0001', '\u0003', '\u0085', '\u001b[A', '\u007f'])(
    'runs nothing of lines with %j in them',
    (unseen) => {
      for (const text of [
        `x${unseen}\r/delete bob\r`,
        `x\r${unseen.startsWith('\u001b') ? 'y' : unseen}/delete bob\r`,
      ]) {
        expect(new KeyReader().read(Buffer.from(text)).map(({ kind }) => kind)).toEqual(['paste']);
      }
    },
  );

  it('runs a line before the key that follows it', async () => {
    const { port, texts } = open();
    port.type('@bob one\r');
    port.type('\u0003');
    await settle();
    expect(texts()).toEqual(['one']);
    expect(port.running).toBe(false);
  });

  it('takes what it holds when the input ends, before it says so', () => {
    const told: string[] = [];
    const port = new VirtualTerminal(60, 12);
    gatheredReads(port, manualClock()).start(
      (chunk) => told.push(Buffer.from(chunk).toString()),
      () => {},
      () => told.push('end'),
    );
    port.type('one\rtwo');
    expect(told).toEqual([]);
    port.onEnd();
    expect(told).toEqual(['one\rtwo', 'end']);
  });

  it('takes nothing of a paste that is too long', async () => {
    const reader = new KeyReader();
    const keys: Key[] = [];
    const clock = manualClock();
    const port = new VirtualTerminal(60, 12);
    gatheredReads(port, clock).start(
      (chunk) => keys.push(...reader.read(chunk)),
      () => {},
      () => {},
    );
    for (let i = 0; i < 6; i++) port.type('/quit\r'.repeat(MAX_PASTE / 6));
    clock.advance(50);
    expect(keys).toEqual([{ kind: 'refused-paste' }]);
  });
});
