/** SMP servers that forward for each other, in one process, on a simulated network and virtual time. */
import { silentLogger, VirtualClock, VirtualTime } from '../../src/base/index.ts';
import { certificateFingerprint, generateX25519, systemRandom } from '../../src/crypto/index.ts';
import { decode, emptyBytes, encode, toHex } from '../../src/encoding/index.ts';
import { authorizedCodec, encodeTransmission, type SmpServer, transmissionCodec } from '../../src/protocol/index.ts';
import {
  type Command,
  commandCodec,
  type RelaySession,
  type Response,
  responseCodec,
  SMP_VERSIONS,
} from '../../src/smp/protocol/index.ts';
import { localBus, memoryStore, type ProxyOutcome, QUEUE_QUOTA, SmpServerRunner } from '../../src/smp/server/index.ts';
import { silentObserver } from '../../src/smp/server/observer.ts';
import { RelayProxy, type RelayProxyOptions } from '../../src/smp/server/proxy/index.ts';
import {
  parseBatch,
  readBlock,
  runServerHandshake,
  SMP_ALPN,
  type Transport,
  type TransportConnect,
  type TransportSession,
  writeBatches,
} from '../../src/transport/index.ts';
import { MemoryNetwork } from '../../src/transport/memory/index.ts';
import { Chance } from '../simulation/chance.ts';
import { RawClient } from './smp-client.ts';
import { askThrough, type forwardTo, wayTo } from './smp-forwarding.ts';
import { testIdentity } from './smp-server.ts';

const START_MS = Date.parse('2026-06-01');

/** A command without authorization. */
export interface RawCommand {
  readonly entityId?: Uint8Array;
  readonly command: Command;
  readonly corrId?: Uint8Array;
}

export interface NetworkServerOptions {
  readonly password?: string;
  /** Options of its proxy; false: no forwarding. */
  readonly proxy?: Partial<RelayProxyOptions> | false;
}

export interface NetworkServer {
  readonly address: SmpServer;
  readonly runner: SmpServerRunner;
  readonly proxy: RelayProxy;
  /** Statistics events in order: `relay own done`, `forward done`, `received`. */
  readonly counted: string[];
  /** Number of attempts to connect to relays. */
  attempts(): number;
  stop(): Promise<void>;
}

/** Waits for responses to received commands: servers write in the next turn of the event loop. */
async function turns(): Promise<void> {
  for (let i = 0; i < 3; i++) await new Promise((resolve) => setImmediate(resolve));
}

export class SmpNetwork {
  readonly time = new VirtualTime();
  readonly clock = new VirtualClock(this.time, START_MS);
  readonly network = new MemoryNetwork(this.time, new Chance(1));
  readonly #open: { destroy(): void }[] = [];
  readonly #servers: NetworkServer[] = [];
  readonly #identities = new Map<string, ReturnType<typeof testIdentity>>();

  /** Settles as `promise` does, while virtual time passes; rejects when nothing happens within `withinMs`. */
  async settle<T>(promise: Promise<T>, withinMs = 180_000): Promise<T> {
    let isDone = false;
    const done = () => {
      isDone = true;
    };
    promise.then(done, done);
    const limit = this.time.elapsed + withinMs;
    for (let quiet = 0; quiet < 10; ) {
      await turns();
      if (isDone) return promise;
      quiet = this.time.step(limit) ? 0 : quiet + 1;
    }
    throw new Error(`nothing came of it in ${withinMs / 1000} s`);
  }

  /** Runs everything that is due within `ms`. */
  async pass(ms: number): Promise<void> {
    const limit = this.time.elapsed + ms;
    do await turns();
    while (this.time.step(limit));
    this.time.skipTo(limit);
  }

  /** Starts a server; a stopped server of the same name continues. */
  start(name: string, options: NetworkServerOptions = {}): NetworkServer {
    const identity = this.#identity(name);
    const { clock, network } = this;
    const counted: string[] = [];
    const count = (what: string) => (own: boolean, outcome: ProxyOutcome) =>
      void counted.push(`${what} ${own ? 'own ' : ''}${outcome}`);
    const observer = {
      ...silentObserver,
      forwardReceived: () => void counted.push('received'),
      relayRequested: count('relay'),
      commandForwarded: count('forward'),
    };
    let attempts = 0;
    const connect: TransportConnect = (target, signal) => {
      attempts++;
      return network.connector(name)(target, signal);
    };
    const shared = { clock, random: systemRandom, logger: silentLogger, observer };
    const proxy = new RelayProxy({ ...shared, connect, ...options.proxy });
    const runner = new SmpServerRunner({
      ...shared,
      ...identity,
      store: memoryStore(QUEUE_QUOTA),
      bus: localBus(),
      policy: { newQueues: true, password: options.password },
      proxyService: options.proxy === false ? undefined : proxy,
    });
    network.listen(name, {
      chain: identity.chain,
      alpn: [SMP_ALPN],
      onConnection: (transport) => runner.accept(transport),
    });
    const server: NetworkServer = {
      address: this.address(name),
      runner,
      proxy,
      counted,
      attempts: () => attempts,
      stop: async () => {
        network.unlisten(name);
        await this.settle(runner.stop());
      },
    };
    this.#servers.push(server);
    return server;
  }

