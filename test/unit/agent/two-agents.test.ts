/** Two agents over servers in memory: what they tell their apps, what arrives, and what is left when they part. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ConnId } from '../../../src/agent/index.ts';
import * as store from '../../../src/agent/store/index.ts';
import { utf8 } from '../../../src/encoding/index.ts';
import { connectAgents, keepNothing, TestAgent, until } from '../../harness/agents.ts';
import { never } from '../../harness/smp-client.ts';
import { SmpNetwork } from '../../harness/smp-network.ts';

let world: SmpNetwork;
let alice: TestAgent;
let bob: TestAgent;
let ofAlice: ConnId;
let ofBob: ConnId;

async function meet(pq = false): Promise<void> {
  const { ofInitiator, ofJoiner } = await connectAgents(world, alice, bob, pq);
  [ofAlice, ofBob] = [ofInitiator, ofJoiner];
}

beforeEach(() => {
  world = new SmpNetwork();
  // Queues of Alice are on one server, those of Bob on another.
  for (const name of ['a', 'b']) world.start(name);
  alice = new TestAgent(world, 'alice', ['a']);
  bob = new TestAgent(world, 'bob', ['b']);
});
afterEach(async () => {
  await alice.stop();
  await bob.stop();
  await world.close();
});

describe('two agents', () => {
  it('tell their apps of each other, of servers, and that they are connected', async () => {
    await meet();
    expect(alice.told('confirmation')).toMatchObject([{ connId: ofAlice, info: utf8('joiner') }]);
    expect(bob.told('info')).toMatchObject([{ connId: ofBob, info: utf8('initiator') }]);
    for (const agent of [alice, bob]) {
      expect(agent.told('connected')).toMatchObject([{ pq: false }]);
      expect(
        agent
          .told('serverConnected')
          .map(({ server }) => server.hosts[0])
          .sort(),
      ).toEqual(['a', 'b']);
      expect([...agent.told('error'), ...agent.lines]).toEqual([]);
    }
    const [info, other] = [alice.agent.connectionInfo(ofAlice), bob.agent.connectionInfo(ofBob)];
    expect([info.receivingServers, info.sendingServers]).toEqual([other.sendingServers, other.receivingServers]);
    expect(info.ratchetHash).toEqual(other.ratchetHash);
  });

  it.each([false, true])('send each other messages with their number, time and kind of keys, PQ %s', async (pq) => {
    await meet(pq);
    for (let round = 0; round < 3; round++) {
      alice.send(ofAlice, `ping ${round}`);
      await until(world, 'ping', () => bob.texts.length === round + 1);
      bob.acknowledgeAll();
      bob.send(ofBob, `pong ${round}`);
      await until(world, 'pong', () => alice.texts.length === round + 1);
      alice.acknowledgeAll();
    }
    expect(bob.texts).toEqual(['ping 0', 'ping 1', 'ping 2']);
    const { meta } = bob.told('message').at(-1)!;
    expect(meta).toMatchObject({ integrity: { kind: 'ok' }, pq });
    expect(bob.told('message').map(({ meta }) => meta.sndMsgId)).toEqual(
      [0, 1, 2].map((n) => meta.sndMsgId - 2 * (2 - n)),
    );
    expect(Math.abs(meta.brokerTs - world.clock.now())).toBeLessThan(10_000);
    await until(world, 'receipts', () => alice.told('receipt').length === 3);
    await until(world, 'rest', () => alice.agent.idle && bob.agent.idle);
    // What both sides are done with is not kept.
    for (const { sql } of [alice, bob]) expect(sql.all('SELECT * FROM rcv_messages')).toEqual([]);
    const sent = alice.told('sent').map(({ msgId }) => msgId);
    expect(alice.told('receipt').flatMap(({ receipts }) => receipts)).toEqual(
      sent.map((msgId) => ({ msgId, intact: true })),
    );
  });

  it('lose nothing and keep the order when a queue was full for an hour', async () => {
    await meet();
    await bob.stop();
    const texts = Array.from({ length: 140 }, (_, i) => `${i}`);
    for (const text of texts) alice.send(ofAlice, text);
    await world.pass(3_600_000);
    bob = await bob.restarted();
    const began = world.time.elapsed;
    await until(world, 'all messages', () => {
      // Receipts would be a sign of Bob, too.
      bob.acknowledgeAll(false);
      return bob.texts.length === texts.length;
    });
    expect(bob.texts).toEqual(texts);
    // Bob says that his queue is empty (A_QCONT): Alice need not wait for her next attempt.
    expect(world.time.elapsed - began).toBeLessThan(60_000);
    await until(world, 'rest', () => alice.agent.idle && bob.agent.idle);
    expect([...alice.told('error'), ...bob.told('error')]).toEqual([]);
  });
});

describe('a message that the app did not acknowledge', () => {
  beforeEach(() => meet(true));

  it('is told again as it was when the program starts again', async () => {
    for (let i = 0; i < 2; i++) {
      alice.send(ofAlice, 'ping');
      await until(world, 'ping', () => bob.texts.length === i + 1);
      if (i === 0) bob.acknowledgeAll();
      bob.send(ofBob, 'pong');
      await world.pass(2_000);
      alice.acknowledgeAll();
      await world.pass(2_000);
    }
    const told = bob.told('message').at(-1)!;
    expect(told.meta.pq).toBe(true);
    bob = await bob.restarted();
    await world.pass(5_000);
    expect(bob.told('message')[0]).toEqual(told);
    bob.acknowledgeAll();
    await world.pass(5_000);
    bob = await bob.restarted();
    await world.pass(5_000);
    expect(bob.told('message')).toEqual([]);
  });

  it('is told again when the server delivers it again, and not once it was acknowledged', async () => {
    alice.send(ofAlice, 'hello');
    await until(world, 'hello', () => bob.texts.length === 1);
    world.network.cut((client) => client === 'bob');
    await until(world, 'hello again', () => bob.texts.length === 2);
    expect(bob.told('message')[1]).toEqual(bob.told('message')[0]);
    bob.acknowledgeAll();
    await world.pass(5_000);
    world.network.cut((client) => client === 'bob');
    await world.pass(60_000);
    expect(bob.texts).toEqual(['hello', 'hello']);
    await until(world, 'receipt', () => alice.told('receipt').length === 1);
    expect(bob.told('sessionLost')).toEqual([]);
  });
});

describe('a message that does not decrypt', () => {
  it('is told once as the loss of the session, and keeps none from coming that does', async () => {
    await meet();
    const good = store.requireRatchet(alice.sql, ofAlice);
    const restore = () => alice.sql.transaction(() => store.putRatchet(alice.sql, ofAlice, good));
    const sending = { ...good.sending!, chainKey: new Uint8Array(32) };
    for (const text of ['lost', 'lost too']) {
      alice.sql.transaction(() => store.putRatchet(alice.sql, ofAlice, { ...good, sending }));
      alice.send(ofAlice, text);
      await world.pass(5_000);
    }
    expect(bob.told('sessionLost')).toMatchObject([{ connId: ofBob }]);
    expect(() => bob.send(ofBob, 'can you read this?')).toThrow(expect.objectContaining({ code: 'session-lost' }));
    restore();
    alice.send(ofAlice, 'found');
    await until(world, 'found', () => bob.texts.length === 1);
    expect(bob.texts).toEqual(['found']);
    bob.send(ofBob, 'I can read you again');
    await until(world, 'an answer', () => alice.texts.length === 1);
  });
});

describe('a connection that is deleted', () => {
  beforeEach(() => meet());

  it('sends what waits first when that is asked for, and receives nothing meanwhile', async () => {
    world.network.setReachability('b', 'refuses');
    world.network.cut((_, server) => server === 'b');
    alice.send(ofAlice, 'good bye');
    alice.agent.deleteConnection(ofAlice, { waitDelivery: true });
    bob.send(ofBob, 'are you there?');
    await world.pass(60_000);
    expect([alice.texts, bob.texts]).toEqual([[], []]);
    expect(() => alice.send(ofAlice, 'more')).toThrow();
    // Also after a restart.
    alice = await alice.restarted();
    await world.pass(10_000);
    expect(alice.texts).toEqual([]);
    world.network.setReachability('b', 'reachable');
    await until(world, 'good bye', () => bob.texts.length === 1);
    await until(world, 'end', () => alice.agent.idle);
    expect(alice.sql.all('SELECT * FROM connections')).toEqual([]);
    expect(store.allRcvQueues(alice.sql)).toEqual([]);
    expect(store.deletedQueues(alice.sql)).toEqual([]);
  });

  it('is gone at once when nothing is to be waited for, and its queue on the server too', async () => {
    alice.agent.deleteConnection(ofAlice, { waitDelivery: false });
    expect(alice.sql.all('SELECT * FROM connections')).toEqual([]);
    await until(world, 'end', () => alice.agent.idle);
    bob.send(ofBob, 'too late');
    await until(world, 'refusal', () => bob.told('sendFailed').length === 1);
    expect(bob.told('sendFailed')).toMatchObject([{ error: { code: 'server.peer-queue-gone' } }]);
  });
});

describe('an invitation', () => {
  it('needs a server', async () => {
    const nobody = new TestAgent(world, 'nobody', []);
    const making = nobody.agent.createConnection({ pq: false, ...keepNothing }, never);
    await expect(making).rejects.toMatchObject({ code: 'server.none' });
    await nobody.stop();
  });

  it('is made on the next server when one refuses or is away; of several errors the one that may pass is told', async () => {
    world.start('guarded', { password: 'secret' });
    world.network.setReachability('away', 'refuses');
    const invite = async (...servers: string[]) => {
      const agent = new TestAgent(world, 'inviting', servers);
      const outcome = await world.settle(agent.agent.createConnection({ pq: false, ...keepNothing }, never)).then(
        ({ link }) => link,
        (error: unknown) => error,
      );
      await agent.stop();
      return outcome;
    };
    expect(await invite('away', 'guarded', 'a')).toMatch(/^simplex:\/invitation/);
    for (let i = 0; i < 8; i++) expect(await invite('guarded', 'away')).toMatchObject({ kind: 'network' });
    expect(await invite('guarded')).toMatchObject({ kind: 'protocol', code: { kind: 'AUTH' } });
  });

  it('is not for whoever made it, and not for a second one', async () => {
    const options = { pq: false, ...keepNothing };
    const { link } = await world.settle(alice.agent.createConnection(options, never));
    await expect(world.settle(alice.agent.joinConnection(link, utf8('me'), options, never))).rejects.toMatchObject({
      kind: 'own-link',
    });
    await world.settle(bob.agent.joinConnection(link, utf8('bob'), options, never));
    const carol = new TestAgent(world, 'carol', ['b']);
    await expect(world.settle(carol.agent.joinConnection(link, utf8('carol'), options, never))).rejects.toMatchObject({
      kind: 'link-used',
    });
    expect(carol.sql.all('SELECT * FROM connections')).toEqual([]);
    await carol.stop();
  });
});
