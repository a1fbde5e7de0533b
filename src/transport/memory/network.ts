/**
 * A simulated network on virtual time: {@link Transport}s like those over TLS, with configurable delays, resets and
 * silent connections. All randomness comes from the given {@link Random}, so runs are reproducible.
 */
import { deferred, type Random, randomFraction, type VirtualTime } from '../../base/index.ts';
import { TransportError } from '../errors.ts';
import type { Transport, TransportConnect } from '../transport.ts';
import { MemoryStream } from './stream.ts';

/** Size of TLS 1.3 Finished with SHA-256. */
const SESSION_ID_SIZE = 32;

/** For DNS, TCP and TLS together, as in the TLS transport. */
const CONNECT_TIMEOUT_MS = 25_000;

/** How long an end that receives nothing takes to notice that its peer is gone: TCP keep-alive. */
const KEEP_ALIVE_MS = 2 * 3_600_000;

/** `refuses`: the machine is up but nothing listens. `silent`: packets are dropped. */
export type HostReachability = 'reachable' | 'refuses' | 'silent';

export interface Listening {
  /** DER, leaf first. */
  readonly chain: readonly Uint8Array[];
  readonly alpn: readonly string[];
  onConnection(transport: Transport): void;
}

interface Host {
  listening: Listening | undefined;
  reachability: HostReachability;
}

/** The state of a connection at one end: whether it is over there. */
class LinkEnd {
  readonly closed = deferred<void>();
  isOver = false;

  finish(): void {
    this.isOver = true;
    this.closed.resolve();
  }
}

/** One connection. */
class Link {
  readonly client: string;
  readonly server: string;
  readonly #time: VirtualTime;
  readonly #up: MemoryStream;
  readonly #down: MemoryStream;
  readonly #clientEnd = new LinkEnd();
  readonly #serverEnd = new LinkEnd();

  constructor(client: string, server: string, time: VirtualTime, delay: () => number) {
    this.client = client;
    this.server = server;
    this.#time = time;
    this.#up = new MemoryStream(time, delay);
    this.#down = new MemoryStream(time, delay);
  }

