import * as v from 'valibot';
import { beforeEach, describe, expect, it } from 'vitest';
import { commandNames, definitionOf } from '../../../../src/chat/api/definitions.ts';
import { type ChatApi, ChatError, type ChatId, type CommandName, chatEvent } from '../../../../src/chat/api/index.ts';
import { simpleContainer, textContent } from '../../../../src/chat/protocol/index.ts';
import { idOf, LonelyChat } from '../../../harness/lonely-chat.ts';

let here: LonelyChat;
let api: ChatApi;
let bob: ChatId;

beforeEach(() => {
  here = new LonelyChat();
  api = here.api;
  bob = here.addContact('bob');
  here.sent.splice(0);
});

const say = (text: string, n: number) =>
  here.receive('bob', { kind: 'x.msg.new', container: simpleContainer(textContent(text)) }, idOf(n));
const failure = (command: Promise<unknown>) =>
  command.then(
    () => 'nothing failed',
    (error: unknown) => (error instanceof ChatError ? { code: error.code, ...error.values } : error),
  );
const call = (name: string, input: unknown, options?: { clientId: string }) => {
  const [area, command] = name.split('.') as [string, string];
  const methods = api as unknown as Record<string, Record<string, (...args: unknown[]) => Promise<unknown>>>;
  return methods[area]![command]!(input, options);
};

describe('a command', () => {
  it('gives what its definition says', async () => {
    say('hello', 1);
    const { item } = await api.messages.send({ chatId: bob, text: 'hi' });
    const inputs: Partial<Record<CommandName, unknown>> = {
      'profiles.rename': { displayName: 'you' },
      'contacts.list': { count: 10 },
      'contacts.get': { chatId: bob },
      'contacts.find': { name: 'bob' },
      'contacts.securityCode': { chatId: bob },
      'contacts.verify': { chatId: bob },
      'chats.list': { count: 10 },
      'messages.list': { count: 10 },
      'messages.get': { itemId: item.itemId },
      'messages.search': { text: 'hi', count: 10 },
      'messages.send': { chatId: bob, text: 'one', quoted: item.itemId },
      'messages.edit': { itemId: item.itemId, text: 'hey' },
      'messages.react': { itemId: item.itemId, emoji: '👍', add: true },
      'messages.pin': { itemId: item.itemId, add: true },
      'messages.pins': { count: 10 },
      'messages.delete': { itemId: item.itemId, scope: 'here' },
      'messages.markRead': { itemIds: [item.itemId] },
      'settings.features': { chatId: bob },
      'settings.setFeature': { feature: 'voice', allow: 'no' },
      'faces.list': { face: 'terminal', list: 'lines' },
      'faces.add': { face: 'terminal', list: 'lines', value: 'x', keep: 1 },
      'faces.remove': { face: 'terminal', list: 'lines' },
      'events.since': { after: 0, count: 10 },
      'chats.clear': { chatId: bob },
      'contacts.delete': { chatId: bob },
    };
    // These need a network or a new database.
    const others: readonly CommandName[] = ['contacts.invite', 'contacts.connect', 'profiles.create'];
    const order = [
      ...Object.keys(inputs),
      ...commandNames.filter((name) => !(name in inputs) && !others.includes(name)),
    ];
    expect(new Set([...order, ...others])).toEqual(new Set(commandNames));
    for (const name of order as CommandName[]) {
      // A search waits for a slice of indexing.
      const answer = call(name, inputs[name] ?? {});
      for (let i = 0; i < 3; i++) here.clock.advance(10);
      const output = await answer;
      expect(v.safeParse(definitionOf(name)!.output, output).issues, name).toBeUndefined();
      // And it is data: the same after a way over a socket.
      expect(JSON.parse(JSON.stringify(output))).toEqual(
        JSON.parse(JSON.stringify(v.parse(definitionOf(name)!.output, JSON.parse(JSON.stringify(output))))),
      );
    }
    for (const event of [...here.events, ...here.changes]) {
      expect(v.safeParse(chatEvent, event).issues, event.kind).toBeUndefined();
    }
  });

  it('refuses what it does not take, says which field, and repeats nothing of it', async () => {
    const wrong: readonly (readonly [string, unknown, RegExp])[] = [
      ['messages.send', { chatId: bob }, /text/],
      ['messages.send', { chatId: 'secret', text: 'x' }, /chatId: expected number/],
      ['messages.send', { chatId: 1.5, text: 'x' }, /chatId/],
      ['messages.send', { chatId: bob, text: 'x', extra: 'secret' }, /extra/],
      ['messages.send', 'secret', /expected Object/],
      ['messages.send', { chatId: bob, text: 'secret'.repeat(20_000) }, /text/],
      ['messages.list', { count: 0 }, /count/],
      ['messages.list', { count: 1_001 }, /count/],
      ['messages.delete', { itemId: 1, scope: 'secret' }, /scope/],
      ['faces.add', { face: '../x', list: 'a', value: '', keep: 1 }, /face/],
      ['faces.add', { face: 'a', list: 'a', value: 'x'.repeat(40_000), keep: 1 }, /value/],
    ];
    for (const [name, input, problem] of wrong) {
      const error = (await failure(call(name, input))) as { code: string; problem: string };
      expect(error).toMatchObject({ code: 'input', command: name, problem: expect.stringMatching(problem) });
      expect(JSON.stringify(error)).not.toContain('secret');
    }
    expect(here.sent).toEqual([]);
  });

  it('is for those who may', async () => {
    const reader = here.apiWith(['read']);
    await expect(reader.messages.list({ count: 1 })).resolves.toBeDefined();
    expect(await failure(reader.messages.send({ chatId: bob, text: 'x' }))).toMatchObject({
      code: 'right',
      right: 'write',
    });
    const writer = here.apiWith(['read', 'write']);
    await writer.messages.send({ chatId: bob, text: 'x' });
    expect(await failure(writer.contacts.delete({ chatId: bob }))).toMatchObject({ code: 'right', right: 'manage' });
    expect(await failure(writer.contacts.invite())).toMatchObject({ code: 'right' });
    expect(await failure(writer.faces.list({ face: 'terminal', list: 'lines' }))).toMatchObject({ right: 'secret' });
    expect(here.sent).toHaveLength(1);
  });
});

