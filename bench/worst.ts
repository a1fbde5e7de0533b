/**
 * The cost of one malicious message: the longest time that receiving it blocks the program, for the worst messages
 * known. Budget: 50 ms for any message that fits on the wire.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compress, init } from '@bokuweb/zstd-wasm';
import {
  Agent,
  type AgentEvent,
  agentMigrations,
  type ConnId,
  KemKeyPairs,
  openDatabase,
  type SmpQueueClient,
  type SmpQueueEvents,
  threadKemKeyPairMaker,
} from '#sotto/agent';
import { silentLogger, systemClock } from '#sotto/base';
import { type ChatEvent, openChat } from '#sotto/chat';
import { generateSntrup761, sntrup761, systemRandom } from '#sotto/crypto';
import { parseSmpServer } from '#sotto/protocol';
import { SmpClients } from '#sotto/smp';
import { tlsConnect } from '#sotto/transport/node';
import { type Figure, ms } from './measure.ts';
import type { BenchServer } from './server.ts';

const BUDGET_MS = 50;
const noSignal = new AbortController().signal;
const options = { notification: false, pq: undefined };

const client = (events: SmpQueueEvents): SmpQueueClient =>
  new SmpClients({
    connect: tlsConnect(systemClock),
    clock: systemClock,
    random: systemRandom,
    logger: silentLogger,
    ...events,
  });

const body = (text: string) => new TextEncoder().encode(text);
const repeated = (element: string, count: number) => body(`[${Array(count).fill(element).join(',')}]`);

/** A compressed body with one element. */
function compressed(plain: Uint8Array): Uint8Array {
  const frame = compress(plain);
  return Uint8Array.from([0x58, 1, 0x31, frame.length >> 8, frame.length & 0xff, ...frame]);
}

const text = (content: string) =>
  body(
    JSON.stringify({
      v: '1-15',
      msgId: 'AAAAAAAAAAAAAAAA',
      event: 'x.msg.new',
      params: { content: { type: 'text', text: content } },
    }),
  );
const profile = (name: string) => ({ displayName: name, fullName: '', preferences: {} });

/** Bodies of up to 13 KB on the wire. */
const bodies = (): Readonly<Record<string, Uint8Array>> => ({
  '6,000 elements that are nothing': repeated('0', 6_000),
  '500 unknown events': repeated('{"event":"x.z"}', 500),
  '150 messages': repeated('{"event":"x.msg.new","params":{"content":{"type":"text","text":"a"}}}', 150),
  '100 profiles': body(
    `[${Array.from({ length: 100 }, (_, i) => JSON.stringify({ event: 'x.info', params: { profile: profile(`n${i}`) } })).join(',')}]`,
  ),
  '13,000 tabs': text('\t'.repeat(6_500)),
  '13,000 letters': text('a'.repeat(13_000)),
  'a link of 13,000 letters': text(`https://a.example/${'x'.repeat(13_000)}`),
  'brackets in brackets': body(`{"event":"x.z","params":{"a":${'['.repeat(90)}${']'.repeat(90)}}}`),
  '32,767 elements, compressed': compressed(repeated('0', 32_767)),
  '4,000 unknown events, compressed': compressed(repeated('{"event":"x.z"}', 4_000)),
  '900 messages, compressed': compressed(
    repeated('{"event":"x.msg.new","params":{"content":{"type":"text","text":"a"}}}', 900),
  ),
  '32,000 tabs, compressed': compressed(text('\t'.repeat(32_000))),
  'a link of 65,000 letters, compressed': compressed(text(`https://a.example/${'x'.repeat(65_000)}`)),
  '30,000 lines, compressed': compressed(text('x\n'.repeat(30_000))),
  '21,000 ideographs, compressed': compressed(text('漢'.repeat(21_000))),
});

/** The longest block of the program since {@link reset}. */
function stopwatch() {
  let longest = 0;
  return {
    reset: () => {
      longest = 0;
    },
    longest: () => longest,
    time: (action: () => void) => {
      const start = performance.now();
      action();
      longest = Math.max(longest, performance.now() - start);
    },
  };
}

/** The terminal's layout, which is not part of the library. */
async function layout(): Promise<(event: ChatEvent) => void> {
  const load = (name: string): Promise<Record<string, (...args: unknown[]) => unknown>> =>
    import(new URL(`../apps/cli/${name}.js`, import.meta.url).href);
  const [items, shorten, wrap] = await Promise.all([load('show/items'), load('show/shorten'), load('terminal/wrap')]);
  return (event) => {
    if (event.kind !== 'messageReceived') return;
    const lines = shorten.shortMessage!(items.renderItem!(event.item, event.contact, Date.now()));
    for (const line of lines as readonly unknown[]) wrap.wrapLine!(shorten.shortLine!(line), 80);
  };
}

