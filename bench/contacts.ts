/** Start with a thousand contacts: from opening the database to the last subscription. */
import { setMaxListeners } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type SmpQueueClient, type SmpQueueEvents, threadKemKeyPairMaker } from '#sotto/agent';
import { silentLogger, systemClock } from '#sotto/base';
import { type Chat, openChat } from '#sotto/chat';
import { sntrup761, systemRandom } from '#sotto/crypto';
import { type AuthKey, parseSmpServer } from '#sotto/protocol';
import { SmpClients } from '#sotto/smp';
import { tlsConnect } from '#sotto/transport/node';
import { type Figure, median, ms, percent } from './measure.ts';
import type { BenchServer } from './server.ts';

const CONTACTS = 1_000;
const AT_ONCE = 50;
const RUNS = 5;

const noSignal = new AbortController().signal;
setMaxListeners(0, noSignal);

interface Queue {
  readonly rcvId: Uint8Array;
  readonly authKey: AuthKey;
}

function smpClients(events: SmpQueueEvents): SmpClients {
  const connect = tlsConnect(systemClock);
  return new SmpClients({ connect, clock: systemClock, random: systemRandom, logger: silentLogger, ...events });
}

/** A chat on the database; its SMP client is passed to `watch` first. */
function open(server: BenchServer, path: string, watch: (client: SmpClients) => SmpQueueClient): Promise<Chat> {
  return openChat({
    databasePath: path,
    key: { kind: 'raw', key: new Uint8Array(32) },
    servers: [server.address],
    smp: (events) => watch(smpClients(events)),
    kem: sntrup761,
    kemKeyPairMaker: threadKemKeyPairMaker(),
    clock: systemClock,
    random: systemRandom,
    logger: silentLogger,
    onEvent: () => {},
  });
}

/** `client` with some commands replaced. */
function withCommands(client: SmpClients, commands: Partial<SmpQueueClient>): SmpQueueClient {
  return new Proxy(client, {
    get(target, name) {
      const value = Reflect.get(commands, name) ?? Reflect.get(target, name, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

async function makeContacts(server: BenchServer, path: string): Promise<readonly Queue[]> {
  const queues: Queue[] = [];
  const chat = await open(server, path, (client) =>
    withCommands(client, {
      async createQueue(address, request, signal) {
        const ids = await client.createQueue(address, request, signal);
        queues.push({ rcvId: ids.rcvId, authKey: request.authKey });
        return ids;
      },
    }),
  );
  await chat.profiles.create({ displayName: 'alice' });
  chat.start();
  while (queues.length < CONTACTS) {
    await Promise.all(Array.from({ length: AT_ONCE }, () => chat.contacts.invite()));
  }
  await chat.stop();
  return queues;
}

async function timedStart(server: BenchServer, path: string): Promise<number> {
  const start = performance.now();
  let subscribed = 0;
  let done = () => {};
  const all = new Promise<void>((resolve) => {
    done = resolve;
  });
  const chat = await open(server, path, (client) =>
    withCommands(client, {
      async subscribe(...args) {
        await client.subscribe(...args);
        if (++subscribed === CONTACTS) done();
      },
    }),
  );
  chat.start();
  await all;
  const elapsed = performance.now() - start;
  await chat.stop();
  return elapsed;
}

/** The same subscriptions by an SMP client alone. */
async function timedSubscriptions(server: BenchServer, queues: readonly Queue[]): Promise<number> {
  const nothing = () => {};
  const start = performance.now();
  const client = smpClients({
    onMessage: nothing,
    onEnd: nothing,
    onConnected: nothing,
    onDisconnected: nothing,
    onSubscriptionError: nothing,
  });
  const address = parseSmpServer(server.address).server;
  await Promise.all(queues.map(({ rcvId, authKey }) => client.subscribe(address, rcvId, authKey, noSignal)));
  const elapsed = performance.now() - start;
  await client.close();
  return elapsed;
}

export async function benchContacts(server: BenchServer): Promise<readonly Figure[]> {
  const folder = mkdtempSync(join(tmpdir(), 'sotto-bench-'));
  const path = join(folder, 'alice.db');
  const queues = await makeContacts(server, path);
  const [starts, floors]: [number[], number[]] = [[], []];
  for (let i = 0; i < RUNS; i++) {
    floors.push(await timedSubscriptions(server, queues));
    starts.push(await timedStart(server, path));
  }
  rmSync(folder, { recursive: true });
  const [start, floor] = [median(starts), median(floors)];
  return [
    {
      what: `chat, start with ${CONTACTS} contacts`,
      value: ms(start),
      floor: ms(floor),
      ratio: percent(floor / start),
      how: `median of ${RUNS}, from opening the database to the answer to the last SUB; floor: the same SUBs by a client alone`,
    },
  ];
}
