/** What must hold once everything works again and has come to rest. Each check gives sentences about what does not. */
import type { ChatItem, Contact } from '../../src/chat/index.ts';
import { toHex } from '../../src/encoding/index.ts';
import type { Side } from './model.ts';
import type { SimulatedPerson } from './person.ts';
import type { World } from './world.ts';

const ALL = 1_000_000;

/** Timers that a machine at rest may have: pings, clean-up, expiry, idle checks, TCP. */
const TIMERS_PER_MACHINE = 12;

/** Rows about sent messages that a connection may keep: what has no receipt. */
const SENT_ROWS_PER_CONNECTION = 12;

/** What is still under way. */
export function checkRest(world: World): readonly string[] {
  const wrong = [...world.underWay].filter((task) => task.isAlive()).map(({ what }) => `never ended: ${what}`);
  for (const person of world.people) wrong.push(...checkPerson(person));
  return wrong;
}

/** Everything that is not as it should be; empty when the world has come to rest. */
export function checkWorld(world: World): readonly string[] {
  const wrong = [...checkRest(world)];
  for (const person of world.people) world.model.observe(person);
  for (const side of world.model.sides) wrong.push(...checkSide(world, side));
  wrong.push(...checkQueues(world), ...checkBounds(world));
  return wrong;
}

function count(person: SimulatedPerson, from: string): number {
  return person.disk.get<{ n: number }>(`SELECT count(*) AS n FROM ${from}`)?.n ?? 0;
}

/** Nothing is left half done in somebody's database. */
function checkPerson(person: SimulatedPerson): readonly string[] {
  const { chat } = person;
  if (chat === undefined) return [`${person.name} is not running`];
  const none: readonly (readonly [string, string])[] = [
    ["snd_messages WHERE status = 'pending'", 'messages wait to be sent'],
    ['rcv_messages WHERE acknowledged = 0', 'messages are not acknowledged'],
    ['deleted_queues', 'queues wait to be deleted'],
    ['joins', 'joins are not complete'],
    ['confirmations', 'confirmations wait'],
    ["connections WHERE state = 'deleting'", 'connections are being deleted'],
    ['skipped_keys', 'keys of skipped messages are kept'],
  ];
  const wrong = none.flatMap(([from, what]) => {
    const rows = count(person, from);
    return rows === 0 ? [] : [`${person.name}: ${rows} ${what}`];
  });
  if (!chat.idle()) wrong.push(`${person.name} is not idle`);
  const connections = count(person, 'connections');
  if (count(person, 'rcv_messages') > connections) wrong.push(`${person.name} keeps messages it has acknowledged`);
  if (count(person, 'snd_messages') > connections * SENT_ROWS_PER_CONNECTION) {
    wrong.push(`${person.name} keeps ${count(person, 'snd_messages')} messages that were sent`);
  }
  return wrong;
}

const contactOf = (side: Side): Contact | undefined =>
  side.person.chat?.contacts().find(({ chatId }) => chatId === side.chatId);

const itemsOf = (side: Side): readonly ChatItem[] => side.person.chat?.items(side.chatId, ALL) ?? [];

const nameOf = (side: Side) => `${side.person.name}'s contact ${side.chatId}`;

function checkSide(world: World, side: Side): readonly string[] {
  const peer = world.model.peer(side);
  const wrong: string[] = [];
  if (side.deleted === undefined) {
    const contact = contactOf(side);
    // A join that failed takes its contact with it.
    if (contact === undefined) return side.code === undefined ? [] : [`${nameOf(side)} vanished`];
    wrong.push(...checkState(world, side, contact, peer));
    wrong.push(...checkSentItems(side, contact, world.model.mayHaveLeft(side)));
  }
  if (peer !== undefined && peer.deleted === undefined && contactOf(peer) !== undefined) {
    wrong.push(...checkReceived(side, peer));
  }
  return wrong;
}

/** Both sides agree about the connection. */
function checkState(world: World, side: Side, contact: Contact, peer: Side | undefined): readonly string[] {
  const is = (what: string) => [`${nameOf(side)} (${contact.localName}) is ${contact.state}, ${what}`];
  switch (contact.state) {
    case 'invited':
      return [];
    case 'connecting':
      return world.model.mayHaveLeft(side) || peer?.deleted !== undefined ? [] : is('though nobody left');
    case 'connected': {
      if (world.model.mayHaveLeft(side)) return [];
      if (peer === undefined) return is('and nobody else is');
      if (peer.deleted !== undefined) return is('and the other side has deleted the connection');
      const other = contactOf(peer);
      return other?.state === 'connected' ? [] : is(`and the other side is ${other?.state ?? 'gone'}`);
    }
    case 'deleted-by-peer':
      return peer === undefined || peer.deleted !== undefined ? [] : is('and the other side did not');
  }
}

