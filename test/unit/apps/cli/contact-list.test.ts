import { expect, it } from 'vitest';
import { AgentError } from '../../../../src/agent/index.ts';
import { KnownContacts, readContacts } from '../../../../src/apps/cli/commands/contact-list.ts';
import { simpleContainer, textContent } from '../../../../src/chat/protocol/index.ts';
import { idOf, LonelyChat } from '../../../harness/lonely-chat.ts';

async function known() {
  const here = new LonelyChat();
  const bob = here.addContact('bob');
  const contacts = new KnownContacts(here.api);
  await contacts.load();
  const names = () => contacts.all().map(({ localName }) => localName);
  return { here, bob, contacts, names };
}

it('reads all contacts, however many pages that takes', async () => {
  const here = new LonelyChat();
  for (let n = 0; n < 1_005; n++) here.addInvitation(`link ${n}`);
  expect(await readContacts(here.api)).toHaveLength(1_005);
});

it('follows events: new names, new contacts, and those that go', async () => {
  const { here, bob, contacts, names } = await known();
  here.receive('bob', { kind: 'x.info', profile: here.profileOf('robert'), other: {} });
  for (const event of here.events.splice(0)) await contacts.handle(event);
  expect(names()).toEqual(['robert']);
  const link = here.addInvitation('link');
  await contacts.handle({ kind: 'changed', chatId: link, itemId: undefined, change: 'contact' });
  expect(names()).toEqual(['robert', 'link']);
  await here.api.contacts.delete({ chatId: bob });
  for (const event of here.changes.splice(0)) await contacts.handle(event);
  expect(names()).toEqual(['link']);
});

it('reads no contact for a change of a message, and forgets none when reading fails', async () => {
  const { here, bob, contacts, names } = await known();
  let reads = 0;
  const failing = new KnownContacts({
    ...here.api,
    contacts: {
      ...here.api.contacts,
      get: async () => {
        reads++;
        throw new AgentError('disk.full');
      },
    },
  });
  await failing.load();
  here.receive('bob', { kind: 'x.msg.new', container: simpleContainer(textContent('hi')) }, idOf(1));
  const { items } = await here.api.messages.list({ count: 1 });
  await failing.handle({ kind: 'changed', chatId: bob, itemId: items[0]!.itemId, change: 'edited' });
  expect(reads).toBe(0);
  await failing.handle({ kind: 'changed', chatId: bob, itemId: undefined, change: 'contact' });
  expect([reads, failing.all().length]).toEqual([1, 1]);
  expect([names(), contacts.all()]).toEqual([['bob'], contacts.all()]);
});
