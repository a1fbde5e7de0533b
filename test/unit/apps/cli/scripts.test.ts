/** What scripts and bots rely on: a mistake never looks like success. */
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Writable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AgentError } from '../../../../src/agent/index.ts';
import { chatOptions, databasePrefix, type RawChatOptions, UsageError } from '../../../../src/apps/cli/options.ts';
import { runChat } from '../../../../src/apps/cli/run.ts';
import { systemClock } from '../../../../src/base/index.ts';
import { watchOutput } from '../../../../src/hosting/output.ts';
import { FakeChat } from '../../../harness/fake-chat.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sotto-test-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

interface Setup extends Partial<RawChatOptions> {
  readonly chat?: FakeChat;
  readonly input?: string;
}

async function run({ chat = new FakeChat('me'), input, ...raw }: Setup) {
  const written = { out: '', err: '' };
  // Who has a profile has a database.
  if (input !== undefined) writeFileSync(join(folder, 'db.db'), '');
  const stdin = new PassThrough();
  if (input !== undefined) stdin.end(input);
  const options = chatOptions(
    { passphrase: true, logLevel: 'error', database: join(folder, 'db'), key: 'k', ...raw },
    {},
  );
  const code = await runChat(options, {
    openChat: async (open) => {
      writeFileSync(open.databasePath, '');
      chat.onEvent = open.onEvent;
      return chat.api;
    },
    out: (text) => {
      written.out += text;
    },
    err: (text) => {
      written.err += text;
    },
    input: stdin,
    terminal: undefined,
    plain: false,
    env: {},
    clock: systemClock,
    random: { bytes: (length) => new Uint8Array(length) },
    signal: new AbortController().signal,
  });
  return { code, ...written };
}

const withBob = () => {
  const chat = new FakeChat('me');
  return { chat, bob: chat.addContact('bob') };
};

describe('commands of --execute', () => {
  it('all run, in their order', async () => {
    const { chat, bob } = withBob();
    const { code, err } = await run({ chat, execute: ['@bob one', '@bob two', '@bob three'] });
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(chat.items(bob.chatId, 5).map(({ text }) => text)).toEqual(['one', 'two', 'three']);
  });

  it('end at the first that fails, with its exit code', async () => {
    const { chat, bob } = withBob();
    const { code, err } = await run({ chat, execute: ['@bob one', '@nobody two', '@bob three'], time: '60' });
    expect(code).toBe(1);
    expect(err).toContain('nobody');
    expect(chat.items(bob.chatId, 5).map(({ text }) => text)).toEqual(['one']);
  });

  it('say all that needs no database, also together', async () => {
    const { code, out } = await run({ execute: ['/version', '/help keys'] });
    expect(code).toBe(0);
    expect(out).toMatch(/^Sotto \d[\s\S]*Ctrl\+A/);
    expect(existsSync(join(folder, 'db.db'))).toBe(false);
  });

  it('are refused when one is empty, as a variable is that was not set', () => {
    for (const execute of ['', [''], ['/p', ' ']]) {
      expect(() => chatOptions({ passphrase: true, logLevel: 'error', execute }, {})).toThrow(UsageError);
    }
  });
});

