import { expect, it } from 'vitest';
import { findByStart, type ItemAuthor, itemByStart } from '../../../../src/apps/cli/commands/beginnings.ts';
import { simpleContainer, textContent } from '../../../../src/chat/protocol/index.ts';
import { idOf, LonelyChat } from '../../../harness/lonely-chat.ts';

const here = new LonelyChat();
const bob = here.addContact('bob');
const [contact] = here.chat.contacts();
const find = (author: ItemAuthor, start: string) => itemByStart(here.chat, contact!, author, start).text;
const say = (text: string, n: number) =>
  here.receive('bob', { kind: 'x.msg.new', container: simpleContainer(textContent(text)) }, idOf(n));

it('finds a message by how it begins, in whatever case', () => {
  here.chat.sendText(bob, 'Straße 1');
  say('STRASSE 2', 1);
  here.chat.sendText(bob, 'Ὀδυσσεύς');
  expect(find('us', 'strasse')).toBe('Straße 1');
  expect(find('contact', 'straße')).toBe('STRASSE 2');
  expect(find('anybody', 'STR')).toBe('STRASSE 2');
  expect(find('anybody', '')).toBe('Ὀδυσσεύς');
  expect(() => find('contact', 'Straße 1')).toThrow('There is no message from bob that begins with "Straße 1".');
  expect(() => find('us', '%')).toThrow(/no message from you to bob/);
});

it('looks through the whole conversation', () => {
  here.chat.sendText(bob, 'needle');
  for (let n = 0; n < 1_000; n++) here.chat.sendText(bob, `hay ${n}`);
  expect(find('us', 'needle')).toBe('needle');
  expect(find('us', 'stra')).toBe('Straße 1');
  expect(findByStart(here.chat, bob, 'us', 'nothing')).toBeUndefined();
});

it('finds what is marked as deleted only when it is asked to', () => {
  say('theirs', 2);
  here.receive('bob', { kind: 'x.msg.del', msgId: idOf(2), other: {} });
  expect(findByStart(here.chat, bob, 'anybody', 'theirs')).toBeUndefined();
  expect(findByStart(here.chat, bob, 'anybody', 'theirs', true)?.text).toBe('theirs');
});