  /** A server with scripted responses after the handshake; it does not read before `ready`. */
  startFake(
    name: string,
    answer: (command: Command, corrId: Uint8Array, session: TransportSession) => Response | undefined,
    ready: Promise<void> = Promise.resolve(),
  ): void {
    const identity = this.#identity(name);
    const serve = async (transport: Transport) => {
      const session = await runServerHandshake(transport, {
        ...identity,
        versions: SMP_VERSIONS,
        keys: generateX25519(systemRandom),
        nowMs: Date.now(),
        registry: async () => undefined,
      });
      const transmissions = transmissionCodec(session.hasServiceSignature);
      await ready;
      for (let block = await readBlock(transport, session.blocks); block !== undefined; ) {
        for (const raw of parseBatch(block)) {
          const { corrId, entityId, command } = decode(authorizedCodec, decode(transmissions, raw).authorized);
          const response = answer(decode(commandCodec(session.version), command), corrId, session);
          if (response === undefined) continue;
          const bytes = encode(responseCodec(session.version), response);
          const transmission = encodeTransmission({ corrId, entityId, command: bytes }, undefined, undefined);
          await writeBatches(transport, session.blocks, [transmission]).written;
        }
        block = await readBlock(transport, session.blocks);
      }
    };
    this.network.listen(name, {
      chain: identity.chain,
      alpn: [SMP_ALPN],
      onConnection: (transport) => void serve(transport).catch(() => transport.destroy()),
    });
  }

  address(name: string): SmpServer {
    const keyHash = certificateFingerprint(this.#identity(name).chain[1]!);
    return { hosts: [name], port: '5223', keyHash };
  }

  async connect(name: string, options: { readonly version?: number } = {}): Promise<RawClient> {
    const { version } = options;
    const versions = version === undefined ? SMP_VERSIONS : { min: version, max: version };
    const connect = this.network.connector('client');
    const client = await this.settle(RawClient.connect(this.address(name), versions, { connect }));
    this.#open.push(client.transport);
    return client;
  }

  ask(client: RawClient, ...command: Parameters<RawClient['ask']>): Promise<Response> {
    return this.settle(client.ask(...command));
  }

  /** PRXY. */
  request(client: RawClient, relay: SmpServer, password?: string): Promise<Response> {
    return this.ask(client, emptyBytes, undefined, { kind: 'PRXY', server: relay, password });
  }

  /** A session with a relay, verified as a client does it. */
  way(client: RawClient, relay: SmpServer): Promise<RelaySession> {
    return this.settle(wayTo(client, relay, { nowMs: this.clock.now() }));
  }

  /** Forwards a command; returns the relay's response or the proxy's error. */
  forward(client: RawClient, ...command: Parameters<typeof forwardTo>): Promise<Response> {
    return this.settle(askThrough(client, ...command));
  }

  /** Sends commands in one block; the responses are in the order of the commands. */
  askAll(client: RawClient, commands: readonly RawCommand[]): Promise<readonly Response[]> {
    return this.settle(this.begin(client, commands));
  }

  /** {@link askAll}, without letting virtual time pass. */
  async begin(client: RawClient, commands: readonly RawCommand[]): Promise<readonly Response[]> {
    const ids = commands.map(({ corrId }) => corrId ?? systemRandom.bytes(24));
    const transmissions = commands.map(({ entityId = emptyBytes, command }, i) =>
      client.encode(entityId, undefined, command, ids[i]),
    );
    await client.send(...transmissions);
    const answers = new Map<string, Response>();
    while (answers.size < commands.length) {
      const { corrId, response } = (await client.receive())!;
      answers.set(corrId, response);
    }
    return ids.map((id) => answers.get(toHex(id))!);
  }

  async close(): Promise<void> {
    for (const transport of this.#open) transport.destroy();
    for (const server of this.#servers) await server.stop();
  }

  #identity(name: string): ReturnType<typeof testIdentity> {
    const identity = this.#identities.get(name) ?? testIdentity('ed25519', START_MS);
    this.#identities.set(name, identity);
    return identity;
  }
}