export async function benchWorst(server: BenchServer): Promise<readonly Figure[]> {
  const folder = mkdtempSync(join(tmpdir(), 'sotto-bench-'));
  const watch = stopwatch();
  await init();
  const draw = await layout();
  const chat = await openChat({
    databasePath: join(folder, 'victim.db'),
    key: { kind: 'raw', key: systemRandom.bytes(32) },
    servers: [server.address],
    smp: (events) => client({ ...events, onMessage: (...message) => watch.time(() => events.onMessage(...message)) }),
    kem: sntrup761,
    kemKeyPairMaker: threadKemKeyPairMaker(),
    clock: systemClock,
    random: systemRandom,
    logger: silentLogger,
    onEvent: (event) => watch.time(() => draw(event)),
  });
  await chat.profiles.create({ displayName: 'victim' });
  chat.start();

  /** While set, the peer's messages are lost. */
  let losing = false;
  let lastSent: (() => Promise<void>) | undefined;
  let delivered = () => {};
  let connected = () => {};
  let answered = () => {};
  const database = openDatabase(join(folder, 'peer.db'), { kind: 'raw', key: systemRandom.bytes(32) }, agentMigrations);
  const peer = new Agent({
    database,
    smp: (events) => {
      const real = client(events);
      return new Proxy(real, {
        get(target, name) {
          const value: unknown = Reflect.get(target, name, target);
          if (name !== 'send') return typeof value === 'function' ? value.bind(target) : value;
          return (...args: Parameters<SmpQueueClient['send']>) => {
            lastSent = () => real.send(...args);
            return losing ? Promise.resolve() : real.send(...args);
          };
        },
      });
    },
    servers: [parseSmpServer(server.address)],
    clock: systemClock,
    random: systemRandom,
    kem: sntrup761,
    kemKeyPairs: new KemKeyPairs(threadKemKeyPairMaker(), () => generateSntrup761(systemRandom)),
    logger: silentLogger,
    onEvent: (event: AgentEvent) => {
      if (event.kind === 'message') {
        peer.ackMessage(event.connId, event.msgId, { receipt: false });
        answered();
      }
      if (event.kind === 'connected') connected();
      if (event.kind === 'sent') delivered();
    },
  });
  const { link } = await chat.contacts.invite();
  const ready = new Promise<void>((resolve) => {
    connected = resolve;
  });
  const info = body(JSON.stringify({ v: '1-15', event: 'x.info', params: { profile: profile('peer') } }));
  const connection = { pq: true, stored: () => {}, removed: () => {} };
  const conn: ConnId = await peer.joinConnection(link, info, connection, noSignal);
  await ready;

  const idle = async () => {
    while (!chat.idle() || !peer.idle) await new Promise((resolve) => setTimeout(resolve, 5));
  };
  const send = async (bytes: Uint8Array) => {
    const sent = new Promise<void>((resolve) => {
      delivered = resolve;
    });
    peer.sendMessage(conn, bytes, options);
    await sent;
  };
  /** Performs an action and waits for its effect in the chat; returns the longest block. */
  const blocked = async (act: () => Promise<unknown>): Promise<number> => {
    await idle();
    watch.reset();
    await act();
    await new Promise((resolve) => setTimeout(resolve, 300));
    await idle();
    return watch.longest();
  };
  const answer = async () => {
    const received = new Promise<void>((resolve) => {
      answered = resolve;
    });
    const { contacts } = await chat.contacts.list({ count: 1 });
    await chat.messages.send({ chatId: contacts[0]!.chatId, text: 'x' });
    await received;
    await idle();
  };
  // Warms up the compiler.
  for (const bytes of [
    text('*a* https://a.example b'.repeat(400)),
    repeated('{"event":"x.z"}', 200),
    text('ab '.repeat(4_000)),
  ]) {
    await blocked(() => send(bytes));
  }
  const results: [string, number][] = [];
  for (const [what, bytes] of Object.entries(bodies())) {
    results.push([what, await blocked(() => send(bytes))]);
  }
  const skip = async (count: number) => {
    losing = true;
    for (let i = 0; i < count; i++) peer.sendMessage(conn, text('lost'), options);
    await idle();
    losing = false;
  };
  for (const rounds of [1, 2]) {
    // A message without a receipt begins a chain; after a reply another one begins.
    await answer();
    await send(body('{"event":"x.z"}'));
    await skip(500);
    await answer();
    await skip(500);
    results.push([`1,000 skipped messages, time ${rounds}`, await blocked(() => send(text('x')))]);
    const [last] = (await chat.messages.list({ count: 1 })).items;
    if (last?.direction.kind !== 'received' || last.direction.integrity.kind !== 'skipped') throw new Error('no gap');
  }
  for (let chain = 0; chain < 80; chain++) {
    await answer();
    await skip(1);
    await send(text('x'));
  }
  await send(text('repeated later'));
  const repeat = lastSent!;
  await answer();
  await send(text('x'));
  results.push(['a message that no key opens, with 80 chains of skipped ones', await blocked(() => repeat())]);
  await peer.stop();
  database.close();
  await chat.stop();
  rmSync(folder, { recursive: true });
  const worst = results.reduce((a, b) => (b[1] > a[1] ? b : a));
  return [
    ...results.map(([what, time]) => ({
      what: `worst case: ${what}`,
      value: ms(time),
      how: 'longest block of one message',
    })),
    {
      what: 'worst case of all',
      value: ms(worst[1]),
      how: `${worst[0]}; budget ${BUDGET_MS} ms${worst[1] > BUDGET_MS ? ': MISSED' : ''}`,
    },
  ];
}
