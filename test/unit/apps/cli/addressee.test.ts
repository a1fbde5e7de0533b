/** Whom text without a name goes to: only the person changes that, and always sees it. */
import { describe, expect, it } from 'vitest';
import { Session } from '../../../../src/apps/cli/commands/session.ts';
import { Terminal } from '../../../../src/apps/cli/terminal/terminal.ts';
import type { ChatEvent, Contact } from '../../../../src/chat/index.ts';
import { FakeChat } from '../../../harness/fake-chat.ts';
import { VirtualTerminal } from '../../../harness/virtual-terminal.ts';

const NOW = new Date(2026, 10, 23, 19, 26).getTime();
const settle = () => new Promise((resolve) => setImmediate(resolve));

function chatOfThree() {
  const chat = new FakeChat('me');
  chat.now = NOW;
  return { chat, bob: chat.addContact('bob'), carol: chat.addContact('carol') };
}

function openOn(chat: FakeChat, columns = 60, rows = 12, colors: 'none' | 'many' = 'none') {
  const port = new VirtualTerminal(columns, rows);
  const written: string[] = [];
  const write = port.write.bind(port);
  port.write = (text) => {
    written.push(text);
    write(text);
  };
  const now = () => NOW;
  const terminal = new Terminal({ port, abilities: { colors, links: false }, ...chat.face, now, askNothing: true });
  const { signal } = new AbortController();
  const onActive = (contact: Contact | undefined) => terminal.follow(contact);
  const session = new Session({ ...chat.face, display: terminal.display, now, signal, onActive });
  chat.onEvent = (event: ChatEvent) => {
    session.handle(event);
    terminal.refresh();
  };
  void terminal.resume();
  void terminal.run((line) => session.run(line), signal);
  const prompt = () => port.text.findLast((row) => row.includes('>') && !row.startsWith('19:26')) ?? '';
  return { port, written, terminal, prompt };
}

const sentTo = (chat: FakeChat, contact: Contact) => chat.items(contact.chatId, 50).map(({ text }) => text);