describe('a mistake', () => {
  it.each([
    ['/nope'],
    ['/contcats'],
    ['@nobody hi'],
    ['hello'],
    ['@bob'],
    ['/code @nobody'],
    ['/reveal @bob'],
    ['/contacts now'],
    ['/help nonsense'],
    ['> @bob (nothing) x'],
  ])('%s fails with a sentence, in arguments and in input', async (line) => {
    for (const given of [{ execute: line }, { input: `${line}\n` }]) {
      const { code, out, err } = await run({ ...withBob(), ...given });
      expect(code).not.toBe(0);
      expect(out).toBe('');
      expect(err).toMatch(/\w+ \w+/);
    }
  });

  it('names the command, and what was probably meant', async () => {
    const errors = async (input: string) => (await run({ ...withBob(), input })).err;
    expect(await errors('/contcats\n')).toContain('/contcats. Did you mean /contacts?');
    expect(await errors('/contacts now\n')).toContain('/contacts: this command takes no argument');
    expect(await errors('/code @bbo\n')).toMatch(/^\/code: There is no contact "bbo"\..*Did you mean @bob\?\n$/);
    expect(await errors('@Bob hi\n')).toContain('Did you mean @bob?');
    expect(await errors('@somebody hi\n')).not.toContain('Did you mean');
    expect(await errors('/help conect\n')).toContain('Did you mean /help connect?');
  });

  it('about a session that is lost names the commands that help', async () => {
    const { chat } = withBob();
    chat.addContact('Alice B');
    chat.sendText = () => {
      throw new AgentError('session-lost');
    };
    const { err } = await run({ chat, execute: "@'Alice B' hi" });
    expect(err).toContain("/delete @'Alice B', then /c for a new link");
  });

  it('of the other side, or of the way there, fails too', async () => {
    const { chat, bob } = withBob();
    chat.busy = true;
    setImmediate(() => {
      setTimeout(() => {
        chat.setStatus(chat.items(bob.chatId, 1)[0]!.itemId, { kind: 'failed', reason: 'no room' });
        chat.busy = false;
      });
    });
    const { code, err } = await run({ chat, execute: '@bob hi' });
    expect(code).toBe(1);
    expect(err).toContain('no room');
  });
});

describe('the path of the database', () => {
  const at = (name: string) => join(folder, name);

  it('may be given with the extension; a file that is there wins', () => {
    expect(databasePrefix(at('bob'))).toBe(at('bob'));
    expect(databasePrefix(at('bob.db'))).toBe(at('bob'));
    writeFileSync(at('bob.db.db'), '');
    expect(databasePrefix(at('bob.db'))).toBe(at('bob.db'));
    writeFileSync(at('bob.db'), '');
    expect(databasePrefix(at('bob.db'))).toBe(at('bob'));
    expect(databasePrefix(at('bob.db.db'))).toBe(at('bob.db'));
  });

  it('is refused when it is a folder, or nothing', () => {
    mkdirSync(at('folder'));
    for (const given of ['', at('folder'), `${at('new')}/`]) expect(() => databasePrefix(given)).toThrow(UsageError);
    writeFileSync(at('folder.db'), '');
    expect(databasePrefix(at('folder'))).toBe(at('folder'));
  });

  it('in a folder that does not exist is refused, or made with --yes', async () => {
    const database = join(at('new'), 'deep', 'bob');
    const refused = await run({ database, execute: '/p' });
    expect(refused).toMatchObject({ code: 2, err: expect.stringContaining(`the folder ${join(at('new'), 'deep')}`) });
    expect(existsSync(at('new'))).toBe(false);
    expect(await run({ database, execute: '/p', yes: true })).toMatchObject({ code: 0 });
    expect(existsSync(`${database}.db`)).toBe(true);
  });
});

describe('output that cannot be written', () => {
  const failing = (code: string) =>
    new Writable({ write: (_, __, done) => done(Object.assign(new Error(code), { code })) });

  it('is a failure, and says why', async () => {
    const said: string[] = [];
    let stopped = false;
    const stdout = failing('ENOSPC');
    const watch = watchOutput(
      () => {
        stopped = true;
      },
      stdout,
      (text) => said.push(text),
    );
    stdout.write('x');
    expect(await watch.hasLost()).toBe(true);
    expect(stopped).toBe(true);
    expect(said).toEqual(['the output could not be written: no space is left on the device\n']);
  });

  it('as its reader has gone is one without a word', async () => {
    const said: string[] = [];
    const stdout = failing('EPIPE');
    const watch = watchOutput(
      () => {},
      stdout,
      (text) => said.push(text),
    );
    stdout.write('x');
    expect(await watch.hasLost()).toBe(false);
    expect(said).toEqual([]);
  });

  it('is none when all is written', async () => {
    expect(await watchOutput(() => {}, new PassThrough()).hasLost()).toBe(false);
  });
});
