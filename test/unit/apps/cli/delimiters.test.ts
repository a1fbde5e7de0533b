/** What is typed or pasted holds the signs that commands are made of. */
import { describe, expect, it } from 'vitest';
import { Session } from '../../../../src/apps/cli/commands/session.ts';
import { plainDisplay } from '../../../../src/apps/cli/show/display.ts';
import { KeyReader } from '../../../../src/apps/cli/terminal/keys.ts';
import { FakeChat } from '../../../harness/fake-chat.ts';

function setUp() {
  const chat = new FakeChat('me');
  const alice = chat.addContact('alice');
  const display = plainDisplay(
    () => {},
    () => {},
    () => 0,
  );
  const session = new Session({ chat, display, now: () => 0, signal: new AbortController().signal });
  const texts = () => chat.items(alice.contactId, 100).map(({ text }) => text);
  return { chat, alice, session, texts };
}

describe('brackets in brackets', () => {
  it('change the message that the longest beginning fits', async () => {
    const { chat, alice, session, texts } = setUp();
    chat.sendText(alice.contactId, 'a) buy milk');
    chat.sendText(alice.contactId, 'a later one');
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
    expect(chat.items(alice.contactId, 1)).toMatchObject([{ text: 'hi :)', quote: { text: ':) hello' } }]);
  });
});

describe('lines that come in one read', () => {
  it.each(['one\r/delete @bob\r', 'one\ntwo', 'one\r\n/quit\r\n', '\tone\r\ttwo'])('%j are a paste', (text) =>
    expect(new KeyReader().read(Buffer.from(text))).toEqual([{ kind: 'paste', text }]),
  );

  it('are none where there is one line', () => {
    expect(new KeyReader().read(Buffer.from('one\r')).map(({ kind }) => kind)).toEqual(['text', 'enter']);
  });
});