describe('a command that is sent again', () => {
  it('is done once, and has the same answer', async () => {
    const input = { chatId: bob, text: 'hello' };
    const { item } = await api.messages.send(input, { clientId: 'a' });
    expect(await api.messages.send(input, { clientId: 'a' })).toEqual({ item });
    expect(here.sent).toHaveLength(1);
    await api.messages.send(input, { clientId: 'b' });
    expect(here.sent).toHaveLength(2);
    expect(await api.messages.delete({ itemId: item.itemId, scope: 'here' }, { clientId: 'c' })).toMatchObject({
      removed: true,
    });
    // What it answered about is gone: it is not done again for that.
    expect(await failure(api.messages.send(input, { clientId: 'a' }))).toEqual({ code: 'no-item' });
    expect(await failure(api.messages.delete({ itemId: item.itemId, scope: 'here' }, { clientId: 'c' }))).toEqual({
      code: 'no-item',
    });
    expect(here.sent).toHaveLength(2);
  });

  it('answers with what is there now, and keeps no text', async () => {
    const { item } = await api.messages.send({ chatId: bob, text: 'a secret' }, { clientId: 'a' });
    await api.messages.edit({ itemId: item.itemId, text: 'other' });
    expect((await api.messages.send({ chatId: bob, text: 'a secret' }, { clientId: 'a' })).item.text).toBe('other');
    expect((await api.profiles.rename({ displayName: 'a secret name' }, { clientId: 'b' })).profile.displayName).toBe(
      'a secret name',
    );
    await api.profiles.rename({ displayName: 'public' });
    expect((await api.profiles.rename({ displayName: 'a secret name' }, { clientId: 'b' })).profile.displayName).toBe(
      'public',
    );
    expect(JSON.stringify(here.sql.all('SELECT * FROM done_commands'))).not.toContain('secret');
  });

  it('is refused where the id was used for another one, or is none', async () => {
    await api.messages.send({ chatId: bob, text: 'x' }, { clientId: 'a' });
    expect(await failure(api.messages.send({ chatId: bob, text: 'other' }, { clientId: 'a' }))).toMatchObject({
      code: 'client-id',
    });
    expect(await failure(api.messages.send({ chatId: bob, text: 'x' }, { clientId: 5 as never }))).toMatchObject({
      code: 'client-id',
    });
    expect(definitionOf('messages.send.x')).toBeUndefined();
    expect(await failure(api.chats.clear({ chatId: bob }, { clientId: 'a' }))).toEqual({
      code: 'client-id',
      command: 'messages.send',
    });
    for (const clientId of ['', 'x'.repeat(65)]) {
      expect(await failure(api.chats.clear({ chatId: bob }, { clientId }))).toMatchObject({ code: 'client-id' });
    }
    expect((await api.messages.list({ count: 5 })).items).toHaveLength(1);
  });

  it('may be tried once more when it failed', async () => {
    expect(await failure(api.messages.send({ chatId: bob, text: ' ' }, { clientId: 'a' }))).toEqual({ code: 'blank' });
    await api.messages.send({ chatId: bob, text: 'x' }, { clientId: 'a' });
    expect(here.sent).toHaveLength(1);
  });

  it('is forgotten after a week', async () => {
    await api.messages.send({ chatId: bob, text: 'x' }, { clientId: 'a' });
    here.clock.advance(8 * 86_400_000);
    await api.messages.send({ chatId: bob, text: 'x' }, { clientId: 'b' });
    expect(here.sql.all('SELECT client_id FROM done_commands')).toEqual([{ client_id: 'b' }]);
  });
});

