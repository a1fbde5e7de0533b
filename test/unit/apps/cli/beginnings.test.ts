import { expect, it } from 'vitest';
import { findByStart, type ItemAuthor, itemByStart } from '../../../../src/apps/cli/commands/beginnings.ts';
import { simpleContainer, textContent } from '../../../../src/chat/protocol/index.ts';
import { idOf, LonelyChat } from '../../../harness/lonely-chat.ts';

const here = new LonelyChat();
const bob = here.addContact('bob');
const [contact] = here.chat.contacts();
const find = async (author: ItemAuthor, start: string) => (await itemByStart(here.api, contact!, author, start)).text;
const say = (text: string, n: number) =>
  here.receive('bob', { kind: 'x.msg.new', container: simpleContainer(textContent(text)) }, idOf(n));

it('finds a message by how it begins, in whatever case', async () => {
  here.chat.sendText(bob, 'Straße 1');
  say('STRASSE 2', 1);
  here.chat.sendText(bob, 'Ὀδυσσεύς');
  expect(await find('us', 'strasse')).toBe('Straße 1');
  expect(await find('contact', 'straße')).toBe('STRASSE 2');
  expect(await find('anybody', 'STR')).toBe('STRASSE 2');
  expect(await find('anybody', '')).toBe('Ὀδυσσεύς');
  await expect(find('contact', 'Straße 1')).rejects.toThrow(
    'There is no message from bob that begins with "Straße 1".',
  );
  await expect(find('us', '%')).rejects.toThrow(/no message from you to bob/);
});

it('looks through the whole conversation', async () => {
  here.chat.sendText(bob, 'needle');
  for (let n = 0; n < 1_000; n++) here.chat.sendText(bob, `hay ${n}`);
  expect(await find('us', 'needle')).toBe('needle');
  expect(await find('us', 'stra')).toBe('Straße 1');
  expect(await findByStart(here.api, bob, 'us', 'nothing')).toBeUndefined();
});

it('finds what is marked as deleted only when it is asked to', async () => {
  say('theirs', 2);
  here.receive('bob', { kind: 'x.msg.del', msgId: idOf(2), other: {} });
  expect(await findByStart(here.api, bob, 'anybody', 'theirs')).toBeUndefined();
  expect((await findByStart(here.api, bob, 'anybody', 'theirs', true))?.text).toBe('theirs');
});