/** What somebody sent has come to an end, whichever. */
function checkSentItems(side: Side, contact: Contact, mayFail: boolean): readonly string[] {
  return itemsOf(side).flatMap((item) => {
    if (item.direction.kind !== 'sent') return [];
    const { status } = item.direction;
    const isFinal = status.kind === 'delivered' ? status.intact : mayFail || contact.state !== 'connected';
    if (isFinal && status.kind !== 'pending') return [];
    const why = status.kind === 'failed' ? `: ${status.reason}` : '';
    return [`${nameOf(side)}: "${short(item.text)}" is ${status.kind}${why}`];
  });
}

const short = (text: string) => text.slice(0, 30);

/** What one side sent the other received: all of it, once, in order. */
function checkReceived(side: Side, peer: Side): readonly string[] {
  const received = itemsOf(peer)
    .filter((item) => item.direction.kind === 'received')
    .map((item) => item.text);
  const own = new Set(side.deleted === undefined ? itemsOf(side).map((item) => item.text) : received);
  // Texts of which nobody knows whether they were stored are in the conversation, or were never sent.
  const expected = side.sent.filter(({ texts, stored }) => stored === 'yes' || texts.some((text) => own.has(text)));
  for (let i = 0; i < Math.max(expected.length, received.length); i++) {
    const texts = expected[i]?.texts ?? ['(none)'];
    const text = received[i] ?? '(none)';
    if (!texts.includes(text)) {
      const position = `message ${i + 1} of ${expected.length}`;
      return [`${nameOf(peer)}: ${position} should be "${texts.map(short).join('" or "')}", is "${short(text)}"`];
    }
  }
  return side.deleted === undefined ? checkSame(side, peer) : [];
}

/** Edits, deletions and reactions arrived too. */
function checkSame(side: Side, peer: Side): readonly string[] {
  const seen = (of: Side, kind: 'sent' | 'received') =>
    itemsOf(of)
      .filter((item) => item.direction.kind === kind)
      .map((item) => ({
        text: item.text,
        isDeleted: item.deletedAt !== undefined,
        reactions: item.reactions.map(({ reaction, count }) => `${reaction}${count}`).sort(),
      }));
  const [here, there] = [seen(side, 'sent'), seen(peer, 'received')];
  const different = here.findIndex((item, i) => JSON.stringify(item) !== JSON.stringify(there[i]));
  if (different < 0) return [];
  const show = (item: object | undefined) => JSON.stringify(item).slice(0, 120);
  return [`${nameOf(side)} sees ${show(here[different])}, the other side ${show(there[different])}`];
}

/** Every queue on a server is somebody's; queues that were made and could not be stored are nobody's fault. */
function checkQueues(world: World): readonly string[] {
  const known = new Set(
    world.people.flatMap((person) =>
      person.disk
        .all<{ rcv_id: Uint8Array }>('SELECT rcv_id FROM rcv_queues UNION ALL SELECT rcv_id FROM deleted_queues')
        .map((row) => toHex(row.rcv_id)),
    ),
  );
  const wrong: string[] = [];
  for (const server of world.servers) {
    const onServer = [...server.disk.table('queues').keys()].map((key) => toHex(Buffer.from(key, 'latin1')));
    for (const rcvId of onServer) {
      if (known.delete(rcvId)) continue;
      const isExcused = world.people.every((person) =>
        person.madeQueues.every((made) => made.rcvId !== rcvId || person.faults.strikes.has(made.at)),
      );
      const maker = world.people.flatMap((person) =>
        person.madeQueues.filter((made) => made.rcvId === rcvId).map((made) => `${person.name} at ${made.at}`),
      );
      if (!isExcused) wrong.push(`${server.name} has a queue that nobody knows, made for ${maker.join()}`);
    }
    const waiting = server.disk.table('messages').size;
    if (waiting > 0) wrong.push(`${server.name} holds ${waiting} messages`);
  }
  for (const _ of known) wrong.push('a queue is gone from its server');
  return wrong;
}

/** Nothing grows without bound. */
function checkBounds(world: World): readonly string[] {
  const wrong: string[] = [];
  const machines = world.people.length + world.servers.length;
  const links = world.people.length * world.servers.length;
  const timers = machines * TIMERS_PER_MACHINE + links * 4;
  if (world.time.waiting > timers) wrong.push(`${world.time.waiting} timers wait`);
  const connections = world.servers.reduce((sum, server) => sum + server.connections, 0);
  if (connections > links) wrong.push(`the servers have ${connections} connections`);
  return wrong;
}