describe('events', () => {
  it('are numbered, and told again by kind and ids to a face that was away', async () => {
    const { last } = await api.events.since({ after: 0, count: 1 });
    say('hello', 1);
    const { item } = await api.messages.send({ chatId: bob, text: 'hi' });
    const told = await api.events.since({ after: last, count: 10 });
    const now = here.clock.now();
    expect(told).toEqual({
      complete: true,
      last: last + 2,
      events: [
        { number: last + 1, kind: 'messageReceived', chatId: bob, itemId: item.itemId - 1, createdAt: now },
        { number: last + 2, kind: 'changed', chatId: bob, itemId: item.itemId, createdAt: now },
      ],
    });
    expect(here.events.at(-1)).toMatchObject({ kind: 'messageReceived', number: last + 1 });
    expect(here.changes.at(-1)).toMatchObject({ kind: 'changed', number: last + 2 });
    expect(await api.events.since({ after: last + 1, count: 10 })).toMatchObject({ complete: true, events: [{}] });
    expect(await api.events.since({ after: last + 2, count: 10 })).toMatchObject({ complete: true, events: [] });
    expect(await api.events.since({ after: last + 3, count: 10 })).toMatchObject({ complete: false });
    expect(JSON.stringify(here.sql.all('SELECT * FROM event_log'))).not.toContain('hello');
  });

  it('go after thirty days, which a face is told that asks for them', async () => {
    say('old', 1);
    const { last } = await api.events.since({ after: 0, count: 1 });
    here.clock.advance(31 * 86_400_000);
    here.chat.start();
    expect(await api.events.since({ after: last - 1, count: 10 })).toEqual({ events: [], complete: false, last });
    say('new', 2);
    expect(await api.events.since({ after: last, count: 10 })).toMatchObject({
      complete: true,
      events: [{ number: last + 1 }],
    });
  });

  it('go where there are more than a hundred thousand', async () => {
    here.sql.run('UPDATE profiles SET last_event = 149998');
    say('old', 1);
    say('newer', 2);
    here.sql.run('UPDATE profiles SET last_event = 249999');
    here.chat.start();
    expect((await api.events.since({ after: 0, count: 10 })).events.map(({ number }) => number)).toEqual([150_000]);
  });

  it('of a transaction that is undone have no number', async () => {
    const { last } = await api.events.since({ after: 0, count: 1 });
    const undo = () =>
      here.sql.transaction(() => {
        here.chat.sendText(bob, 'x');
        throw new Error('undone');
      });
    expect(undo).toThrow('undone');
    expect((await api.events.since({ after: last, count: 10 })).events).toEqual([]);
    expect(here.changes.filter((event) => 'number' in event && (event.number ?? 0) > last)).toEqual([]);
  });
});

