/** The simulation itself: it repeats what it did, and it notices what goes wrong. */
import { beforeAll, describe, expect, it } from 'vitest';
import { initCompression } from '../../src/chat/index.ts';
import { checkWorld } from './checks.ts';
import { simulate } from './run.ts';
import { World } from './world.ts';

beforeAll(() => initCompression());

/** Two people who are connected, and have said something. */
async function talkers(): Promise<World> {
  const world = new World(4);
  const [alice, bob] = [world.people[0]!, world.people[1]!];
  const inviting = alice.chat!.createInvitation(new AbortController().signal);
  await world.pass(10_000);
  const joining = bob.chat!.connect((await inviting).link, new AbortController().signal);
  await world.pass(60_000);
  await joining;
  const { chatId } = alice.chat!.contacts()[0]!;
  const item = alice.chat!.sendText(chatId, 'hello');
  world.model.observe(bob);
  world.model.side(alice, chatId).sent.push({ texts: ['hello'], stored: 'yes', itemId: item.itemId });
  await world.pass(60_000);
  return world;
}

describe('a simulated network', () => {
  it('does the same again from the same seed', async () => {
    const [first, second] = [await simulate(7), await simulate(7)];
    expect(first.violations).toEqual([]);
    expect(second).toEqual(first);
    expect((await simulate(8)).story).not.toEqual(first.story);
  });

  it('finds nothing wrong where nothing is', async () => {
    const world = await talkers();
    expect(checkWorld(world)).toEqual([]);
  });

  it('notices a message that is another, there twice, or lost', async () => {
    const world = await talkers();
    const { disk } = world.people[1]!;
    disk.run("UPDATE items SET text = 'other' WHERE author_id IS NOT NULL");
    expect(checkWorld(world).join()).toContain('message 1 of 1 should be "hello", is "other"');
    disk.run("UPDATE items SET text = 'hello' WHERE author_id IS NOT NULL");
    const columns = 'chat_id, author_id, origin_conn_id, origin_msg_id, shared_msg_id, timestamp, text, event, status';
    disk.run(`INSERT INTO items (${columns}, position) SELECT ${columns}, 7 FROM items WHERE author_id IS NOT NULL`);
    expect(checkWorld(world).join()).toContain('message 2 of 1 should be "(none)", is "hello"');
    disk.run('DELETE FROM items WHERE author_id IS NOT NULL');
    expect(checkWorld(world).join()).toContain('message 1 of 1 should be "hello", is "(none)"');
  });

  it('notices a queue that nobody knows, and one that is gone', async () => {
    const world = await talkers();
    const server = world.servers.find(({ disk }) => disk.table('queues').size > 0)!;
    const [rcvId, record] = [...server.disk.table('queues')][0]!;
    server.disk.table('queues').delete(rcvId);
    expect(checkWorld(world)).toEqual(['a queue is gone from its server']);
    server.disk.table('queues').set(rcvId, record);
    for (const person of world.people) person.disk.run("UPDATE rcv_queues SET rcv_id = x'00'");
    expect(checkWorld(world).join()).toContain(`${server.name} has a queue that nobody knows`);
  });

  it('notices sides that do not agree', async () => {
    const world = await talkers();
    world.people[1]!.disk.run("UPDATE contacts SET state = 'deleted-by-peer'");
    expect(checkWorld(world).join()).toContain('and the other side is deleted-by-peer');
  });

  it('notices uncaught exceptions', () => {
    const world = new World(1);
    world.uncaught(new Error('a bug'));
    expect(world.story.violations.join()).toContain('uncaught: Error: a bug');
  });
});
