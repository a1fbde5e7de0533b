import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { SmpQueueClient } from '../../src/agent/index.ts';
import { SmpError } from '../../src/smp/client/index.ts';
import { gathering } from '../harness/gathering.ts';
import { allDelivered, connectPeople, noSignal, numbered, temporaryFolder } from '../harness/people.ts';
import { startTestServer } from '../harness/smp-server.ts';

const here = gathering();
const { meet, leave } = here;

describe('two people', () => {
  it('connect with PQ encryption and equal security codes, and talk both ways with receipts', async () => {
    const alice = await meet('alice');
    const bob = await meet('bob');
    await connectPeople(alice, bob);
    expect(alice.contact()).toMatchObject({ localName: 'bob', state: 'connected', pqEncryption: true });
    expect(bob.contact()).toMatchObject({ localName: 'alice', state: 'connected', pqEncryption: true });
    const code = alice.chat.securityCode(alice.contact().chatId);
    expect(code).toMatch(/^(\d{5} )+\d{1,5}$/);
    expect(bob.chat.securityCode(bob.contact().chatId)).toBe(code);
    for (const n of numbered(20)) {
      alice.chat.sendText(alice.contact().chatId, n);
      bob.chat.sendText(bob.contact().chatId, n);
    }
    await allDelivered(alice);
    await allDelivered(bob);
    expect(alice.received()).toEqual(numbered(20));
    expect(bob.received()).toEqual(numbered(20));
    for (const item of [...alice.chat.items(undefined, 100), ...bob.chat.items(undefined, 100)]) {
      if (item.direction.kind === 'received') expect(item.direction.integrity).toEqual({ kind: 'ok' });
    }
  });

  it('both keep equal names apart, and learn new names', async () => {
    const alice = await meet('alice');
    const bobs = [await meet('bob'), await meet('bob')];
    for (const bob of bobs) {
      await connectPeople(alice, bob);
      await alice.events.until(() => alice.chat.contacts().every((c) => c.state === 'connected'), 'all connected');
    }
    expect(alice.chat.contacts().map((c) => c.localName)).toEqual(['bob', 'bob_1']);
    bobs[0]!.chat.renameProfile('robert 🦊');
    const updated = await alice.events.first((e) => e.kind === 'contactUpdated', 'renamed');
    expect(updated).toMatchObject({ previousName: 'bob', contact: { localName: 'robert 🦊' } });
    expect(alice.chat.findContact('robert 🦊').contact?.profile?.displayName).toBe('robert 🦊');
  });

  it('learn a name that was changed while they connected', async () => {
    const alice = await meet('alice');
    const bob = await meet('bob');
    const { link } = await alice.chat.createInvitation(noSignal);
    await bob.chat.connect(link, noSignal);
    bob.chat.renameProfile('robert');
    await alice.events.until(() => alice.chat.contacts()[0]?.localName === 'robert', 'the new name');
  });

  it('part: the other is told, the queue is gone, and the conversation stays with the other', async () => {
    const alice = await meet('alice');
    const bob = await meet('bob');
    await connectPeople(alice, bob);
    alice.chat.sendText(alice.contact().chatId, 'bye');
    await allDelivered(alice);
    await alice.chat.deleteContact(alice.contact().chatId);
    expect(alice.chat.contacts()).toEqual([]);
    expect(alice.chat.items(undefined, 10)).toEqual([]);
    await bob.events.first((e) => e.kind === 'contactDeletedByPeer', 'deleted by alice');
    expect(bob.contact().state).toBe('deleted-by-peer');
    expect(bob.received()).toEqual(['bye']);
    expect(() => bob.chat.sendText(bob.contact().chatId, 'hello?')).toThrow(
      'not-connected (name: "alice", ended: true)',
    );
  });

  it('lose nothing while one is away, beyond the quota of the queue', async () => {
    await here.server.stop();
    here.server = await startTestServer({ quota: 10 });
    const databasePath = join(temporaryFolder(), 'bob.db');
    const alice = await meet('alice');
    const bob = await meet('bob', { databasePath });
    await connectPeople(alice, bob);
    await leave(bob);
    for (const n of numbered(40)) alice.chat.sendText(alice.contact().chatId, n);
    const back = await meet('bob', { databasePath });
    await back.events.until(() => back.received().length >= 40, '40 messages');
    await allDelivered(alice);
    expect(back.received()).toEqual(numbered(40));
  });

  it('go on after the server was restarted, and after both were', async () => {
    const folder = temporaryFolder();
    const options = (name: string) => ({ databasePath: join(folder, `${name}.db`) });
    const alice = await meet('alice', options('alice'));
    const bob = await meet('bob', options('bob'));
    await connectPeople(alice, bob);
    const former = here.server;
    await former.stop();
    alice.chat.sendText(alice.contact().chatId, '1');
    bob.chat.sendText(bob.contact().chatId, '1');
    here.server = await startTestServer({ former });
    await allDelivered(alice);
    await allDelivered(bob);
    await leave(alice);
    bob.chat.sendText(bob.contact().chatId, '2');
    await leave(bob);
    const alice2 = await meet('alice', options('alice'));
    const bob2 = await meet('bob', options('bob'));
    alice2.chat.sendText(alice2.contact().chatId, '2');
    await allDelivered(alice2);
    await allDelivered(bob2);
    expect(alice2.received()).toEqual(['1', '2']);
    expect(bob2.received()).toEqual(['1', '2']);
  });
});

describe('when answers are lost', () => {
  /** The server did what was asked, but its answer never came: every second time. */
  function losingAnswers(client: SmpQueueClient): SmpQueueClient {
    let calls = 0;
    const lossy =
      <A extends unknown[]>(call: (...args: A) => Promise<void>) =>
      async (...args: A): Promise<void> => {
        await call(...args);
        if (calls++ % 2 === 0) throw new SmpError('timeout', 'lost');
      };
    return {
      createQueue: (...args) => client.createQueue(...args),
      subscribe: (...args) => client.subscribe(...args),
      forget: (...args) => client.forget(...args),
      ping: (...args) => client.ping(...args),
      deleteQueue: (...args) => client.deleteQueue(...args),
      close: () => client.close(),
      secureSender: lossy(client.secureSender.bind(client)),
      send: lossy(client.send.bind(client)),
      ack: lossy(client.ack.bind(client)),
    };
  }

  it('messages are sent again, and shown once', async () => {
    const alice = await meet('alice', { wrap: losingAnswers });
    const bob = await meet('bob', { wrap: losingAnswers });
    await connectPeople(alice, bob);
    for (const n of numbered(3)) alice.chat.sendText(alice.contact().chatId, n);
    await allDelivered(alice);
    expect(bob.received()).toEqual(numbered(3));
    expect(bob.events.all.filter((e) => e.kind === 'error')).toEqual([]);
  });
});
