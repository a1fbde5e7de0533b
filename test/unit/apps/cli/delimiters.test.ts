/** What is typed or pasted holds the signs that commands are made of. */
import { describe, expect, it } from 'vitest';
import { asEditOfLast } from '../../../../src/apps/cli/commands/recall.ts';
import { Session } from '../../../../src/apps/cli/commands/session.ts';
import { plainDisplay } from '../../../../src/apps/cli/show/display.ts';
import { KeyReader } from '../../../../src/apps/cli/terminal/keys.ts';
import { Terminal } from '../../../../src/apps/cli/terminal/terminal.ts';
import type { ChatId } from '../../../../src/chat/index.ts';
import { FakeChat } from '../../../harness/fake-chat.ts';
import { VirtualTerminal } from '../../../harness/virtual-terminal.ts';

const UP = '\u001b[A';

function setUp() {
  const chat = new FakeChat('me');
  const alice = chat.addContact('alice');
  const display = plainDisplay(
    () => {},
    () => {},
    () => 0,
  );
  const session = new Session({ ...chat.face, display, now: () => 0, signal: new AbortController().signal });
  const texts = () => chat.items(alice.chatId, 100).map(({ text }) => text);
  return { chat, alice, session, texts };
}

describe('brackets in brackets', () => {
  it('change the message that the longest beginning fits', async () => {
    const { chat, alice, session, texts } = setUp();
    chat.sendText(alice.chatId, 'a) buy milk');
    chat.sendText(alice.chatId, 'a later one');
    await session.run('! @alice (a) buy) a) buy bread');
    expect(texts()).toEqual(['a) buy bread', 'a later one']);
    await session.run('! @alice (a later) another (b) c');
    expect(texts()).toEqual(['a) buy bread', 'another (b) c']);
    expect(await session.run('! @alice (x) y) z')).toBe('failed');
  });

  it('answer the message that the longest beginning fits', async () => {
    const { chat, alice, session } = setUp();
    chat.receive(alice, ':) hello');
    chat.receive(alice, ': later');
    await session.run('> @alice (:) hello) hi :)');
    expect(chat.items(alice.chatId, 1)).toMatchObject([{ text: 'hi :)', quote: { text: ':) hello' } }]);
  });

  it('are no beginning of another message where one is not closed, or nothing follows', async () => {
    const { chat, alice, session, texts } = setUp();
    chat.sendText(alice.chatId, 'a) buy milk');
    chat.sendText(alice.chatId, 'another one');
    const before = texts();
    for (const line of [
      '! @alice (a) buy)',
      '! @alice (a) buy) ',
      '! @alice (another new text',
      '! @alice (another)',
    ]) {
      expect(await session.run(line), line).toBe('failed');
    }
    expect(texts()).toEqual(before);
    await session.run('! @alice () (another');
    await session.run('! @alice (a) buy milk) "(b"');
    expect(texts()).toEqual(['(b', '(another']);
  });
});

describe('names with spaces, commas and quotes', () => {
  const names = ['Alice', 'Alice B', 'Alice B C', 'a', 'a,b', 'Dr.', 'O', 'bobby', 'bob', '+1', 'yes', '2', 'delete'];

  function setUpNames(list: readonly string[] = names) {
    const errors: string[] = [];
    const chat = new FakeChat('me');
    const contacts = new Map(list.map((name) => [name, chat.addContact(name)]));
    for (const contact of contacts.values()) {
      chat.receive(contact, 'B hi');
      chat.sendText(contact.chatId, 'B hi');
    }
    const display = plainDisplay(
      () => {},
      (text) => errors.push(text),
      () => 0,
    );
    const session = new Session({ ...chat.face, display, now: () => 0, signal: new AbortController().signal });
    const state = () =>
      JSON.stringify([chat.contactList(), chat.items(undefined, 1000), chat.unread(), chat.ownFeatures()]);
    return { chat, contacts, session, state, errors };
  }

  const unclear = [
    '@Alice B hi',
    '@alice  b hi',
    '@Alice B',
    '> @Alice B (B) hi',
    '>> @Alice B (B) hi',
    '! @Alice B (B) hi',
    '! @Alice B hi',
    '\\ @Alice B hi',
    '\\\\ @Alice B hi',
    '+1 @Alice B hi',
    '+1 Alice B hi',
    '-1 @Alice B hi',
    '/reveal @Alice B hi',
    '/pin @Alice B hi',
    '/unpin @Alice B hi',
    '/pins @Alice B',
    '/search @Alice B hi',
    '/tail @Alice B',
    '/delete Alice B',
    '/clear @Alice B',
    '/verify @Alice B 123',
    '/code @Alice B',
    '/info Alice B',
    '/set reactions @Alice B no',
    '/send @Alice B',
    '@a,b hi',
    '! @a,b hi',
    '\\ @a,b hi',
    "@'O'Brien' hi",
    "! @'O'Brien' hi",
    "\\ @'O'Brien' B",
    "/delete 'O'Brien'",
    "/clear @'O'B",
    "@'Alice hi",
  ];
  it.each(unclear)('%j changes nothing and says why', async (line) => {
    const { session, state, errors } = setUpNames();
    const before = state();
    expect(await session.run(line)).toBe('failed');
    expect(state()).toBe(before);
    expect(errors.join('')).toMatch(/\w+ \w+ \w+/);
  });

  it('are read where there is one way to do so', async () => {
    const { chat, contacts, session } = setUpNames();
    const last = (name: string) => chat.items(contacts.get(name)!.chatId, 1)[0]!.text;
    for (const [line, name, text] of [
      ["@'Alice' B hi", 'Alice', 'B hi'],
      ["@'Alice B' C hi", 'Alice B', 'C hi'],
      ["@'Alice B C' hi", 'Alice B C', 'hi'],
      ['@Alice Bobby', 'Alice', 'Bobby'],
      ["@'a' ,b", 'a', ',b'],
      ["@'a,b' c", 'a,b', 'c'],
      ['@Dr. hello', 'Dr.', 'hello'],
      ["@'O' Brien' hi", 'O', "Brien' hi"],
      ['@bob by', 'bob', 'by'],
      ['@+1 hi', '+1', 'hi'],
      ['@yes no', 'yes', 'no'],
      ['@2 hi', '2', 'hi'],
      ['@delete bob', 'delete', 'bob'],
      ["! @'Alice B' (C) new", 'Alice B', 'new'],
    ] as const) {
      expect(await session.run(line), line).toBe('ok');
      expect(last(name), line).toBe(text);
    }
  });

  it('are told in a way that can be typed', async () => {
    const { session, errors } = setUpNames();
    await session.run('@Alice B C hi');
    expect(errors.at(-1)).toContain("It is not clear who is meant. Write the name in quotes: @'Alice B' or");
    expect(errors.at(-1)).not.toContain('Did you mean');
    const alone = setUpNames(['Alice B']);
    await alone.session.run('@Alice B hi');
    expect(alone.errors.at(-1)).toContain("Names with spaces are written in quotes: @'Alice B'");
    await session.run('/delete Alice B');
    expect(errors.at(-1)).toContain("/delete @'Alice B'");
  });

  it('are added to what is typed for the addressee so that nobody else is meant', async () => {
    const { chat, contacts, session } = setUpNames(['Alice']);
    const port = new VirtualTerminal(80, 24);
    const terminal = new Terminal({
      port,
      abilities: { colors: 'none', links: false },
      ...chat.face,
      now: () => 0,
      askNothing: true,
    });
    void terminal.run((line) => session.run(line), new AbortController().signal);
    terminal.setActive(contacts.get('Alice'));
    const other = chat.addContact('Alice B');
    port.type('B hello\r');
    await new Promise((resolve) => setImmediate(resolve));
    expect(chat.items(contacts.get('Alice')!.chatId, 1)).toMatchObject([{ text: 'B hello' }]);
    port.type(`${UP}!\r`);
    await new Promise((resolve) => setImmediate(resolve));
    expect(chat.items(contacts.get('Alice')!.chatId, 1)).toMatchObject([{ text: 'B hello!' }]);
    // A line that is not clear chooses nobody.
    port.type('@Alice B hi\r');
    await new Promise((resolve) => setImmediate(resolve));
    terminal.setActive(other);
    port.type('@Alice B hi\r');
    await new Promise((resolve) => setImmediate(resolve));
    expect(chat.addressee).toBe(other);
    expect(chat.lines.some((line) => line.includes('@Alice B hi'))).toBe(false);
  });
});

