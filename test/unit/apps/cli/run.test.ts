import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AgentError, type DatabaseKey } from '../../../../src/agent/index.ts';
import { chatOptions, dataFolder, type RawChatOptions, UsageError } from '../../../../src/apps/cli/options.ts';
import { runChat } from '../../../../src/apps/cli/run.ts';
import { type Clock, systemClock } from '../../../../src/base/index.ts';
import type { SystemChatOptions } from '../../../../src/sdk/system.ts';
import { FakeChat } from '../../../harness/fake-chat.ts';
import { manualClock } from '../../../harness/manual-clock.ts';
import { VirtualTerminal } from '../../../harness/virtual-terminal.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sotto-test-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

interface Setup extends Partial<RawChatOptions> {
  readonly input?: string;
  readonly chat?: FakeChat;
  readonly onOpen?: (options: SystemChatOptions) => void;
  readonly env?: Record<string, string>;
  readonly terminal?: VirtualTerminal;
  readonly signal?: AbortSignal;
  readonly plainTerminal?: boolean;
  readonly stdin?: PassThrough;
  /** There is no database yet. */
  readonly isNew?: boolean;
  readonly clock?: Clock;
}

const settled = async () => {
  for (let i = 0; i < 10; i++) await new Promise((resolve) => setImmediate(resolve));
};

async function run({
  stdin = new PassThrough(),
  isNew = false,
  plainTerminal = false,
  input,
  chat = new FakeChat('me'),
  onOpen,
  env = {},
  terminal,
  signal,
  clock = systemClock,
  ...raw
}: Setup = {}) {
  let out = '';
  let err = '';
  let key: DatabaseKey | undefined;
  // Who has a profile has a database.
  if (chat.profile() !== undefined && !isNew) writeFileSync(join(folder, 'db.db'), '');
  if (input !== undefined) stdin.end(input);
  const options = chatOptions({ passphrase: true, logLevel: 'error', database: join(folder, 'db'), ...raw }, env);
  const code = await runChat(options, {
    openChat: async (open) => {
      key = open.key;
      writeFileSync(open.databasePath, '');
      chat.onEvent = open.onEvent;
      onOpen?.(open);
      return chat.api;
    },
    out: (text) => {
      out += text;
    },
    err: (text) => {
      err += text;
    },
    input: stdin,
    terminal,
    plain: plainTerminal,
    env,
    clock,
    random: { bytes: (length) => new Uint8Array(length).fill(5) },
    signal: signal ?? new AbortController().signal,
  });
  return { code, out, err, key, chat };
}

describe('--execute', () => {
  it('runs one command and tells by the exit code whether it failed', async () => {
    const good = await run({ execute: '/p', key: 'secret' });
    expect(good).toMatchObject({ code: 0, err: '', key: { kind: 'passphrase', passphrase: 'secret' } });
    expect(good.out).toBe('user profile: me\nto change the name: /p <name>\n');
    expect(good.chat).toMatchObject({ started: true, stopped: true });
    const bad = await run({ execute: '@nobody hi', key: 'secret' });
    expect(bad).toMatchObject({ code: 1, out: '', err: expect.stringContaining('There is no contact "nobody".') });
    const unknown = await run({ execute: '/nope', key: 'secret' });
    expect(unknown).toMatchObject({ code: 1, out: '', err: expect.stringContaining('no such command') });
  });

  it('goes on receiving for the time it is given', async () => {
    const chat = new FakeChat('me');
    chat.now = Date.now();
    const bob = chat.addContact('bob');
    setTimeout(() => chat.receive(bob, 'hello\nworld'), 30);
    const { out, code } = await run({ chat, execute: '@bob hi', time: '0.2', key: 'k' });
    expect(code).toBe(0);
    expect(out).toMatch(/^\d\d:\d\d @bob hi\n\d\d:\d\d bob> hello\n {6}world\n$/);
  });

  it('waits until a message is sent, and shows its receipts', async () => {
    const chat = new FakeChat('me');
    chat.now = Date.now();
    chat.addContact('bob');
    chat.busy = true;
    setTimeout(() => {
      chat.setStatus(chat.items(undefined, 1)[0]!.itemId, { kind: 'sent' });
      chat.busy = false;
    }, 60);
    const { out, code } = await run({ chat, execute: '@bob hi', key: 'k' });
    expect(code).toBe(0);
    expect(out).toMatch(/@bob hi\n✓ \d\d:\d\d @bob hi\n$/);
  });

  it('shows events that came before the session', async () => {
    const chat = new FakeChat('me');
    const contact = chat.addContact('bob');
    const onOpen = (open: SystemChatOptions) => open.onEvent({ kind: 'contactConnected', contact });
    const { out } = await run({ chat, onOpen, execute: '/p', key: 'k' });
    expect(out).toMatch(/^bob: contact is connected\nuser profile: me/);
  });

  it('shows errors of the chat on standard error', async () => {
    const onOpen = (open: SystemChatOptions) =>
      open.onEvent({ kind: 'error', contact: undefined, failure: 'other', code: 'other', values: {}, detail: 'oh' });
    expect(await run({ onOpen, execute: '/p', key: 'k' })).toMatchObject({ code: 0, err: 'oh\n' });
  });
});

