/** People in one process: real chats over real TLS, with their events recorded and waited for. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  idleKemKeyPairMaker,
  type KemKeyPairMaker,
  type SmpQueueClient,
  type SmpQueueEvents,
} from '../../src/agent/index.ts';
import { type Clock, silentLogger, systemClock } from '../../src/base/index.ts';
import type { ChatCore } from '../../src/chat/chat.ts';
import type { Chat, ChatEvent, ChatEventHandler, Contact } from '../../src/chat/index.ts';
import { openAssembled } from '../../src/chat/open.ts';
import { sntrup761, systemRandom } from '../../src/crypto/index.ts';
import { formatSmpServer, type SmpServer } from '../../src/protocol/index.ts';
import { SmpClients } from '../../src/smp/client/index.ts';
import { tlsConnect } from '../../src/transport/node/index.ts';

export const noSignal = new AbortController().signal;

/** Longest wait for something that happens on loopback within milliseconds; longer where programs are paused on purpose. */
const PATIENCE_MS = Number(process.env.SOTTO_PATIENCE_MS ?? 15_000);

/** What happened to somebody, in order; waits until something has. */
export class EventLog<E> {
  readonly all: E[] = [];
  #changed: (() => void)[] = [];

  add(event: E): void {
    this.all.push(event);
    for (const notify of this.#changed.splice(0)) notify();
  }

  /** Resolves once `done` holds, looked at after every event; `patienceMs` is for what takes its time by design. */
  async until(done: () => boolean, what: string, patienceMs = PATIENCE_MS): Promise<void> {
    const timeout = AbortSignal.timeout(patienceMs);
    while (!done()) {
      await new Promise<void>((resolve, reject) => {
        const onTimeout = () =>
          reject(new Error(`did not happen: ${what}; last events: ${JSON.stringify(this.all.slice(-3))}`));
        timeout.addEventListener('abort', onTimeout, { once: true });
        this.#changed.push(() => {
          timeout.removeEventListener('abort', onTimeout);
          resolve();
        });
      });
    }
  }

  /** The first event that satisfies `test`, now or later. */
  async first(test: (event: E) => boolean, what: string, patienceMs?: number): Promise<E> {
    await this.until(() => this.all.some(test), what, patienceMs);
    return this.all.find(test)!;
  }
}

export interface Person {
  /** What commands do, without waiting for the promises of {@link api}. */
  readonly chat: ChatCore;
  /** The chat as faces have it. */
  readonly api: Chat;
  readonly events: EventLog<ChatEvent>;
  readonly databasePath: string;
  /** The only contact. */
  contact(): Contact;
  /** Texts of all received items, or what stands in their place, oldest first. */
  received(): string[];
}

export interface PersonOptions {
  readonly databasePath?: string;
  readonly passphrase?: string;
  /** Wraps the SMP client, to make it fail. */
  readonly wrap?: (client: SmpQueueClient) => SmpQueueClient;
  /** What the face does with events, after they were recorded. */
  readonly onEvent?: ChatEventHandler;
  readonly kemKeyPairMaker?: KemKeyPairMaker;
  readonly clock?: Clock;
  /** Where servers listen, whatever their addresses say. */
  readonly port?: number;
}

export function temporaryFolder(): string {
  return mkdtempSync(join(tmpdir(), 'sotto-test-'));
}

export function smpClient(
  events: SmpQueueEvents,
  { clock = systemClock, port }: Pick<PersonOptions, 'clock' | 'port'> = {},
): SmpClients {
  const connect = tlsConnect(systemClock);
  return new SmpClients({
    connect: (target, signal) => connect(port === undefined ? target : { ...target, port }, signal),
    clock,
    random: systemRandom,
    logger: silentLogger,
    ...events,
  });
}

/** Opens somebody's chat and starts it; makes the profile where there is none. */
export async function person(
  name: string,
  servers: readonly SmpServer[],
  options: PersonOptions = {},
): Promise<Person> {
  const someone = await openPerson(servers, options);
  if (someone.chat.profile() === undefined) someone.chat.createProfile(name);
  someone.chat.start();
  return someone;
}

/** Opens somebody's chat without starting it. */
export async function openPerson(servers: readonly SmpServer[], options: PersonOptions = {}): Promise<Person> {
  const events = new EventLog<ChatEvent>();
  const databasePath = options.databasePath ?? ':memory:';
  const { chat: api, core: chat } = await openAssembled({
    databasePath,
    // A raw key: opening with a passphrase takes its time by design.
    key:
      options.passphrase === undefined
        ? { kind: 'raw', key: new Uint8Array(32).fill(7) }
        : { kind: 'passphrase', passphrase: options.passphrase },
    servers: servers.map((server) => formatSmpServer(server)),
    smp: (smpEvents) => (options.wrap ?? ((client) => client))(smpClient(smpEvents, options)),
    kem: sntrup761,
    kemKeyPairMaker: options.kemKeyPairMaker ?? idleKemKeyPairMaker(),
    clock: options.clock ?? systemClock,
    random: systemRandom,
    logger: silentLogger,
    onEvent: (event) => {
      events.add(event);
      return options.onEvent?.(event);
    },
  });
  return {
    chat,
    api,
    events,
    databasePath,
    contact: () => chat.contacts()[0]!,
    received: () =>
      chat
        .items(undefined, 10_000)
        .filter((item) => item.direction.kind === 'received')
        .map((item) => item.notice ?? item.text),
  };
}

export async function connectPeople(a: Person, b: Person): Promise<void> {
  const { link } = await a.chat.createInvitation(noSignal);
  await b.chat.connect(link, noSignal);
  for (const each of [a, b]) await each.events.first((e) => e.kind === 'contactConnected', 'connected');
}

/** Resolves when `from` knows that its last `count` messages were delivered. */
export async function allDelivered(from: Person): Promise<void> {
  const delivered = () =>
    from.chat
      .items(undefined, 10_000)
      .every((item) => item.direction.kind !== 'sent' || item.direction.status.kind === 'delivered');
  await from.events.until(delivered, 'all delivered');
}

export const numbered = (count: number, prefix = ''): string[] =>
  Array.from({ length: count }, (_, i) => `${prefix}${i + 1}`);

/** Resolves once nothing of somebody's waits for a server any more; that has no event. */
export async function untilIdle(someone: Person): Promise<void> {
  const end = Date.now() + PATIENCE_MS;
  while (!someone.chat.idle()) {
    if (Date.now() > end) throw new Error('something still waits for a server');
    await new Promise((resolve) => setImmediate(resolve));
  }
}
