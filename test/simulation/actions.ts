/** What people and fate do, each picked by chance. */
import { setMaxListeners } from 'node:events';
import { AgentError } from '../../src/agent/index.ts';
import type { Contact } from '../../src/chat/index.ts';
import { Crash } from './faults.ts';
import type { SimulatedPerson } from './person.ts';
import type { SimulatedServer } from './server.ts';
import type { World } from './world.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const never = new AbortController().signal;
setMaxListeners(0, never);

/** Most contacts one person makes in a run. */
const MAX_CONTACTS = 4;

type Action = (world: World) => void;

function running(world: World): readonly SimulatedPerson[] {
  return world.people.filter((person) => person.chat !== undefined);
}

function connect(world: World): void {
  const { chance, story, model } = world;
  const able = running(world).filter((p) => p.chat!.contacts().length < MAX_CONTACTS);
  if (able.length < 2) return;
  const inviter = chance.pick(able);
  const joiner = chance.pick(able.filter((p) => p !== inviter));
  const patience = chance.between(0, 20) * SECOND;
  const refused = (who: SimulatedPerson) => (error: Error) => story.tell(`${who.name} gives up: ${error.message}`);
  story.tell(`${inviter.name} invites ${joiner.name}`);
  world.begin(
    `${inviter.name} invites ${joiner.name}`,
    inviter,
    async () => {
      const { contact, link } = await inviter.chat!.createInvitation(never);
      const invitation = model.side(inviter, contact.chatId);
      model.invitations.push({ side: invitation, joiner });
      world.later(patience, () => {
        if (joiner.chat === undefined) return story.tell(`${joiner.name} is not there to take the link`);
        story.tell(`${joiner.name} takes the link of ${inviter.name}`);
        world.begin(
          `${joiner.name} joins ${inviter.name}`,
          joiner,
          async () => {
            const joined = model.side(joiner, (await joiner.chat!.connect(link, never)).chatId);
            invitation.other = joined;
            joined.other = invitation;
          },
          (error) => {
            refused(joiner)(error);
            // A link is taken once, by whom it was made for.
            const isUsed = error instanceof AgentError && error.kind === 'link-used';
            const isDeleted = invitation.deleted !== undefined || invitation.deleting !== undefined;
            if (isUsed && !isDeleted) story.violate(`${joiner.name} cannot take a link that nobody took or deleted`);
          },
        );
      });
    },
    refused(inviter),
  );
}

function conversation(world: World): { person: SimulatedPerson; contact: Contact } | undefined {
  const able = running(world).flatMap((person) =>
    person
      .chat!.contacts()
      .filter(({ state }) => state === 'connected')
      .map((contact) => ({ person, contact })),
  );
  return able.length === 0 ? undefined : world.chance.pick(able);
}

/** Sends a text of its own. */
export function send(world: World, person: SimulatedPerson, contact: Contact): void {
  const text = `${person.name} ${++world.model.texts} ${'x'.repeat(world.chance.happens(0.1) ? world.chance.between(100, 12_000) : 0)}`;
  const { sent } = world.model.side(person, contact.chatId);
  try {
    const item = person.chat!.sendText(contact.chatId, text);
    sent.push({ texts: [text], stored: 'yes', itemId: item.itemId });
  } catch (error) {
    if (error instanceof Crash) sent.push({ texts: [text], stored: 'maybe', itemId: undefined });
    else world.story.tell(`${person.name} cannot send: ${(error as Error).message}`);
  }
}

function burst(world: World): void {
  const { chance, story } = world;
  const found = conversation(world);
  if (found === undefined) return;
  const { person, contact } = found;
  const count = chance.happens(0.03) ? chance.between(100, 180) : chance.between(1, 8);
  story.tell(`${person.name} sends ${count} to ${contact.localName}`);
  for (let i = 0; i < count; i++) {
    if (person.chat === undefined) return;
    send(world, person, contact);
  }
}

