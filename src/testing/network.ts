/** People and a server in one process, on virtual time: a bot is tested with them in milliseconds, and without a network. */
import type { DatabaseKey } from '../agent/index.ts';
import { type Logger, type Random, silentLogger, VirtualClock, VirtualTime } from '../base/index.ts';
import { openChat } from '../chat/index.ts';
import { createIdentity, createServerCertificate } from '../crypto/certificate-authority.ts';
import { certificateFingerprint } from '../crypto/index.ts';
import { formatSmpServer } from '../protocol/index.ts';
import { EventHandlers } from '../sdk/event-handlers.ts';
import type { BotChat } from '../sdk/index.ts';
import { SmpClients } from '../smp/client/index.ts';
import { localBus, memoryStore, QUEUE_QUOTA, SmpServerRunner } from '../smp/server/index.ts';
import { SMP_ALPN } from '../transport/index.ts';
import { MemoryNetwork } from '../transport/memory/index.ts';
import { unsafeKemDouble } from './kem-double.ts';
import { seededRandom } from './seeded-random.ts';

export interface TestNetworkOptions {
  /** Runs with the same seed are the same. 1 unless told. */
  readonly seed?: number;
  /** Wall time at the beginning, in milliseconds since 1970. */
  readonly startMs?: number;
  readonly logger?: Logger;
}

const HOST = 'server';
/** 2026-01-01. */
const DEFAULT_START_MS = 1_767_225_600_000;
/** Certificates begin before any clock of a test. */
const CERTIFICATE_AGE_MS = 60 * 86_400_000;
const KEY: DatabaseKey = { kind: 'raw', key: new Uint8Array(32) };
/** Longest time that connecting takes here. */
const CONNECTING_MS = 60_000;

/**
 * A server and chats that reach it, all in memory. The post-quantum KEM is a double that protects nothing: never use any of
 * it for anything but tests.
 *
 * @example
 * const network = new TestNetwork();
 * const [alice, bob] = [await network.openChat('alice'), await network.openChat('bob')];
 * await network.connect(alice, bob);
 * await network.pass(1_000);
 * await network.stop();
 */
export class TestNetwork {
  readonly #time = new VirtualTime();
  readonly #clock: VirtualClock;
  readonly #random: Random;
  readonly #logger: Logger;
  readonly #network: MemoryNetwork;
  readonly #server: SmpServerRunner;
  readonly #address: string;
  readonly #chain: readonly Uint8Array[];
  readonly #chats = new Set<BotChat>();

  constructor({ seed = 1, startMs = DEFAULT_START_MS, logger = silentLogger }: TestNetworkOptions = {}) {
    this.#clock = new VirtualClock(this.#time, startMs);
    this.#random = seededRandom(seed);
    this.#logger = logger;
    this.#network = new MemoryNetwork(this.#time, this.#random);
    const madeAt = startMs - CERTIFICATE_AGE_MS;
    const authority = createIdentity('ed25519', 'Test CA', madeAt, this.#random);
    const signer = createServerCertificate(authority, 'ed25519', HOST, madeAt, this.#random);
    const chain = [signer.certificate, authority.certificate];
    this.#address = formatSmpServer({
      hosts: [HOST],
      port: '',
      keyHash: certificateFingerprint(authority.certificate),
    });
    this.#server = new SmpServerRunner({
      chain,
      signer,
      store: memoryStore(QUEUE_QUOTA),
      bus: localBus(),
      policy: { newQueues: true, password: undefined },
      clock: this.#clock,
      random: this.#random,
      logger,
    });
    this.#chain = chain;
    this.goOnline();
  }

  /** Wall time of everybody, in milliseconds since 1970. */
  now(): number {
    return this.#clock.now();
  }

  /**
   * A started chat of somebody new, on a database in memory.
   *
   * @param name - the name that contacts see
   * @returns the chat; {@link stop} stops it as well
   * @throws ChatError `name`
   */
  async openChat(name: string): Promise<BotChat> {
    const handlers = new EventHandlers(this.#logger);
    const random = this.#random;
    const chat = await openChat({
      databasePath: ':memory:',
      key: KEY,
      servers: [this.#address],
      smp: (events) =>
        new SmpClients({
          ...events,
          connect: this.#network.connector(name),
          clock: this.#clock,
          random,
          logger: this.#logger,
        }),
      kem: unsafeKemDouble,
      kemKeyPairMaker: async (count) => Array.from({ length: count }, () => unsafeKemDouble.generate(random)),
      clock: this.#clock,
      random,
      logger: this.#logger,
      onEvent: (event) => handlers.tell(event),
    });
    await chat.profiles.create({ displayName: name });
    chat.start();
    const opened: BotChat = { ...chat, on: (kind, handler) => handlers.add(kind, handler) };
    this.#chats.add(opened);
    return opened;
  }

  /**
   * Makes contacts of two, and lets a minute pass in which they become so.
   *
   * @param a - makes the invitation
   * @param b - uses it
   * @throws SmpError, AgentError where one of them cannot reach the server, as after {@link goOffline}
   */
  async connect(a: BotChat, b: BotChat): Promise<void> {
    const link = await this.whilePassing(a.contacts.invite().then((invited) => invited.link));
    await this.whilePassing(b.contacts.connect({ link }));
    await this.pass(CONNECTING_MS);
  }

  /**
   * Lets time pass, a minute at most, until a command that waits for a server has its answer.
   *
   * @param answer - what the command returned
   * @returns what the command gives; rejects with what it fails with
   * @example const { link } = await network.whilePassing(alice.contacts.invite());
   */
  async whilePassing<T>(answer: Promise<T>): Promise<T> {
    let settled = false;
    const done = () => {
      settled = true;
    };
    answer.then(done, done);
    const limit = this.#time.elapsed + CONNECTING_MS;
    await turn();
    while (!settled && this.#time.step(limit)) await turn();
    return answer;
  }

  /**
   * Lets virtual time pass, with all that happens in it.
   *
   * @param ms - milliseconds; hours take as long as what happens in them
   */
  async pass(ms: number): Promise<void> {
    const limit = this.#time.elapsed + ms;
    await turn();
    while (this.#time.step(limit)) await turn();
    this.#time.skipTo(limit);
  }

  /** From now on the server cannot be reached: its connections break. */
  goOffline(): void {
    this.#network.unlisten(HOST);
    this.#network.cut(() => true);
  }

  /** The server can be reached again. */
  goOnline(): void {
    const server = this.#server;
    this.#network.listen(HOST, {
      chain: this.#chain,
      alpn: [SMP_ALPN],
      onConnection: (transport) => server.accept(transport),
    });
  }

  /** Stops all chats and the server. */
  async stop(): Promise<void> {
    for (const chat of this.#chats) await chat.stop();
    await this.#server.stop();
    this.#clock.stop();
  }
}

/** Most turns of the event loop that the server and its store take for one step: writing a group, then answering. */
const TURNS = 6;

async function turn(): Promise<void> {
  for (let i = 0; i < TURNS; i++) await new Promise((resolve) => setImmediate(resolve));
}