describe('lines of input', () => {
  it('are run one after another; one that fails shows in the exit code', async () => {
    const chat = new FakeChat('me');
    chat.addContact('bob');
    const good = await run({ chat, input: '/contacts\n\n/smp\n', key: 'k' });
    expect(good).toMatchObject({ code: 0, err: '', out: 'bob: connected, PQ on\nsmp://fingerprint=@localhost:5223\n' });
    const bad = await run({ chat, input: 'hello\n/v\n/quit\n/contacts\n', key: 'k' });
    expect(bad.code).toBe(1);
    expect(bad.out).toMatch(/^Sotto [\d.]+\n$/);
  });

  it('end when the program is asked to', async () => {
    const abort = new AbortController();
    setTimeout(() => abort.abort(), 30);
    expect(await run({ key: 'k', signal: abort.signal })).toMatchObject({ code: 0 });
  });

  it('begin with the name when there is no profile', async () => {
    const chat = new FakeChat();
    const { code, out, err } = await run({ chat, input: 'alice\n/p\n', key: 'k' });
    expect({ code, out }).toEqual({ code: 0, out: 'user profile: alice\nto change the name: /p <name>\n' });
    expect(err).toContain('your name');
  });
});

describe('version and help', () => {
  it('need no database', async () => {
    const onOpen = () => {
      throw new Error('Another program has the database open.');
    };
    expect(await run({ onOpen, execute: '/version' })).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^Sotto \d/),
    });
    expect((await run({ onOpen, execute: '/help keys' })).out).toContain('Alt+Enter');
    expect(await run({ onOpen, execute: '/p', key: 'k' })).toMatchObject({ code: 2 });
  });
});

describe('a first start that is given up', () => {
  it('leaves nothing behind', async () => {
    const left = () => readdirSync(folder);
    expect(await run({ chat: new FakeChat(), input: '' })).toMatchObject({ code: 2 });
    expect(left()).toEqual([]);
    const terminal = new VirtualTerminal(80, 10);
    const asked = run({ chat: new FakeChat(), terminal, passphrase: false });
    terminal.type('\u0003');
    expect((await asked).code).toBe(2);
    expect(left()).toEqual([]);
    const onOpen = () => {
      throw new Error('not the address of a server');
    };
    const options = { chat: new FakeChat(), createDisplayName: 'alice', passphrase: false, execute: '/p' };
    expect(await run({ ...options, onOpen })).toMatchObject({ code: 2, err: 'not the address of a server\n' });
    expect(left()).toEqual([]);
    expect(await run(options)).toMatchObject({ code: 0 });
    expect(left().sort()).toEqual(['db.db', 'db.key']);
  });
});

/** Each line as somebody types it: a while after the one before. */
async function typeLines(lines: readonly string[], setup: Setup) {
  const stdin = new PassThrough();
  const clock = manualClock();
  const result = run({ ...setup, plainTerminal: true, stdin, clock, key: 'k' });
  await settled();
  for (const each of lines) {
    stdin.write(`${each}\n`);
    await settled();
    clock.advance(1000);
    await settled();
  }
  stdin.end();
  return result;
}

