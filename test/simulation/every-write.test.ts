/**
 * The steps that matter, with a fault at each single write of whoever takes them: nothing may be lost or left half done,
 * wherever it strikes.
 */
import { beforeAll, describe, expect, it } from 'vitest';
import { initCompression } from '../../src/chat/index.ts';
import { send } from './actions.ts';
import { checkWorld } from './checks.ts';
import type { WriteFault } from './faults.ts';
import type { SimulatedPerson } from './person.ts';
import { World } from './world.ts';

const MINUTE = 60_000;
const never = new AbortController().signal;

/** A seed with one server and at least two people. */
const SEED = 6;

beforeAll(() => initCompression());

interface Pair {
  readonly world: World;
  readonly alice: SimulatedPerson;
  readonly bob: SimulatedPerson;
}

async function pair(): Promise<Pair> {
  const world = new World(SEED);
  const [alice, bob] = [world.people[0]!, world.people[1]!];
  await world.pass(1_000);
  return { world, alice, bob };
}

async function invite({ world, alice }: Pair): Promise<string> {
  const inviting = alice.chat!.createInvitation(never);
  await world.pass(MINUTE);
  return (await inviting).link;
}

async function connected(): Promise<Pair> {
  const all = await pair();
  const link = await invite(all);
  join(all, link);
  await all.world.pass(MINUTE);
  expect(all.bob.chat!.contacts().map(({ state }) => state)).toEqual(['connected']);
  return all;
}

function join({ world, bob }: Pair, link: string): void {
  world.begin(
    'bob joins',
    bob,
    async () => void (await bob.chat!.connect(link, never)),
    () => {},
  );
}

/** Runs `step`, whatever it throws, and lets `who` come back. */
async function survive({ world }: Pair, who: SimulatedPerson, step: () => void): Promise<void> {
  try {
    step();
  } catch {
    // The person is told, or the program has ended.
  }
  await world.pass(10 * MINUTE);
  world.startPerson(who);
  await world.pass(30 * MINUTE);
}

/**
 * `step` with a fault at each write in turn, until there is none left for it to strike; `prepare` gives what comes
 * before. How many writes there were.
 */
async function atEveryWrite(
  fault: WriteFault,
  who: 'alice' | 'bob',
  prepare: () => Promise<Pair & { readonly step: () => void }>,
  check: (pair: Pair, isOver: boolean) => void,
): Promise<number> {
  for (let write = 0; ; write++) {
    const prepared = await prepare();
    const person = prepared[who];
    person.faults.plan(fault, write);
    await survive(prepared, person, prepared.step);
    const isOver = person.faults.strikes.size === 0;
    expect([write, ...checkWorld(prepared.world), ...prepared.world.story.violations]).toEqual([write]);
    check(prepared, isOver);
    if (isOver) return write;
  }
}

it('a disk that stays full while somebody joins costs the server no more than one queue', async () => {
  const all = await pair();
  const { world, alice, bob } = all;
  const link = await invite(all);
  const before = world.servers[0]!.disk.table('queues').size;
  join(all, link);
  // From when the join itself is stored, and the server knows the key, until long afterwards.
  while (bob.disk.get("SELECT 1 FROM snd_queues WHERE status = 'secured'") === undefined) await world.pass(10);
  bob.faults.isFull = true;
  await world.pass(30 * MINUTE);
  expect(world.servers[0]!.disk.table('queues').size).toBe(before + 1);
  bob.faults.isFull = false;
  await world.pass(10 * MINUTE);
  expect([states(alice), states(bob)]).toEqual([['connected'], ['connected']]);
  expect(world.servers[0]!.disk.table('queues').size).toBe(before + 1);
});

it('a program that starts while its disk is full goes on once there is room', async () => {
  const all = await connected();
  const { world, alice, bob } = all;
  world.servers[0]!.crash('reset');
  const { chatId } = alice.chat!.contacts()[0]!;
  const side = world.model.side(alice, chatId);
  await alice.chat!.deleteContact(chatId);
  side.deleted = { connected: true };
  await alice.stop();
  alice.faults.isFull = true;
  world.startPerson(alice);
  await world.pass(MINUTE);
  alice.faults.isFull = false;
  world.servers[0]!.start();
  await world.pass(30 * MINUTE);
  expect([...checkWorld(world), ...world.story.violations]).toEqual([]);
  expect([states(alice), states(bob)]).toEqual([[], ['deleted-by-peer']]);
});

const states = (person: SimulatedPerson) => person.chat!.contacts().map(({ state }) => state);

const texts = (person: SimulatedPerson) => person.chat!.items(undefined, 10).map(({ text }) => text);

describe.each(['crash', 'crash-after', 'fail'] as const)('with a %s at each write', (fault) => {
  it('joining is done, or undone', async () => {
    const prepare = async () => {
      const all = await pair();
      const link = await invite(all);
      return { ...all, step: () => join(all, link) };
    };
    const writes = await atEveryWrite(fault, 'bob', prepare, ({ alice, bob }, isOver) => {
      const joined = states(bob).includes('connected');
      expect(states(alice)).toEqual([joined ? 'connected' : 'invited']);
      expect(states(bob)).toEqual(joined ? ['connected'] : []);
      if (isOver) expect(joined).toBe(true);
    });
    expect(writes).toBeGreaterThan(15);
  });

  it('letting somebody in is done', async () => {
    const prepare = async () => {
      const all = await pair();
      const link = await invite(all);
      return { ...all, step: () => join(all, link) };
    };
    const writes = await atEveryWrite(fault, 'alice', prepare, ({ alice, bob }) => {
      expect([states(alice), states(bob)]).toEqual([['connected'], ['connected']]);
    });
    expect(writes).toBeGreaterThan(10);
  });

  it('sending is done, or undone', async () => {
    const prepare = async () => {
      const all = await connected();
      return { ...all, step: () => send(all.world, all.alice, all.alice.chat!.contacts()[0]!) };
    };
    const writes = await atEveryWrite(fault, 'alice', prepare, ({ alice, bob }, isOver) => {
      expect(texts(bob)).toEqual(texts(alice));
      if (isOver) expect(texts(bob)).toHaveLength(1);
    });
    expect(writes).toBeGreaterThan(5);
  });

  it('receiving is done, once', async () => {
    const prepare = async () => {
      const all = await connected();
      return { ...all, step: () => send(all.world, all.alice, all.alice.chat!.contacts()[0]!) };
    };
    const writes = await atEveryWrite(fault, 'bob', prepare, ({ alice, bob }) => {
      expect(texts(bob)).toEqual(texts(alice));
      expect(texts(bob)).toHaveLength(1);
    });
    expect(writes).toBeGreaterThan(5);
  });

  it('deleting a contact is done, or undone', async () => {
    const prepare = async () => {
      const all = await connected();
      const { chatId } = all.alice.chat!.contacts()[0]!;
      const side = all.world.model.side(all.alice, chatId);
      side.deleting = () => {
        side.deleted = { connected: true };
      };
      const deleting = () =>
        all.world.begin(
          'alice deletes bob',
          all.alice,
          async () => all.alice.chat!.deleteContact(chatId),
          () => {},
        );
      return { ...all, step: deleting };
    };
    const writes = await atEveryWrite(fault, 'alice', prepare, ({ alice, bob }, isOver) => {
      const isGone = states(alice).length === 0;
      expect(states(bob)).toEqual([isGone ? 'deleted-by-peer' : 'connected']);
      if (isOver) expect(isGone).toBe(true);
    });
    expect(writes).toBeGreaterThan(5);
  });
});
