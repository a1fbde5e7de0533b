/** A simulated world: servers and people on one network, in one virtual time, all out of one seed. */
import { VirtualTime } from '../../src/base/index.ts';
import type { ChatEvent } from '../../src/chat/index.ts';
import { sntrup761 } from '../../src/crypto/index.ts';
import { unsafeKemDouble } from '../../src/testing/kem-double.ts';
import { MemoryNetwork } from '../../src/transport/memory/index.ts';
import { Chance } from './chance.ts';
import { WRITE_ERROR } from './database.ts';
import { Crash } from './faults.ts';
import { Model } from './model.ts';
import { SimulatedPerson } from './person.ts';
import { SimulatedServer, type Surroundings } from './server.ts';
import { Story } from './story.ts';

/** Wall time at the beginning of every run. */
const START_MS = Date.UTC(2026, 0, 1);

/** One run in so many uses the real KEM. */
const REAL_KEM_EVERY = 50;

/** What people may be told: of faults of their own disks, and of changes that came too late for a contact that left. */
function isExpected({ failure, code, detail }: Extract<ChatEvent, { readonly kind: 'error' }>): boolean {
  if (failure === 'not-sent' && code === 'server.peer-queue-gone') return true;
  return code === 'disk.full' || detail === WRITE_ERROR;
}

const NAMES = ['alice', 'bob', 'carol', 'dave'];

/** Lets everything that was set off by a timer, and needs no time, happen. */
async function turn(): Promise<void> {
  // What runs in one turn of the event loop may ask for another.
  for (let i = 0; i < 2; i++) await new Promise((resolve) => setImmediate(resolve));
}

export class World {
  readonly seed: number;
  readonly time = new VirtualTime();
  readonly chance: Chance;
  readonly story: Story;
  readonly network: MemoryNetwork;
  readonly servers: readonly SimulatedServer[];
  readonly people: readonly SimulatedPerson[];
  readonly model = new Model();
  /** What was begun and has not ended, and whether whoever began it is still running. */
  readonly underWay = new Set<{ readonly what: string; isAlive(): boolean }>();

  constructor(seed: number) {
    this.seed = seed;
    this.chance = new Chance(seed);
    this.story = new Story(() => this.time.elapsed);
    this.network = new MemoryNetwork(this.time, this.chance.fork());
    const surroundings = (): Surroundings => ({
      time: this.time,
      network: this.network,
      chance: this.chance.fork(),
      story: this.story,
      startMs: START_MS,
    });
    this.servers = Array.from({ length: this.chance.between(1, 3) }, (_, i) => new SimulatedServer(i, surroundings()));
    const kem = seed % REAL_KEM_EVERY === 0 ? sntrup761 : unsafeKemDouble;
    const servers = this.servers.map((server) => server.link);
    this.people = NAMES.slice(0, this.chance.between(2, 4)).map(
      (name) => new SimulatedPerson({ name, servers, kem }, surroundings()),
    );
    this.story.tell(`${this.servers.length} servers; ${this.people.map((p) => p.name).join(', ')}`);
    for (const server of this.servers) server.start();
    for (const person of this.people) this.#watch(person);
  }

  /** Lets `ms` pass. */
  async pass(ms: number): Promise<void> {
    const limit = this.time.elapsed + ms;
    await turn();
    while (this.#step(limit)) await turn();
    this.time.skipTo(limit);
  }

  /** Runs `action` later, as part of the world and not of anybody's program. */
  later(ms: number, action: () => void): void {
    this.time.schedule(ms, action);
  }

  /** Begins something that takes time, in the program that `who` runs now; what it throws is handed to `failed`. */
  begin(
    what: string,
    who: SimulatedPerson | undefined,
    action: () => Promise<void>,
    failed: (error: Error) => void,
  ): void {
    const chat = who?.chat;
    const task = { what, isAlive: () => who === undefined || who.chat === chat };
    this.underWay.add(task);
    action()
      .catch((error: unknown) => {
        if (!(error instanceof Crash)) failed(error as Error);
      })
      .finally(() => this.underWay.delete(task));
  }

  /** A program's end may reach others as exceptions; those are no faults. Anything else is a bug. */
  uncaught(error: unknown): void {
    if (error instanceof Crash) return;
    this.story.violate(`uncaught: ${error instanceof Error ? error.stack : String(error)}`);
  }

  startPerson(person: SimulatedPerson): void {
    if (person.chat !== undefined) return;
    this.story.tell(`${person.name} starts`);
    try {
      person.start();
    } catch (error) {
      this.uncaught(error);
    }
    this.model.observe(person);
  }

  #step(limit: number): boolean {
    try {
      return this.time.step(limit);
    } catch (error) {
      this.uncaught(error);
      return true;
    }
  }

  #watch(person: SimulatedPerson): void {
    person.onEvent = (event) => {
      switch (event.kind) {
        case 'contactConnected':
          this.model.observe(person);
          break;
        case 'messageReceived':
          if (event.item.direction.kind === 'received' && event.item.direction.integrity.kind !== 'ok') {
            this.story.violate(
              `${person.name} received "${event.item.text}" with integrity ${event.item.direction.integrity.kind}`,
            );
          }
          break;
        case 'error':
          this.story.tell(`${person.name} is told: ${event.code} ${event.detail}`);
          if (!isExpected(event)) this.story.violate(`${person.name} is told: ${event.code} ${event.detail}`);
          break;
        case 'connectionFailed':
          this.story.tell(`${person.name}: connecting failed: ${event.reason} ${event.code} ${event.detail}`);
          break;
        case 'subscriptionEnded':
          this.story.violate(`${person.name}: somebody else took the queue of ${event.contact.localName}`);
          break;
        default:
      }
    };
    this.startPerson(person);
  }
}