describe('a terminal that is read by lines', () => {
  it('is not drawn on, and asks before it deletes', async () => {
    const chat = new FakeChat('me');
    chat.addContact('bob');
    const terminal = new VirtualTerminal(80, 10);
    const { code, out } = await typeLines(
      ['@bob hi', '/delete @bob', 'no', '/contacts', '/delete @bob', 'yes', '/contacts'],
      { chat, terminal },
    );
    expect(code).toBe(0);
    expect(out).toBe(
      [
        'You are me. /help lists the commands, /quit leaves.',
        'delete bob and all messages? (yes/no) ',
        'nothing was deleted',
        'bob: connected, PQ on',
        'delete bob and all messages? (yes/no) ',
        'bob: contact is deleted',
        'no contacts yet: /c makes an invitation',
        '',
      ].join('\n'),
    );
    expect(terminal.text).toEqual([]);
  });

  it('takes what was read for read when something is typed', async () => {
    const chat = new FakeChat('me');
    const [bob, carol] = [chat.addContact('bob'), chat.addContact('carol')];
    chat.receive(carol, 'not shown');
    const input = new PassThrough();
    const onOpen = () => {
      setImmediate(() => {
        chat.receive(bob, 'hi');
        chat.receive(carol, 'hello');
        input.end('/contacts\n');
      });
    };
    const terminal = new VirtualTerminal(80, 10);
    await run({ chat, terminal, plainTerminal: true, stdin: input, onOpen, key: 'k' });
    expect(chat.unread()).toMatchObject([{ contact: { localName: 'carol' }, count: 1 }]);
  });
});

describe('a new profile', () => {
  it('takes the name of the option', async () => {
    const options = { key: 'k', execute: '/p', createDisplayName: 'Alice B' };
    expect((await run({ chat: new FakeChat(), ...options })).out).toContain("'Alice B'");
    expect((await run({ chat: new FakeChat('bob'), ...options })).out).toContain('user profile: bob');
  });

  it('needs a valid one', async () => {
    const options = { key: 'k', execute: '/p' };
    const none = await run({ chat: new FakeChat(), ...options });
    expect(none).toMatchObject({ code: 2, err: expect.stringContaining('--create-display-name') });
    const bad = await run({ chat: new FakeChat(), ...options, createDisplayName: '@x' });
    expect(bad).toMatchObject({ code: 2, err: expect.stringContaining('"@x" cannot be a name') });
    expect(bad.chat.stopped).toBe(true);
  });

  it('is asked for on a terminal', async () => {
    const terminal = new VirtualTerminal(100, 10);
    const chat = new FakeChat();
    const result = run({ chat, terminal, key: 'k' });
    const type = async (text: string) => {
      await new Promise((resolve) => setTimeout(resolve, 20));
      terminal.type(text);
    };
    await type('@\r');
    await type('alice\r');
    await type('/p\r');
    await type('\u0004');
    expect((await result).code).toBe(0);
    expect(terminal.text.join('\n')).toContain('You are alice. /help lists the commands, /quit leaves.');
    expect(terminal.text.join('\n')).toContain('user profile: alice');
  });
});

describe('without a server', () => {
  it('is said once, when the database is new', async () => {
    const chat = new FakeChat('me');
    chat.serverList = [];
    const terminal = new VirtualTerminal(80, 10);
    const said = async (isNew: boolean) => {
      const { out } = await typeLines(isNew ? ['me', '/contacts'] : ['/contacts'], { chat, terminal, isNew });
      return out.split('no server to receive messages on').length - 1;
    };
    expect(await said(true)).toBe(1);
    expect(await said(false)).toBe(0);
  });

  it('says how to give one', async () => {
    const chat = new FakeChat('me');
    chat.serverList = [];
    const { code, err } = await run({ chat, execute: '/c', key: 'k' });
    expect(code).toBe(1);
    expect(err).toContain('-s "smp://');
    expect(err).toContain('sotto smp-server');
  });
});

