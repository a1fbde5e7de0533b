/** A simulated person: the product's own chat, over the network in memory and a database that outlives the program. */
import type { Database, SmpQueueClient, SmpQueueEvents } from '../../src/agent/index.ts';
import { VirtualClock } from '../../src/base/index.ts';
import type { ChatCore } from '../../src/chat/chat.ts';
import type { Chat, ChatEvent } from '../../src/chat/index.ts';
import { assembleChat } from '../../src/chat/open.ts';
import type { Kem } from '../../src/crypto/index.ts';
import { toHex } from '../../src/encoding/index.ts';
import { formatSmpServer } from '../../src/protocol/index.ts';
import { SmpClients } from '../../src/smp/client/index.ts';
import type { TransportConnect } from '../../src/transport/index.ts';
import { faultyDatabase, openDisk } from './database.ts';
import { DiskFaults } from './faults.ts';
import { watchingLogger } from './logger.ts';
import type { Surroundings } from './server.ts';

interface Life {
  readonly clock: VirtualClock;
  readonly chat: ChatCore;
  readonly api: Chat;
  isDead: boolean;
}

/** A queue that a server made, and when it was said: nobody's if it could not be stored then. */
export interface MadeQueue {
  readonly server: string;
  readonly rcvId: string;
  readonly at: number;
}

export interface PersonOptions {
  readonly name: string;
  readonly servers: readonly string[];
  readonly kem: Kem;
}

export class SimulatedPerson {
  readonly name: string;
  readonly disk: Database = openDisk();
  readonly faults: DiskFaults;
  /** Every queue that a server said it made. */
  readonly madeQueues: MadeQueue[] = [];
  readonly #in: Surroundings;
  readonly #options: PersonOptions;
  #wallOffset = 0;
  #life: Life | undefined;
  onEvent: (event: ChatEvent) => void = () => {};

  constructor(options: PersonOptions, surroundings: Surroundings) {
    this.name = options.name;
    this.#options = options;
    this.#in = surroundings;
    this.faults = new DiskFaults(() => surroundings.time.elapsed);
  }

  /** Undefined while the program is not running. */
  get chat(): ChatCore | undefined {
    return this.#life?.chat;
  }

  start(): void {
    if (this.#life !== undefined) return;
    const { time, network, chance, story, startMs } = this.#in;
    const clock = new VirtualClock(time, startMs + this.#wallOffset);
    const life: Life = {
      clock,
      isDead: false,
      chat: undefined as unknown as ChatCore,
      api: undefined as unknown as Chat,
    };
    const random = chance.fork();
    const { kem } = this.#options;
    const logger = watchingLogger(this.name, story, (line) => line.includes('Crash') || line.includes('simulated'));
    const database = faultyDatabase(this.disk, this.faults, {
      isDead: () => life.isDead,
      die: () => this.crash('reset'),
    });
    const connect: TransportConnect = async (target, signal) => {
      // A program that has ended connects no more.
      if (life.isDead) return new Promise(() => {});
      return network.connector(this.name)(target, signal);
    };
    const { chat: api, core: chat } = assembleChat(database, {
      servers: this.#options.servers,
      smp: (events) => this.#watched(new SmpClients({ connect, clock, random, logger, ...guarded(events, life) })),
      kem,
      kemKeyPairMaker: async (count) => Array.from({ length: count }, () => kem.generate(random)),
      clock,
      random,
      logger,
      onEvent: (event) => {
        if (!life.isDead) this.onEvent(event);
      },
    });
    this.#life = Object.assign(life, { chat, api });
    if (chat.profile() === undefined) chat.createProfile(this.name);
    api.start();
  }

  /** The program ends between two instructions; its connections are `reset`, or silent when the machine is `lost`. */
  crash(how: 'reset' | 'lost'): void {
    const life = this.#life;
    if (life === undefined) return;
    this.#in.story.tell(`${this.name}'s program crashes${how === 'lost' ? ' with its machine' : ''}`);
    life.isDead = true;
    life.clock.stop();
    this.#life = undefined;
    this.faults.cancel();
    const ours = (client: string) => client === this.name;
    if (how === 'reset') this.#in.network.cut(ours);
    else this.#in.network.silence(ours);
  }

  async stop(): Promise<void> {
    const life = this.#life;
    if (life === undefined) return;
    this.#life = undefined;
    await life.api.stop();
    life.isDead = true;
    life.clock.stop();
  }

  stepClock(ms: number): void {
    this.#wallOffset += ms;
    this.#life?.clock.stepWall(ms);
  }

  /** Keeps in mind which queues were made and not stored, as nobody can delete those. */
  #watched(client: SmpQueueClient): SmpQueueClient {
    const created = async (...args: Parameters<SmpQueueClient['createQueue']>) => {
      const ids = await client.createQueue(...args);
      this.madeQueues.push({
        server: formatSmpServer(args[0].server),
        rcvId: toHex(ids.rcvId),
        at: this.#in.time.elapsed,
      });
      return ids;
    };
    return new Proxy(client, {
      get(target, property) {
        if (property === 'createQueue') return created;
        const value = Reflect.get(target, property, target);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
  }
}

/** A program that has ended is told nothing. */
function guarded(events: SmpQueueEvents, life: { readonly isDead: boolean }): SmpQueueEvents {
  const when =
    <A extends unknown[]>(action: (...args: A) => void) =>
    (...args: A) => {
      if (!life.isDead) action(...args);
    };
  return {
    onMessage: when(events.onMessage),
    onEnd: when(events.onEnd),
    onConnected: when(events.onConnected),
    onDisconnected: when(events.onDisconnected),
    onSubscriptionError: when(events.onSubscriptionError),
  };
}
