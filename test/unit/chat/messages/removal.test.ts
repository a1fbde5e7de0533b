/** Long conversations are removed in pieces, and compared codes are checked in pieces. */
import { beforeEach, expect, it } from 'vitest';
import type { ChatId } from '../../../../src/chat/api/index.ts';
import { LonelyChat } from '../../../harness/lonely-chat.ts';

let here: LonelyChat;
let bob: ChatId;

beforeEach(() => {
  here = new LonelyChat();
  bob = here.addContact('bob');
});

const texts = (count: number) => here.chat.items(bob, count).map(({ text }) => text);

/** Lets the next piece go, until there are none. */
async function settle<T>(answer: Promise<T>): Promise<T> {
  let done = false;
  const end = () => {
    done = true;
  };
  answer.then(end, end);
  for (let i = 0; i < 100 && !done; i++) {
    here.clock.advance(10);
    await new Promise((resolve) => setImmediate(resolve));
  }
  return answer;
}

it('a long conversation is cleared in pieces, oldest first, and what comes meanwhile stays', async () => {
  for (let i = 1; i <= 200; i++) here.chat.sendText(bob, `message ${i}`);
  here.addContact('carol');
  const cleared = here.api.chats.clear({ chatId: bob });
  await new Promise((resolve) => setImmediate(resolve));
  const left = texts(300);
  expect(left.length).toBeGreaterThan(150);
  expect(left.length).toBeLessThan(200);
  expect(left.at(-1)).toBe('message 200');
  here.chat.sendText(bob, 'after it');
  await settle(cleared);
  expect(texts(300)).toEqual(['after it']);
  expect(here.changes.filter((event) => event.kind === 'changed' && event.change === 'cleared')).toHaveLength(1);
  here.sql.run("INSERT INTO item_words (item_words, rank) VALUES ('integrity-check', 1)");
});

it('long messages are a piece each', async () => {
  for (let i = 1; i <= 3; i++) here.chat.sendText(bob, 'word '.repeat(1_500));
  const cleared = here.api.chats.clear({ chatId: bob });
  await new Promise((resolve) => setImmediate(resolve));
  expect(texts(9)).toHaveLength(2);
  await settle(cleared);
  expect(texts(9)).toEqual([]);
});

it('a short conversation goes at once', async () => {
  for (let i = 1; i <= 20; i++) here.chat.sendText(bob, `message ${i}`);
  await here.api.chats.clear({ chatId: bob });
  expect(texts(9)).toEqual([]);
  here.chat.sendText(bob, 'one more');
  await here.api.contacts.delete({ chatId: bob });
  expect(here.chat.contacts()).toEqual([]);
});

it('a contact with a long conversation is deleted once, also when it is asked for twice', async () => {
  for (let i = 1; i <= 100; i++) here.chat.sendText(bob, `message ${i}`);
  const first = here.api.contacts.delete({ chatId: bob }, { clientId: 'a' });
  const again = here.api.contacts.delete({ chatId: bob }, { clientId: 'a' });
  await settle(Promise.all([first, again]));
  expect(here.chat.contacts()).toEqual([]);
  expect(here.sent.filter(({ kind }) => kind === 'x.direct.del')).toHaveLength(1);
  await here.api.contacts.delete({ chatId: bob }, { clientId: 'a' });
});

it('a chat that stops leaves the rest of the conversation', async () => {
  for (let i = 1; i <= 100; i++) here.chat.sendText(bob, `message ${i}`);
  const ended = new AbortController();
  const removed = here.chat.removeMost(bob, ended.signal);
  ended.abort(new Error('stopped'));
  await expect(removed).rejects.toThrow('stopped');
  expect(texts(300).at(-1)).toBe('message 100');
});

it('compared codes of many contacts are checked in pieces', () => {
  const names = Array.from({ length: 120 }, (_, i) => `contact ${i}`);
  for (const chatId of names.map((name) => here.addContact(name)))
    here.chat.verify(chatId, here.chat.securityCode(chatId));
  here.ratchetHash = new Uint8Array(32).fill(2);
  here.chat.start();
  const verified = () => here.chat.contacts().filter((contact) => contact.verified).length;
  here.clock.advance(1);
  expect(verified()).toBeGreaterThan(0);
  expect(verified()).toBeLessThan(120);
  for (let i = 0; i < 5; i++) here.clock.advance(10);
  expect(verified()).toBe(0);
  expect(here.events.filter(({ kind }) => kind === 'verificationReset')).toHaveLength(120);
});
