import { afterEach, expect, it } from 'vitest';
import type { ChatEvent } from '../../../src/sdk/index.ts';
import { TestNetwork } from '../../../src/testing/index.ts';

const networks: TestNetwork[] = [];
const network = (seed = 1) => {
  const made = new TestNetwork({ seed });
  networks.push(made);
  return made;
};
afterEach(async () => {
  for (const each of networks.splice(0)) await each.stop();
});

/** A bot that repeats what it hears, and somebody who talks to it. */
async function echo(seed: number) {
  const net = network(seed);
  const bot = await net.openChat('echo');
  bot.on('messageReceived', ({ contact, item }) => bot.messages.send({ chatId: contact.chatId, text: item.text }));
  const alice = await net.openChat('alice');
  const heard: string[] = [];
  alice.on('messageReceived', ({ item }) => heard.push(item.text));
  await net.connect(bot, alice);
  const [contact] = (await alice.contacts.list({ count: 1 })).contacts;
  return { net, bot, alice, heard, contact: contact! };
}

it('carries conversations, also over hours without a server', async () => {
  const { net, alice, heard, contact } = await echo(1);
  expect(contact).toMatchObject({ localName: 'echo', state: 'connected' });
  await alice.messages.send({ chatId: contact.chatId, text: 'hello' });
  await net.pass(10_000);
  expect(heard).toEqual(['hello']);
  net.goOffline();
  const { item } = await alice.messages.send({ chatId: contact.chatId, text: 'are you there?' });
  const before = net.now();
  await net.pass(3_600_000);
  expect(net.now() - before).toBe(3_600_000);
  expect(heard).toEqual(['hello']);
  net.goOnline();
  await net.pass(600_000);
  expect(heard).toEqual(['hello', 'are you there?']);
  expect((await alice.messages.get({ itemId: item.itemId })).item.direction).toMatchObject({
    status: { kind: 'delivered' },
  });
});

it('runs the same way from the same seed', async () => {
  const run = async (seed: number) => {
    const { net, alice, contact } = await echo(seed);
    const told: [number, ChatEvent['kind']][] = [];
    for (const kind of ['messageReceived', 'messageStatus'] as const) {
      alice.on(kind, () => told.push([net.now(), kind]));
    }
    for (let n = 0; n < 5; n++) await alice.messages.send({ chatId: contact.chatId, text: `${n}` });
    await net.pass(60_000);
    return told;
  };
  const first = await run(3);
  expect(first.length).toBeGreaterThan(10);
  expect(await run(3)).toEqual(first);
});

it('gives what a command fails with, and removes handlers', async () => {
  const { net, bot, alice, heard, contact } = await echo(2);
  await expect(net.whilePassing(alice.contacts.connect({ link: 'nonsense' }))).rejects.toMatchObject({ kind: 'link' });
  const remove = bot.on('messageReceived', () => {
    throw new Error('a mistake in a handler');
  });
  await alice.messages.send({ chatId: contact.chatId, text: 'one' });
  await net.pass(10_000);
  expect(heard).toEqual(['one']);
  remove();
  await alice.messages.send({ chatId: contact.chatId, text: 'two' });
  await net.pass(10_000);
  expect(heard).toEqual(['one', 'two']);
});

it('makes one invitation for a command that is sent again while it is under way, and after', async () => {
  const net = network(4);
  const alice = await net.openChat('alice');
  const options = { clientId: 'a' };
  const both = Promise.all([
    alice.contacts.invite({}, options),
    alice.withRights(['manage']).contacts.invite({}, options),
  ]);
  await expect(alice.contacts.connect({ link: 'x' }, options)).rejects.toMatchObject({ code: 'client-id' });
  const [first, second] = await net.whilePassing(both);
  expect(second).toEqual(first);
  expect(await alice.contacts.invite({}, options)).toEqual(first);
  expect((await alice.contacts.list({ count: 10 })).contacts).toHaveLength(1);
  await alice.contacts.delete({ chatId: first.contact.chatId });
  await expect(alice.contacts.invite({}, options)).rejects.toMatchObject({ code: 'no-contact' });
});

it('refuses commands once it is stopped, and may be stopped twice', async () => {
  const net = network(5);
  const alice = await net.openChat('alice');
  await alice.stop();
  await alice.stop();
  await expect(alice.profiles.get()).rejects.toMatchObject({ kind: 'state' });
});