describe('the addressee', () => {
  it('is not changed by anything that arrives', async () => {
    const { chat, bob, carol } = chatOfThree();
    const { port, prompt } = openOn(chat);
    port.type('@bob hi\r');
    await settle();
    const item = chat.sendText(carol.chatId, 'before');
    const received = { ...item, direction: { kind: 'received', integrity: { kind: 'ok' } } } as const;
    const arriving: readonly ChatEvent[] = [
      { kind: 'messageReceived', contact: carol, item: received },
      { kind: 'messageUpdated', contact: carol, item: received },
      { kind: 'messageDeleted', contact: carol, item: received, removed: false },
      { kind: 'messageReaction', contact: carol, item, reaction: '👍', added: true },
      { kind: 'messageStatus', contact: carol, item },
      { kind: 'contactConnecting', contact: carol },
      { kind: 'contactConnected', contact: carol },
      { kind: 'contactUpdated', contact: { ...carol, localName: 'caro' }, previousName: 'carol' },
      { kind: 'contactUpdated', contact: carol, previousName: 'bob' },
      { kind: 'pqEncryption', contact: carol, enabled: true },
      { kind: 'contactDeletedByPeer', contact: carol },
    ];
    for (const event of arriving) {
      chat.onEvent(event);
      expect(prompt()).toBe('@bob>');
      port.type(`after ${event.kind}\r`);
      await settle();
    }
    expect(sentTo(chat, bob)).toEqual(['hi', ...arriving.map(({ kind }) => `after ${kind}`)]);
    expect(sentTo(chat, carol)).toEqual(['before']);
  });

  it('is nobody until somebody was chosen, whoever writes', async () => {
    const { chat, bob } = chatOfThree();
    const { port, prompt } = openOn(chat);
    chat.onEvent({ kind: 'contactConnected', contact: bob });
    chat.receive(bob, 'hi');
    expect(prompt()).toBe('>');
    port.type('hello\r');
    await settle();
    expect(sentTo(chat, bob)).toEqual(['hi']);
  });

  it.each([['@carol hi'], ['> @carol (you) yes'], ['! @carol (before) after'], ['/tail @carol']])(
    'is chosen by %s',
    async (line) => {
      const { chat, bob, carol } = chatOfThree();
      chat.receive(carol, 'you');
      chat.sendText(carol.chatId, 'before');
      chat.storeAddressee(bob.chatId);
      const { port, prompt } = openOn(chat);
      expect(prompt()).toBe('@bob>');
      port.type(`${line}\r`);
      await settle();
      expect(prompt()).toBe('@carol>');
      expect(chat.addressee).toBe(carol);
    },
  );

  it.each([['@nobody hi'], ['/info @carol'], ['/code @carol'], ['/search @carol x'], ['+1 @carol you'], ['/contacts']])(
    'is not changed by %s',
    async (line) => {
      const { chat, bob, carol } = chatOfThree();
      chat.receive(carol, 'you');
      chat.storeAddressee(bob.chatId);
      const { port, prompt } = openOn(chat);
      port.type(`${line}\r`);
      await settle();
      expect(prompt()).toBe('@bob>');
      expect(chat.addressee).toBe(bob);
    },
  );

  it('is the one of the line before, though it was entered before that had run', async () => {
    const { chat, bob, carol } = chatOfThree();
    chat.storeAddressee(bob.chatId);
    const { port } = openOn(chat);
    for (const line of ['@carol one', 'two', '@bob three', 'four']) port.type(`${line}\r`);
    await settle();
    await settle();
    expect(sentTo(chat, carol)).toEqual(['one', 'two']);
    expect(sentTo(chat, bob)).toEqual(['three', 'four']);
  });

  it('is still the one that was chosen when nothing could be sent', async () => {
    const { chat, bob, carol } = chatOfThree();
    chat.storeAddressee(bob.chatId);
    const { port, prompt } = openOn(chat);
    const { sendText } = chat;
    chat.sendText = () => {
      throw new Error('this contact is not connected');
    };
    port.type('@carol secret\r');
    await settle();
    expect(prompt()).toBe('@carol>');
    chat.sendText = sendText;
    port.type('again\r');
    await settle();
    expect(sentTo(chat, carol)).toEqual(['again']);
    expect(sentTo(chat, bob)).toEqual([]);
  });

  it('stands in the prompt in the colour of the contact, also of a text taller than the screen', async () => {
    const { chat, carol } = chatOfThree();
    chat.storeAddressee(carol.chatId);
    const { port, written, prompt } = openOn(chat, 60, 6, 'many');
    const before = written.length;
    port.type('x');
    const colored = written.slice(before).join('');
    // biome-ignore lint/suspicious/noControlCharactersInRegex: the colour of the name
    expect(colored).toMatch(/\u001b\[38;5;\d+m@carol> \u001b\[39mx/);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: the colour of the name in lines
    const color = /\u001b\[(38;5;\d+)m@carol/.exec(colored)?.[1];
    chat.receive(carol, 'hi');
    expect(written.join('')).toContain(`\u001b[${color}mcarol>`);
    await settle();
    port.type('\u001b[200~'.concat('1\n2\n3\n4\n5\n6\n7\n8', '\u001b[201~'));
    expect(prompt()).toBe('@carol> …');
    expect(port.text.slice(-2)[0]).toContain('8');
    expect(port.cursor.row).toBe(4);
  });

  it('leaves room to type, however long its name', () => {
    const chat = new FakeChat('me');
    const long = chat.addContact(`'${'長'.repeat(25)} ${'x'.repeat(20)}`);
    chat.storeAddressee(long.chatId);
    for (const columns of [6, 10, 20, 80]) {
      const { port } = openOn(chat, columns, 8);
      port.type('hello');
      expect(port.text.join('')).toContain('h');
      expect(port.text.some((row) => row.includes('>'))).toBe(true);
    }
  });
});

it('is not changed by a line that runs after another was chosen', async () => {
  const { chat, carol } = chatOfThree();
  const { port, prompt } = openOn(chat);
  let connected = () => {};
  chat.connect = () =>
    new Promise((resolve) => {
      connected = () => resolve(carol);
    });
  port.type('/c simplex:x\r');
  port.type('@bob one\r');
  port.type('@carol two\r');
  await settle();
  expect(prompt()).toBe('@carol>');
  connected();
  await settle();
  await settle();
  expect(prompt()).toBe('@carol>');
  expect(sentTo(chat, carol)).toEqual(['two']);
});

it('line of a deleted message is not brought back', async () => {
  const { chat } = chatOfThree();
  const { port, prompt } = openOn(chat);
  for (const line of ['@bob a secret', '@bob other', '\\\\ @bob a secret']) {
    port.type(`${line}\r`);
    await settle();
  }
  expect(chat.lines).toEqual(['@bob other']);
  port.type('\u001b[A');
  port.type('\u001b[A');
  expect(prompt()).toContain('@bob other');
  port.type('\u001b[A\u001b[A\u001b[A');
  expect(prompt()).not.toContain('secret');
});

it('is chosen by a name in another case', async () => {
  const { chat } = chatOfThree();
  const { port, prompt } = openOn(chat);
  port.type('@CAROL hi\r');
  await settle();
  expect(prompt()).toBe('@carol>');
});

describe('a restart', () => {
  it('shows the end of the last conversation, and who else has written', async () => {
    const { chat, bob, carol } = chatOfThree();
    for (let i = 1; i <= 12; i++) chat.sendText(bob.chatId, `to bob ${i}`);
    chat.receive(carol, 'are you there?');
    chat.receive(carol, 'hello?');
    chat.storeAddressee(bob.chatId);
    const { port, prompt } = openOn(chat, 60, 20);
    await settle();
    expect(prompt()).toBe('@bob>');
    const shown = port.text.filter((row) => row.includes('to bob'));
    expect(shown).toHaveLength(10);
    expect(shown.at(-1)).toContain('to bob 12');
    expect(port.text.join('\n')).toContain('carol: 2 unread, see /tail @carol 2');
    port.type('x');
    await settle();
    expect(chat.unread()).toMatchObject([{ count: 2 }]);
  });

  it('counts what it shows of the addressee as read only when a key is pressed', async () => {
    const { chat, bob } = chatOfThree();
    chat.receive(bob, 'one');
    chat.receive(bob, 'two');
    chat.storeAddressee(bob.chatId);
    const { port } = openOn(chat);
    await settle();
    expect(port.text.join('\n')).toContain('bob> two');
    expect(chat.unread()).toMatchObject([{ count: 2 }]);
    port.type('x');
    await settle();
    expect(chat.unread()).toEqual([]);
  });

  it('leaves unread what it does not show', async () => {
    const { chat, bob } = chatOfThree();
    for (let i = 0; i < 60; i++) chat.receive(bob, `${i}`);
    chat.storeAddressee(bob.chatId);
    const { port } = openOn(chat, 60, 60);
    await settle();
    port.type('x');
    await settle();
    expect(chat.unread()).toMatchObject([{ count: 10 }]);
    expect(port.text.join('\n')).toContain('bob: 60 unread, see /tail @bob 60');
  });

  it('names as many of the last messages as it takes to see what is unread', async () => {
    const { chat, bob, carol } = chatOfThree();
    chat.storeAddressee(bob.chatId);
    for (const text of ['one', 'two', 'three']) chat.receive(carol, text);
    chat.markRead(chat.items(carol.chatId, 2).map(({ itemId }) => itemId));
    const { port } = openOn(chat);
    await settle();
    expect(port.text.join('\n')).toContain('carol: 1 unread, see /tail @carol 3');
  });

  it('counts as unread what nobody has seen, whoever wrote it', async () => {
    const { chat, bob, carol } = chatOfThree();
    chat.receive(carol, 'before the start');
    const { port } = openOn(chat);
    await settle();
    chat.receive(carol, 'one');
    chat.receive(bob, 'two');
    port.type('x');
    await settle();
    // Carol's last message and Bob's were shown, one line above the other; her first one never was.
    expect(chat.unread()).toMatchObject([{ contact: { localName: 'carol' }, count: 1 }]);
    chat.receive(bob, 'three');
    expect(chat.unread()).toMatchObject([{ contact: { localName: 'bob' } }, { contact: { localName: 'carol' } }]);
    port.type('x');
    await settle();
    expect(chat.unread()).toMatchObject([{ contact: { localName: 'carol' }, count: 1 }]);
  });
});