describe('what is deleted', () => {
  it('leaves no ids that another contact or message could get, no link and no answer', async () => {
    const carol = here.addContact('carol');
    const { item } = await api.messages.send({ chatId: carol, text: 'x' }, { clientId: 'a' });
    await api.contacts.delete({ chatId: carol });
    expect(here.addContact('dave')).toBeGreaterThan(carol);
    const next = await api.messages.send({ chatId: bob, text: 'y' });
    expect(next.item.itemId).toBeGreaterThan(item.itemId);
    const { events } = await api.events.since({ after: 0, count: 100 });
    expect(events.filter(({ chatId, kind }) => chatId === carol && kind !== 'changed')).toEqual([]);
    expect(here.sql.all("SELECT result FROM done_commands WHERE client_id = 'a'")).toEqual([
      { result: '{"item":null}' },
    ]);
    expect(await failure(api.messages.send({ chatId: carol, text: 'x' }, { clientId: 'a' }))).toEqual({
      code: 'no-item',
    });
  });
});

describe('what changes a contact', () => {
  it('is told, so that faces need not ask', async () => {
    const told = () => here.changes.splice(0).map((event) => event.kind === 'changed' && event.change);
    told();
    await api.contacts.verify({ chatId: bob, code: here.chat.securityCode(bob) });
    expect(told()).toEqual(['contact']);
    here.receive('bob', { kind: 'x.info', profile: { ...here.profileOf('bob'), fullName: 'Bob Builder' }, other: {} });
    expect(told()).toEqual(['contact']);
    here.receive('bob', { kind: 'x.info', profile: { ...here.profileOf('bob'), fullName: 'Bob Builder' }, other: {} });
    expect(told()).toEqual([]);
  });
});

describe('lists', () => {
  it('go on in both directions', async () => {
    const ids = [];
    for (let n = 0; n < 30; n++) ids.push((await api.messages.send({ chatId: bob, text: `${n}` })).item.itemId);
    const texts = async (input: object) =>
      (await api.messages.list({ chatId: bob, count: 3, ...input })).items.map(({ text }) => text);
    expect(await texts({})).toEqual(['27', '28', '29']);
    expect(await texts({ before: ids[27] })).toEqual(['24', '25', '26']);
    expect(await texts({ before: ids[1] })).toEqual(['0']);
    expect(await texts({ after: ids[10] })).toEqual(['11', '12', '13']);
    expect(await texts({ after: ids[29] })).toEqual([]);
    const searching = api.messages.search({ text: '2', before: ids[22], count: 5 });
    here.clock.advance(10);
    expect((await searching).items.map(({ text }) => text)).toEqual(['2']);
  });

  it('of contacts and conversations are paged too', async () => {
    const carol = here.addContact('carol');
    const dave = here.addContact('dave');
    const page = async (after?: ChatId) =>
      (await api.contacts.list({ after, count: 2 })).contacts.map(({ chatId }) => chatId);
    expect(await page()).toEqual([bob, carol]);
    expect(await page(carol)).toEqual([dave]);
    await api.messages.send({ chatId: carol, text: 'x' });
    say('y', 1);
    here.receive('dave', { kind: 'x.msg.new', container: simpleContainer(textContent('z')) }, idOf(2));
    here.receive('bob', { kind: 'x.msg.new', container: simpleContainer(textContent('y')) }, idOf(3));
    expect(await api.chats.unread({ count: 1 })).toMatchObject({
      chats: [{ contact: { chatId: bob }, count: 2, within: 2 }],
      messages: 3,
      conversations: 2,
    });
    expect((await api.chats.list({ count: 2 })).chats).toMatchObject([
      { contact: { chatId: bob }, last: { text: 'y' }, unread: 2 },
      { contact: { chatId: dave }, unread: 1 },
    ]);
  });
});

