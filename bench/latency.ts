/**
 * Two agents in this process, over one connection: one-way latency, from `sendMessage` to the received event, and
 * throughput of bursts.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  Agent,
  type AgentEvent,
  agentMigrations,
  type ConnId,
  KemKeyPairs,
  openDatabase,
  threadKemKeyPairMaker,
} from '#sotto/agent';
import { silentLogger, systemClock } from '#sotto/base';
import { generateSntrup761, sntrup761, systemRandom } from '#sotto/crypto';
import { parseSmpServer } from '#sotto/protocol';
import { SmpClients } from '#sotto/smp';
import { tlsConnect } from '#sotto/transport/node';
import { type Figure, median, ms, percentile } from './measure.ts';
import type { BenchServer } from './server.ts';

const MESSAGES = 200;
/** The capacity of a queue. */
const AT_ONCE = 120;
const BURSTS = 4;
const noSignal = new AbortController().signal;

interface Party {
  readonly agent: Agent;
  /** Replaced by the code that waits for an event. */
  onEvent: (event: AgentEvent) => void;
  close(): Promise<void>;
}

function party(server: BenchServer, databasePath: string): Party {
  const kemKeyPairs = new KemKeyPairs(threadKemKeyPairMaker(), () => generateSntrup761(systemRandom));
  const database = openDatabase(databasePath, { kind: 'raw', key: systemRandom.bytes(32) }, agentMigrations);
  const agent = new Agent({
    database,
    smp: (events) =>
      new SmpClients({
        connect: tlsConnect(systemClock),
        clock: systemClock,
        random: systemRandom,
        logger: silentLogger,
        ...events,
      }),
    servers: [parseSmpServer(server.address)],
    clock: systemClock,
    random: systemRandom,
    kem: sntrup761,
    kemKeyPairs,
    logger: silentLogger,
    onEvent: (event) => self.onEvent(event),
  });
  const self: Party = {
    agent,
    onEvent: () => {},
    async close() {
      await agent.stop();
      database.close();
    },
  };
  return self;
}

function next<K extends AgentEvent['kind']>(of: Party, kind: K): Promise<Extract<AgentEvent, { kind: K }>> {
  return new Promise((resolve) => {
    of.onEvent = (event) => {
      if (event.kind === kind) resolve(event as Extract<AgentEvent, { kind: K }>);
    };
  });
}

/** Sends a message and waits until it is received and acknowledged with a receipt; returns the one-way milliseconds. */
async function oneWay(from: Party, fromConn: ConnId, to: Party): Promise<number> {
  const received = next(to, 'message');
  const receipt = next(from, 'receipt');
  const start = performance.now();
  from.agent.sendMessage(fromConn, systemRandom.bytes(100), { notification: true, pq: undefined });
  const { connId, msgId } = await received;
  const elapsed = performance.now() - start;
  to.agent.ackMessage(connId, msgId, { receipt: true });
  await receipt;
  return elapsed;
}

export async function benchLatency(server: BenchServer, pq: boolean): Promise<readonly Figure[]> {
  const folder = mkdtempSync(join(tmpdir(), 'sotto-bench-'));
  const alice = party(server, join(folder, 'alice.db'));
  const bob = party(server, join(folder, 'bob.db'));
  const options = { pq, stored: () => {}, removed: () => {} };
  const { connId: aliceConn, link } = await alice.agent.createConnection(options, noSignal);
  const asked = next(alice, 'confirmation');
  const bobReady = next(bob, 'connected');
  const bobConn = await bob.agent.joinConnection(link, new Uint8Array(0), options, noSignal);
  const { confirmationId } = await asked;
  const aliceReady = next(alice, 'connected');
  alice.agent.allowConnection(aliceConn, confirmationId, new Uint8Array(0));
  await Promise.all([aliceReady, bobReady]);
  const stream: number[] = [];
  for (let i = 0; i < MESSAGES; i++) stream.push(await oneWay(alice, aliceConn, bob));
  const pingPong: number[] = [];
  for (let i = 0; i < MESSAGES; i++) {
    pingPong.push(i % 2 === 0 ? await oneWay(alice, aliceConn, bob) : await oneWay(bob, bobConn, alice));
  }
  const bursts: number[] = [];
  for (let i = 0; i < BURSTS; i++) bursts.push(await burst(alice, aliceConn, bob));
  await alice.close();
  await bob.close();
  rmSync(folder, { recursive: true });
  const figure = (what: string, samples: readonly number[]): Figure => ({
    what: `agents, one-way, ${what}, PQ ${pq ? 'on' : 'off'}`,
    value: ms(percentile(samples, 0.5)),
    how: `median of ${samples.length} messages of 100 bytes, each acknowledged with a receipt before the next; p99 ${ms(percentile(samples, 0.99))}`,
  });
  return [
    figure('one direction', stream),
    figure('ping-pong', pingPong),
    {
      what: `agents, messages a second, PQ ${pq ? 'on' : 'off'}`,
      value: `${Math.round(median(bursts))}`,
      how: `median of ${BURSTS} bursts of ${AT_ONCE}, until the last is received and stored; acknowledged without receipts`,
    },
  ];
}

/** Messages per second when {@link AT_ONCE} are sent in a burst. */
function burst(from: Party, fromConn: ConnId, to: Party): Promise<number> {
  return new Promise((resolve) => {
    const start = performance.now();
    let received = 0;
    from.onEvent = () => {};
    to.onEvent = (event) => {
      if (event.kind !== 'message') return;
      to.agent.ackMessage(event.connId, event.msgId, { receipt: false });
      if (++received === AT_ONCE) resolve((AT_ONCE / (performance.now() - start)) * 1000);
    };
    for (let i = 0; i < AT_ONCE; i++) {
      from.agent.sendMessage(fromConn, systemRandom.bytes(100), { notification: true, pq: undefined });
    }
  });
}