const lastText = (chat: FakeChat) => (chatId: ChatId) =>
  chat.items(chatId, 100).findLast(({ direction }) => direction.kind === 'sent')?.text;

describe('the up arrow', () => {
  it('offers no change of the message before one that was not sent', async () => {
    const { chat, alice, texts } = setUp();
    const port = new VirtualTerminal(80, 24);
    const abilities = { colors: 'none', links: false } as const;
    const terminal = new Terminal({ port, abilities, ...chat.face, now: () => 0, askNothing: true });
    const { signal } = new AbortController();
    const session = new Session({ ...chat.face, display: terminal.display, now: () => 0, signal });
    void terminal.run((line) => session.run(line), signal);
    const enter = async (text: string) => {
      port.type(`${text}\r`);
      await new Promise((resolve) => setImmediate(resolve));
    };
    await enter('@alice one');
    const { sendText } = chat;
    chat.sendText = () => {
      throw new Error('the message is too long');
    };
    await enter('@alice two');
    chat.sendText = sendText;
    await enter(UP);
    expect(texts()).toEqual(['one', 'two']);
    await enter(`${UP}!`);
    expect(texts()).toEqual(['one', 'two!']);
    chat.receive(alice, ':) hello');
    await enter('> @alice (:) hello) hi :)');
    await enter(`${UP}!`);
    expect(texts().at(-1)).toBe('hi :)!');
  });

  it('brings back an answer whose brackets were read in another way, and none that was not sent', () => {
    const { chat, alice } = setUp();
    chat.receive(alice, 'a) b');
    chat.sendText(alice.chatId, 'c');
    expect(asEditOfLast('> @alice (a) b) c', chat.contactList(), lastText(chat))).toBe('! @alice c');
    chat.sendText(alice.chatId, 'another');
    expect(asEditOfLast('> @alice (a) b) c', chat.contactList(), lastText(chat))).toBeUndefined();
  });

  it.each(['(a) b', '"quoted"', '  indented', 'a\tb', "it's", '@alice', '/quit'])('keeps %j as it is', async (text) => {
    const { chat, alice, session, texts } = setUp();
    chat.sendText(alice.chatId, text);
    const edit = asEditOfLast(`@alice ${JSON.stringify(text)}`, chat.contactList(), lastText(chat));
    chat.editMessage(chat.items(alice.chatId, 1)[0]!.itemId, 'other');
    expect(await session.run(edit!)).toBe('ok');
    expect(texts()).toEqual([text]);
  });
});

describe('lines that come in one read', () => {
  it.each(['one\r/delete @bob\r', 'one\ntwo', 'one\r\n/quit\r\n', '\tone\r\ttwo'])('%j are a paste', (text) =>
    expect(new KeyReader().read(Buffer.from(text))).toEqual([{ kind: 'paste', text, unmarked: true }]),
  );

  it('are none where there is one line', () => {
    expect(new KeyReader().read(Buffer.from('one\r')).map(({ kind }) => kind)).toEqual(['text', 'enter']);
  });
});