describe('a start', () => {
  it('goes on with what was left: contacts that are owed the profile, messages without an index', async () => {
    for (let n = 0; n < 30; n++) here.addContact(`friend ${n}`);
    await api.messages.send({ chatId: bob, text: 'needle' });
    here.sql.run('UPDATE items SET words = NULL');
    here.sent.splice(0);
    here.chat.renameProfile('you');
    const next = await here.restarted();
    for (let i = 0; i < 20; i++) here.clock.advance(10);
    expect(here.sent).toEqual([]);
    next.start();
    for (let i = 0; i < 20; i++) here.clock.advance(10);
    expect(here.sent).toHaveLength(31);
    expect(next.search(undefined, 'needle', 5)).toHaveLength(1);
  });
});

describe('what faces keep', () => {
  it('is apart for each of them', async () => {
    const add = (face: string, value: string) => api.faces.add({ face, list: 'lines', value, keep: 2 });
    for (const value of ['1', '2', '3']) await add('terminal', value);
    await add('browser', '1');
    const values = async (face: string) =>
      (await api.faces.list({ face, list: 'lines' })).values.map(({ value }) => value);
    expect([await values('terminal'), await values('browser')]).toEqual([['2', '3'], ['1']]);
    await api.faces.remove({ face: 'browser', list: 'lines' });
    expect([await values('terminal'), await values('browser')]).toEqual([['2', '3'], []]);
    expect(await failure(api.faces.add({ face: 'a', list: 'a', value: '', keep: 1, chatId: 99 }))).toEqual({
      code: 'no-contact',
    });
  });
});

describe('many events', () => {
  it('are kept up to a limit, of which the oldest go now and then', async () => {
    const { last } = await api.events.since({ after: 0, count: 1 });
    here.sql.run('UPDATE profiles SET last_event = 200000');
    for (let n = 0; n < 500; n++) await api.settings.setFeature({ feature: 'voice', allow: 'yes' });
    const { events, complete } = await api.events.since({ after: last, count: 1_000 });
    expect([events.length, events[0]?.number, complete]).toEqual([500, 200_001, false]);
    expect(here.sql.get('SELECT count(*) AS n FROM event_log WHERE number <= ?', last)).toEqual({ n: 0 });
  });
});

describe('a new name', () => {
  it('is told to contacts a few at a time, also after the program ended in between', () => {
    for (let n = 0; n < 50; n++) here.addContact(`friend ${n}`);
    here.sent.splice(0);
    here.chat.renameProfile('you');
    expect(here.sent).toHaveLength(0);
    expect(here.chat.idle()).toBe(false);
    here.clock.advance(0);
    expect(here.sent).toHaveLength(10);
    // What is owed is in the database: a chat that is opened later goes on.
    expect(here.sql.get('SELECT count(*) AS n FROM contacts WHERE owed_profile = 1')).toEqual({ n: 41 });
    for (let i = 0; i < 6; i++) here.clock.advance(10);
    expect(here.sent).toHaveLength(51);
    expect(here.chat.idle()).toBe(true);
    expect(here.sent).toEqual(
      here.sent.map(() =>
        expect.objectContaining({ kind: 'x.info', profile: expect.objectContaining({ displayName: 'you' }) }),
      ),
    );
  });
});