describe('the key', () => {
  const keyFile = () => join(folder, 'db.key');
  const raw: DatabaseKey = { kind: 'raw', key: new Uint8Array(32).fill(5) };

  it('is a private file beside the database where nobody can be asked', async () => {
    const first = await run({ input: 'me\n/p\n', isNew: true });
    expect(first).toMatchObject({ code: 0, key: raw, err: expect.stringContaining(keyFile()) });
    rmSync(keyFile());
    rmSync(join(folder, 'db.db'));
    // Nothing went wrong.
    expect(await run({ execute: '/p', isNew: true })).toMatchObject({ code: 0, key: raw, err: '' });
    expect(statSync(keyFile()).mode & 0o777).toBe(0o600);
    expect(await run({ execute: '/p' })).toMatchObject({ code: 0, key: raw, err: '' });
    writeFileSync(keyFile(), 'AAAA\n');
    expect(await run({ execute: '/p' })).toMatchObject({ code: 2, err: expect.stringContaining('not a key file') });
    rmSync(keyFile());
    writeFileSync(keyFile(), readFileSync(join(folder, 'db.db')), { mode: 0o644 });
    expect(await run({ execute: '/p' })).toMatchObject({ code: 2, err: expect.stringContaining('chmod 600') });
  });

  it('is made without a word when that was asked for', async () => {
    expect(await run({ execute: '/p', passphrase: false, isNew: true })).toMatchObject({ code: 0, key: raw, err: '' });
    rmSync(keyFile());
    const gone = await run({ execute: '/p', passphrase: false });
    expect(gone).toMatchObject({ code: 2, err: expect.stringContaining('there is no key file') });
    expect(await run({ execute: '/p' })).toMatchObject({ code: 2, err: expect.stringContaining('SOTTO_KEY') });
    expect(existsSync(keyFile())).toBe(false);
  });

  it('is told to be unreadable, or impossible to make, with the reason', async () => {
    mkdirSync(keyFile(), { mode: 0o700 });
    const unreadable = await run({ execute: '/p' });
    expect(unreadable).toMatchObject({ code: 2, err: expect.stringContaining('cannot be read: it is a folder') });
    rmdirSync(keyFile());
    symlinkSync('nowhere', join(folder, 'gone.key'));
    const database = join(folder, 'gone');
    const unmade = await run({ execute: '/p', database, passphrase: false, isNew: true });
    expect(unmade).toMatchObject({ code: 2, err: expect.stringContaining('cannot be made: a file is in its place') });
  });

  it('comes from a file or the environment', async () => {
    const file = join(folder, 'pass');
    writeFileSync(file, 'secret words\n');
    const passphrase = (text: string) => ({ key: { kind: 'passphrase', passphrase: text } });
    expect(await run({ execute: '/p', keyFile: file })).toMatchObject(passphrase('secret words'));
    expect(await run({ execute: '/p', env: { SOTTO_KEY: 'env words' } })).toMatchObject(passphrase('env words'));
    expect(await run({ execute: '/p', keyFile: join(folder, 'none') })).toMatchObject({ code: 2 });
  });

  it('is asked for up to three times while it is wrong', async () => {
    const tryWith = async (passphrases: readonly string[]) => {
      const terminal = new VirtualTerminal(100, 20);
      let opened = 0;
      const onOpen = ({ key }: SystemChatOptions) => {
        opened++;
        if (key.kind === 'passphrase' && key.passphrase !== 'right')
          throw new AgentError('passphrase', { path: 'me.db' });
      };
      const result = run({ terminal, onOpen });
      for (const text of [...passphrases.map((each) => `${each}\r`), '\u0004']) {
        await new Promise((resolve) => setTimeout(resolve, 20));
        terminal.type(text);
      }
      return { ...(await result), opened };
    };
    expect(await tryWith(['a', 'b', 'right'])).toMatchObject({ code: 0, opened: 3 });
    expect(await tryWith(['a', 'b', 'c', 'right'])).toMatchObject({ code: 2, opened: 3 });
    const onOpen = () => {
      throw new AgentError('passphrase', { path: 'me.db' });
    };
    const given = await run({ terminal: new VirtualTerminal(100, 20), onOpen, key: 'k' });
    expect(given).toMatchObject({ code: 2, err: 'The passphrase is wrong, or me.db is not a Sotto database.\n' });
  });

  it('is asked for on a terminal, twice when it is new', async () => {
    const terminal = new VirtualTerminal(100, 20);
    const result = run({ terminal, chat: new FakeChat() });
    for (const text of ['alice\r', 'one\r', 'two\r', 'secret\r', 'secret\r', '\u0004']) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      terminal.type(text);
    }
    expect(await result).toMatchObject({ code: 0, key: { kind: 'passphrase', passphrase: 'secret' } });
    expect(terminal.text.join('')).not.toContain('secret');
  });
});

describe('options', () => {
  const options = (raw: Partial<RawChatOptions>) => chatOptions({ passphrase: true, logLevel: 'error', ...raw }, {});

  it('are read', () => {
    expect(options({ server: ['smp://a@b  smp://c@d', 'smp://e@f'], time: '2.5' })).toMatchObject({
      servers: ['smp://a@b', 'smp://c@d', 'smp://e@f'],
      time: 2.5,
    });
    expect(dataFolder({ XDG_DATA_HOME: '/data' })).toBe('/data/sotto');
    expect(dataFolder({ XDG_DATA_HOME: 'relative' })).toMatch(/\.local\/share\/sotto$/);
  });

  it('are refused when they make no sense', () => {
    for (const raw of [{ time: 'x' }, { logLevel: 'x' }, { key: '' }, { key: 'a', passphrase: false }]) {
      expect(() => options(raw)).toThrow(UsageError);
    }
  });
});