/** Edits, deletes or reacts to one of the last messages of a conversation. */
function change(world: World): void {
  const { chance, story, model } = world;
  const found = conversation(world);
  if (found === undefined) return;
  const { person, contact } = found;
  const items = person.chat!.items(contact.chatId, 12);
  if (items.length === 0) return;
  const item = chance.pick(items);
  const side = model.side(person, contact.chatId);
  const entry = side.sent.find(({ itemId }) => itemId === item.itemId);
  const text = `${item.text.slice(0, 20)} changed ${++model.texts}`;
  const what = entry === undefined ? 'reacts to' : chance.pick(['edits', 'deletes', 'reacts to'] as const);
  story.tell(`${person.name} ${what} "${item.text.slice(0, 20)}"`);
  try {
    switch (what) {
      case 'edits':
        person.chat!.editMessage(item.itemId, text);
        entry!.texts = [text];
        break;
      case 'deletes':
        person.chat!.deleteMessage(item.itemId, 'everyone');
        break;
      case 'reacts to': {
        const emoji = chance.pick(['👍', '😀', '🚀']);
        const isThere = item.reactions.some(({ reaction, ours }) => ours && reaction === emoji);
        person.chat!.react(item.itemId, emoji, !isThere);
      }
    }
  } catch (error) {
    if (error instanceof Crash && what === 'edits') entry!.texts = [...entry!.texts, text];
    if (!(error instanceof Crash)) story.tell(`${person.name} cannot: ${(error as Error).message}`);
  }
}

function deleteContact(world: World): void {
  const able = running(world).filter((p) => p.chat!.contacts().length > 0);
  if (able.length === 0) return;
  const person = world.chance.pick(able);
  const contact = world.chance.pick(person.chat!.contacts());
  const side = world.model.side(person, contact.chatId);
  const mark = () => {
    side.deleted = { connected: contact.state === 'connected' };
  };
  world.story.tell(`${person.name} deletes ${contact.localName}, who is ${contact.state}`);
  // Whether a crash came before or after it was stored is seen when the program starts again.
  world.begin(
    `${person.name} deletes`,
    person,
    async () => {
      await person.chat!.deleteContact(contact.chatId);
      mark();
    },
    (error) => world.story.tell(`${person.name} cannot delete: ${error.message}`),
  );
  side.deleting = mark;
}

function quit(world: World): void {
  const able = running(world);
  if (able.length === 0) return;
  const person = world.chance.pick(able);
  world.story.tell(`${person.name} quits`);
  world.begin(
    `${person.name} quits`,
    undefined,
    () => person.stop(),
    (error) => world.uncaught(error),
  );
  world.later(world.chance.between(1, 20 * 60) * SECOND, () => world.startPerson(person));
}

const anybody = (world: World) => world.chance.pick(world.people);
const anyServer = (world: World): SimulatedServer => world.chance.pick(world.servers);

/** A time in which somebody starts a program again that ended. */
const soon = (world: World) => world.chance.between(1, 120) * SECOND;

function restartServer(world: World, server: SimulatedServer, ms: number): void {
  world.later(ms, () => {
    if (server.isRunning) return;
    world.story.tell(`${server.name} starts`);
    server.start();
  });
}