  /** Resolves once both ends know that the connection is over. */
  get gone(): Promise<unknown> {
    return Promise.all([this.#clientEnd.closed.promise, this.#serverEnd.closed.promise]);
  }

  transports(facts: { readonly sessionId: Uint8Array; readonly alpn: string; readonly chain: readonly Uint8Array[] }): {
    readonly client: Transport;
    readonly server: Transport;
  } {
    const { sessionId, alpn, chain } = facts;
    const transport = (
      incoming: MemoryStream,
      outgoing: MemoryStream,
      [own, other]: readonly [LinkEnd, LinkEnd],
      peerChain: readonly Uint8Array[],
    ): Transport => {
      const leave = (end: () => void) => {
        if (own.isOver) return;
        own.finish();
        incoming.break();
        end();
      };
      return {
        sessionId,
        alpn,
        peerChain,
        closed: own.closed.promise,
        read: (length) => incoming.read(length),
        async write(bytes) {
          if (own.isOver) throw new TransportError('network', 'the connection broke');
          await outgoing.write(bytes);
        },
        close: () => leave(() => outgoing.end(() => other.finish())),
        destroy: () =>
          leave(() =>
            outgoing.end(() => {
              outgoing.break();
              other.finish();
            }),
          ),
      };
    };
    return {
      client: transport(this.#down, this.#up, [this.#clientEnd, this.#serverEnd], chain),
      server: transport(this.#up, this.#down, [this.#serverEnd, this.#clientEnd], []),
    };
  }

  /** Resets the connection at both ends; data in flight are lost. */
  cut(): void {
    this.#up.break();
    this.#down.break();
    this.#clientEnd.finish();
    this.#serverEnd.finish();
  }

  /** Drops all further data without notice, until TCP gives up. */
  silence(): void {
    this.#up.silence();
    this.#down.silence();
    this.#time.schedule(KEEP_ALIVE_MS, () => this.cut());
  }
}

/** A connection attempt in progress. */
interface Attempt {
  readonly client: string;
  readonly server: string;
  cut(): void;
  silence(): void;
}

export class MemoryNetwork {
  readonly #time: VirtualTime;
  readonly #random: Random;
  readonly #hosts = new Map<string, Host>();
  readonly #links = new Set<Link>();
  readonly #attempts = new Set<Attempt>();
  #delays: readonly [number, number] = [5, 60];

  constructor(time: VirtualTime, random: Random) {
    this.#time = time;
    this.#random = random;
  }

  /** Connections that are open at one end at least. */
  get connections(): number {
    return this.#links.size;
  }

  /** Sets the delay of all further data to a random value between `min` and `max` milliseconds. */
  setDelays(min: number, max: number): void {
    this.#delays = [min, max];
  }

  /** Listens on `host`, replacing a former listener, until {@link unlisten}. */
  listen(host: string, listening: Listening): void {
    this.#host(host).listening = listening;
  }

  unlisten(host: string): void {
    this.#host(host).listening = undefined;
  }

  setReachability(host: string, reachability: HostReachability): void {
    this.#host(host).reachability = reachability;
  }

  /** The connect function of `machine`. */
  connector(machine: string): TransportConnect {
    return (target, signal) =>
      new Promise((resolve, reject) => {
        if (signal.aborted) return reject(signal.reason);
        const server = target.hosts[0] ?? '';
        const host = this.#host(server);
        const settle = (action: () => void) => {
          patience.cancel();
          arrival.cancel();
          signal.removeEventListener('abort', onAbort);
          this.#attempts.delete(attempt);
          action();
        };
        const fail = (why: string) => settle(() => reject(new TransportError('network', why)));
        const onAbort = () => settle(() => reject(signal.reason));
        const patience = this.#time.schedule(CONNECT_TIMEOUT_MS, () => fail('no connection in time'));
        // TCP and TLS take two round trips.
        const arrival = this.#time.schedule(4 * this.#delay(), () => {
          const { listening, reachability } = host;
          if (reachability === 'silent') return;
          if (reachability === 'refuses' || listening === undefined) return fail('no connection (ECONNREFUSED)');
          const alpn = target.alpn.find((name) => listening.alpn.includes(name));
          if (alpn === undefined) {
            return settle(() =>
              reject(new TransportError('tls', 'the other end accepts none of our protocol names (ALPN)')),
            );
          }
          settle(() => resolve(this.#connect(machine, server, listening, alpn)));
        });
        const attempt: Attempt = {
          client: machine,
          server,
          cut: () => fail('the connection broke'),
          silence: () => arrival.cancel(),
        };
        this.#attempts.add(attempt);
        signal.addEventListener('abort', onAbort, { once: true });
      });
  }

  /** Resets the connections and attempts that match `test`; returns their number. */
  cut(test: (client: string, server: string) => boolean): number {
    return this.#each(test, (link) => link.cut());
  }

  /** Makes the connections that match `test` silent at both ends; returns their number. */
  silence(test: (client: string, server: string) => boolean): number {
    return this.#each(test, (link) => link.silence());
  }

  #each(test: (client: string, server: string) => boolean, action: (connection: Link | Attempt) => void): number {
    const found = [...this.#links, ...this.#attempts].filter(({ client, server }) => test(client, server));
    for (const connection of found) action(connection);
    return found.length;
  }

  #connect(client: string, server: string, listening: Listening, alpn: string): Transport {
    const link = new Link(client, server, this.#time, () => this.#delay());
    this.#links.add(link);
    void link.gone.then(() => this.#links.delete(link));
    const ends = link.transports({ sessionId: this.#random.bytes(SESSION_ID_SIZE), alpn, chain: listening.chain });
    listening.onConnection(ends.server);
    return ends.client;
  }

  #delay(): number {
    const [min, max] = this.#delays;
    return min + randomFraction(this.#random) * (max - min);
  }

  #host(name: string): Host {
    let host = this.#hosts.get(name);
    if (host === undefined) {
      host = { listening: undefined, reachability: 'reachable' };
      this.#hosts.set(name, host);
    }
    return host;
  }
}
