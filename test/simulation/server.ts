/** A simulated server: the product's own, over the network in memory and a disk that outlives it. */
import { type Logger, VirtualClock, type VirtualTime } from '../../src/base/index.ts';
import { certificateFingerprint } from '../../src/crypto/index.ts';
import { formatSmpServer, type SmpServer } from '../../src/protocol/index.ts';
import { keyValueStore, localBus, QUEUE_QUOTA, SmpServerRunner } from '../../src/smp/server/index.ts';
import { SMP_ALPN } from '../../src/transport/index.ts';
import type { MemoryNetwork } from '../../src/transport/memory/index.ts';
import { testIdentity } from '../harness/smp-server.ts';
import type { Chance } from './chance.ts';
import { ServerDisk, simulatedEngine } from './engine.ts';
import { DiskFaults } from './faults.ts';
import { watchingLogger } from './logger.ts';
import type { Story } from './story.ts';

export interface Surroundings {
  readonly time: VirtualTime;
  readonly network: MemoryNetwork;
  readonly chance: Chance;
  readonly story: Story;
  /** Wall time at the beginning. */
  readonly startMs: number;
}

/** Certificates are older than any wrong clock. */
const CERTIFICATE_AGE_MS = 60 * 86_400_000;

/** Made once: signing certificates is slow, and chance has no part in it. */
const identities: ReturnType<typeof testIdentity>[] = [];
function identity(index: number, startMs: number): ReturnType<typeof testIdentity> {
  identities[index] ??= testIdentity('ed25519', startMs - CERTIFICATE_AGE_MS);
  return identities[index];
}

interface Life {
  readonly runner: SmpServerRunner;
  readonly clock: VirtualClock;
  isDead: boolean;
}

export class SimulatedServer {
  readonly name: string;
  readonly address: SmpServer;
  readonly disk = new ServerDisk();
  readonly faults: DiskFaults;
  readonly #in: Surroundings;
  readonly #identity: ReturnType<typeof testIdentity>;
  #wallOffset = 0;
  #life: Life | undefined;

  constructor(index: number, surroundings: Surroundings) {
    this.name = `server${index + 1}`;
    this.#in = surroundings;
    this.faults = new DiskFaults(() => surroundings.time.elapsed);
    this.#identity = identity(index, surroundings.startMs);
    this.address = {
      hosts: [this.name],
      port: '',
      keyHash: certificateFingerprint(this.#identity.chain[1]!),
    };
  }

  get link(): string {
    return formatSmpServer(this.address);
  }

  get isRunning(): boolean {
    return this.#life !== undefined;
  }

  get connections(): number {
    return this.#life?.runner.connections ?? 0;
  }

  start(): void {
    if (this.#life !== undefined) return;
    const { time, network, chance, startMs } = this.#in;
    const clock = new VirtualClock(time, startMs + this.#wallOffset);
    const life: Life = { clock, isDead: false, runner: undefined as unknown as SmpServerRunner };
    const engine = simulatedEngine(this.disk, {
      clock,
      chance: chance.fork(),
      faults: this.faults,
      isDead: () => life.isDead,
      die: () => this.crash('reset'),
    });
    const runner = new SmpServerRunner({
      chain: this.#identity.chain,
      signer: this.#identity.signer,
      store: keyValueStore(engine, QUEUE_QUOTA),
      bus: localBus(),
      policy: { newQueues: true, password: undefined },
      clock,
      random: chance.fork(),
      logger: this.#logger(),
    });
    this.#life = Object.assign(life, { runner });
    network.listen(this.name, {
      chain: this.#identity.chain,
      alpn: [SMP_ALPN],
      onConnection: (transport) => runner.accept(transport),
    });
  }

  /** Ends between two instructions; clients see their connections `reset`, or nothing at all when the machine is `lost`. */
  crash(how: 'reset' | 'lost'): void {
    const life = this.#life;
    if (life === undefined) return;
    this.#in.story.tell(`${this.name} crashes${how === 'lost' ? ' with its machine' : ''}`);
    life.isDead = true;
    life.clock.stop();
    this.#life = undefined;
    this.faults.cancel();
    const { network } = this.#in;
    network.unlisten(this.name);
    const ours = (_: string, server: string) => server === this.name;
    if (how === 'reset') network.cut(ours);
    else network.silence(ours);
  }

  /** Stops as an operator stops it. */
  async stop(): Promise<void> {
    const life = this.#life;
    if (life === undefined) return;
    this.#life = undefined;
    this.#in.network.unlisten(this.name);
    await life.runner.stop();
    life.clock.stop();
    life.isDead = true;
  }

  stepClock(ms: number): void {
    this.#wallOffset += ms;
    this.#life?.clock.stepWall(ms);
  }

  #logger(): Logger {
    // A store that fails is a fault of ours, and said as an error.
    return watchingLogger(this.name, this.#in.story, (line) => /not stored|store failed|disk is full/.test(line));
  }
}