const faults = {
  cut(world) {
    const count = world.network.cut(() => world.chance.happens(0.6));
    world.story.tell(`${count} connections break`);
  },
  silence(world) {
    const count = world.network.silence(() => world.chance.happens(0.4));
    world.story.tell(`${count} connections fall silent`);
  },
  slowNetwork(world) {
    const max = world.chance.pick([300, 2_000, 12_000]);
    world.story.tell(`the network slows down: up to ${max} ms`);
    world.network.setDelays(5, max);
    world.later(world.chance.between(5, 180) * SECOND, () => world.network.setDelays(5, 60));
  },
  offline(world) {
    const server = anyServer(world);
    const how = world.chance.pick(['refuses', 'silent'] as const);
    world.story.tell(`${server.name} cannot be reached: ${how}`);
    world.network.setReachability(server.name, how);
    world.network.silence((_, name) => name === server.name);
    world.later(world.chance.between(5, 600) * SECOND, () => world.network.setReachability(server.name, 'reachable'));
  },
  crashPerson(world) {
    const person = anybody(world);
    person.crash(world.chance.pick(['reset', 'lost']));
    world.later(soon(world), () => world.startPerson(person));
  },
  crashPersonAtWrite(world) {
    const person = anybody(world);
    person.faults.plan(world.chance.pick(['crash', 'crash-after']), world.chance.between(0, 40));
    world.story.tell(`${person.name}'s program will crash at a write`);
    // It is started again whenever that happens.
    for (const seconds of [30, 120, 600]) world.later(seconds * SECOND, () => world.startPerson(person));
  },
  failPersonWrite(world) {
    const person = anybody(world);
    person.faults.plan('fail', world.chance.between(0, 40));
    world.story.tell(`a write of ${person.name}'s will fail`);
  },
  fullPersonDisk(world) {
    const person = anybody(world);
    world.story.tell(`${person.name}'s disk is full`);
    person.faults.isFull = true;
    world.later(world.chance.between(1, 300) * SECOND, () => {
      person.faults.isFull = false;
    });
  },
  crashServer(world) {
    const server = anyServer(world);
    server.crash(world.chance.pick(['reset', 'lost']));
    restartServer(world, server, soon(world));
  },
  crashServerAtWrite(world) {
    const server = anyServer(world);
    server.faults.plan(world.chance.pick(['crash', 'crash-after']), world.chance.between(0, 15));
    world.story.tell(`${server.name} will crash at a write`);
    for (const seconds of [10, 60, 600]) restartServer(world, server, seconds * SECOND);
  },
  failServerWrite(world) {
    const server = anyServer(world);
    server.faults.plan('fail', world.chance.between(0, 15));
    world.story.tell(`a write of ${server.name} will fail`);
  },
  fullServerDisk(world) {
    const server = anyServer(world);
    world.story.tell(`the disk of ${server.name} is full`);
    server.faults.isFull = true;
    world.later(world.chance.between(1, 600) * SECOND, () => {
      server.faults.isFull = false;
    });
  },
  restartServer(world) {
    const server = anyServer(world);
    world.story.tell(`${server.name} is restarted`);
    world.begin(
      `${server.name} stops`,
      undefined,
      () => server.stop(),
      (error) => world.uncaught(error),
    );
    restartServer(world, server, soon(world));
  },
  serverAway(world) {
    const server = anyServer(world);
    const ms = world.chance.happens(0.2) ? world.chance.between(1, 5) * DAY : world.chance.between(1, 12) * HOUR;
    world.story.tell(`${server.name} goes away for ${Math.round(ms / HOUR)} hours`);
    server.crash(world.chance.pick(['reset', 'lost']));
    restartServer(world, server, ms);
  },
  stepClock(world) {
    const machine = world.chance.pick([...world.people, ...world.servers]);
    const ms = world.chance.pick([-DAY, -HOUR, -MINUTE, MINUTE, HOUR, DAY]);
    world.story.tell(`the clock of ${machine.name} is set by ${ms / MINUTE} minutes`);
    machine.stepClock(ms);
  },
} satisfies Record<string, Action>;

const actions = { connect, burst, change, deleteContact, quit, ...faults };

const weights: Record<keyof typeof actions, number> = {
  connect: 3,
  burst: 9,
  change: 4,
  deleteContact: 0.6,
  quit: 1.5,
  cut: 2,
  silence: 1,
  slowNetwork: 1,
  offline: 1,
  crashPerson: 1,
  crashPersonAtWrite: 3,
  failPersonWrite: 2,
  fullPersonDisk: 0.7,
  crashServer: 1,
  crashServerAtWrite: 2,
  failServerWrite: 1.5,
  fullServerDisk: 0.7,
  restartServer: 0.7,
  serverAway: 0.25,
  stepClock: 0.7,
};

/** Does one thing. */
export function act(world: World): void {
  actions[world.chance.weighted(weights)](world);
}

/** Makes everybody meet somebody, as without that there is no conversation to disturb. */
export const meet: Action = connect;

/** How long nothing new happens. */
export function gap(world: World): number {
  const { chance } = world;
  switch (chance.weighted({ moment: 60, pause: 32, while: 7, long: 1 })) {
    case 'moment':
      return chance.between(0, 2_000);
    case 'pause':
      return chance.between(2, 60) * SECOND;
    case 'while':
      return chance.between(1, 30) * MINUTE;
    case 'long':
      return chance.between(1, 12) * HOUR;
  }
}

/** Ends all that goes wrong. */
export function heal(world: World): void {
  world.story.tell('everything works again');
  world.network.setDelays(5, 60);
  for (const server of world.servers) {
    server.faults.cancel();
    server.faults.isFull = false;
    world.network.setReachability(server.name, 'reachable');
    server.start();
  }
  for (const person of world.people) {
    person.faults.cancel();
    person.faults.isFull = false;
    world.startPerson(person);
  }
}
