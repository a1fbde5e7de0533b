/** Forwards commands of this server's clients to other servers (simplex-messaging.md, "Proxying sender commands"). */
import { setMaxListeners } from 'node:events';
import { abortable, type Clock, type Logger, type Random, type Timer } from '../../../base/index.ts';
import { sha256 } from '../../../crypto/index.ts';
import { encode } from '../../../encoding/index.ts';
import { type SmpServer, smpServerCodec } from '../../../protocol/index.ts';
import { commonVersions, type TransportConnect } from '../../../transport/index.ts';
import type { SmpConnection } from '../../client/index.ts';
import type { ErrorType, ForwardedCommand, Response } from '../../protocol/index.ts';
import { type ServerObserver, silentObserver } from '../observer.ts';
import type { ProxyClient, ProxyService } from '../proxy-service.ts';
import { Room, SharedRoom } from '../room.ts';
import {
  CLIENT_ATTEMPTS,
  CLIENT_CONCURRENCY,
  FAILURE_MS,
  FORWARDING_BYTES,
  IDLE_CHECK_MS,
  IDLE_RELAY_MS,
  MAX_HOSTS,
  MAX_RELAYS,
  PROXIED_VERSIONS,
} from './constants.ts';
import { incompatible, network, noSession, outcomeOf, proxyError } from './errors.ts';
import { isOwnServer } from './own-servers.ts';
import { Relay } from './relay.ts';

export interface RelayProxyOptions {
  readonly connect: TransportConnect;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly observer?: ServerObserver | undefined;
  /** Domains of the operator, whose servers are counted apart. */
  readonly ownDomains?: readonly string[];
  /** Commands of one client at once; the default is that of constants.ts. */
  readonly clientConcurrency?: number | undefined;
  /** How long a relay out of reach is not tried again; the default is that of constants.ts. */
  readonly failureMs?: number | undefined;
  /** Relays at once; the default is that of constants.ts. */
  readonly maxRelays?: number | undefined;
}

const keyOf = (bytes: Uint8Array) => Buffer.from(bytes).toString('latin1');
const failed = (error: ErrorType): Response => ({ kind: 'ERR', error });

/** Of a client alone: what others hold is not looked at. */
const apart = (places: number) => new Room({ own: places, most: places }, new SharedRoom(places));

export class RelayProxy implements ProxyService {
  readonly #options: RelayProxyOptions;
  readonly #observer: ServerObserver;
  readonly #room = new SharedRoom(FORWARDING_BYTES);
  readonly #relays = new Map<string, Relay>();
  readonly #sessions = new Map<string, Relay>();
  #idleTimer: Timer | undefined;
  #closed = false;

  constructor(options: RelayProxyOptions) {
    this.#options = options;
    this.#observer = options.observer ?? silentObserver;
  }

  /** Relays connected, being connected to, or out of reach a moment ago. */
  get relays(): number {
    return this.#relays.size;
  }

  /** Bytes of commands on their way. */
  get forwardingBytes(): number {
    return this.#room.used;
  }

  client(): ProxyClient {
    const closing = new AbortController();
    const { signal } = closing;
    setMaxListeners(0, signal);
    const commands = apart(this.#options.clientConcurrency ?? CLIENT_CONCURRENCY);
    const attempts = apart(CLIENT_ATTEMPTS);
    const inTurn = async (room: Room, run: () => Promise<Response>): Promise<Response> => {
      await room.take(1);
      try {
        return signal.aborted ? failed(network) : await run();
      } catch (error) {
        return failed(this.#errorOf(error, signal));
      } finally {
        room.release(1);
      }
    };
    return {
      connect: (server) => {
        const run = () => inTurn(commands, () => this.#connect(server, signal));
        // Who waits for a new relay to answer does not keep commands to the others waiting.
        const isKnown = this.#relays.get(keyOfServer(server))?.settled === true;
        return isKnown ? run() : inTurn(attempts, run);
      },
      forward: (sessionId, command) => inTurn(commands, () => this.#forward(sessionId, command, signal)),
      close: () => closing.abort(new Error('the client is gone')),
    };
  }

  close(): void {
    this.#closed = true;
    this.#idleTimer?.cancel();
    for (const relay of this.#relays.values()) relay.close();
    this.#relays.clear();
  }

  #errorOf(error: unknown, signal: AbortSignal): ErrorType {
    if (signal.aborted) return network;
    const told = proxyError(error);
    if (told.kind === 'INTERNAL') {
      this.#options.logger.error(`smp: forwarding failed: ${error instanceof Error ? error.stack : 'error'}`);
    }
    return told;
  }

  async #connect(server: SmpServer, signal: AbortSignal): Promise<Response> {
    const own = isOwnServer(server, this.#options.ownDomains ?? []);
    const answer = await this.#requestKey(server, own, signal).catch((error: unknown) =>
      failed(this.#errorOf(error, signal)),
    );
    if (!signal.aborted) {
      this.#observer.relayRequested(own, answer.kind === 'ERR' ? outcomeOf(answer.error) : 'done');
    }
    return answer;
  }

  async #requestKey(server: SmpServer, own: boolean, signal: AbortSignal): Promise<Response> {
    const relay = this.#relay(server, own);
    if (relay === undefined) return failed(network);
    relay.use();
    return keyAnswer(await abortable(relay.connection, signal));
  }

  async #forward(sessionId: Uint8Array, command: ForwardedCommand, signal: AbortSignal): Promise<Response> {
    const relay = this.#sessions.get(keyOf(sessionId));
    const answer =
      relay === undefined
        ? failed(noSession)
        : await relay.forward(command, signal).catch((error: unknown) => failed(this.#errorOf(error, signal)));
    if (!signal.aborted) {
      const outcome = answer.kind === 'ERR' ? outcomeOf(answer.error) : 'done';
      this.#observer.commandForwarded(relay?.own === true, outcome);
    }
    return answer;
  }

  /** The relay at an address, connecting to it if it is new; undefined when there is no room for one more. */
  #relay(server: SmpServer, own: boolean): Relay | undefined {
    const key = keyOfServer(server);
    const existing = this.#relays.get(key);
    if (existing !== undefined && !existing.over) return existing;
    this.#relays.delete(key);
    if (this.#closed || !this.#makeRoom()) return undefined;
    const { connect, clock, random, logger } = this.#options;
    // A copy: the address is part of a block.
    const copy = { ...server, hosts: server.hosts.slice(0, MAX_HOSTS), keyHash: server.keyHash.slice() };
    const relay = new Relay(copy, own, {
      connect,
      clock,
      random,
      room: this.#room,
      failureMs: this.#options.failureMs ?? FAILURE_MS,
      onConnected: (connected, sessionId) => this.#sessions.set(keyOf(sessionId), connected),
      onEnded: (ended, sessionId) => {
        this.#sessions.delete(keyOf(sessionId));
        if (this.#relays.get(key) === ended) this.#relays.delete(key);
      },
    });
    relay.connection.catch(() => logger.debug('smp: a relay cannot be reached'));
    this.#relays.set(key, relay);
    this.#watchIdle();
    return relay;
  }

  /** Forgets a relay when there are too many: one out of reach, or the one that nobody had use for the longest. */
  #makeRoom(): boolean {
    if (this.#relays.size < (this.#options.maxRelays ?? MAX_RELAYS)) return true;
    let [idlest, idleMs]: [string | undefined, number] = [undefined, -1];
    for (const [key, relay] of this.#relays) {
      const ms = relay.over ? Number.POSITIVE_INFINITY : relay.idleMs;
      if (ms !== undefined && ms > idleMs) [idlest, idleMs] = [key, ms];
    }
    if (idlest === undefined) return false;
    this.#relays.get(idlest)?.close();
    this.#relays.delete(idlest);
    return true;
  }

  #watchIdle(): void {
    this.#idleTimer ??= this.#options.clock.schedule(
      IDLE_CHECK_MS,
      () => {
        this.#idleTimer = undefined;
        for (const [key, relay] of this.#relays) {
          if (!relay.over && (relay.idleMs ?? 0) < IDLE_RELAY_MS) continue;
          relay.close();
          this.#relays.delete(key);
        }
        if (this.#relays.size > 0) this.#watchIdle();
      },
      { background: true },
    );
  }
}

const keyOfServer = (server: SmpServer) => keyOf(sha256(encode(smpServerCodec, server)));

/** What clients need to encrypt to the relay over its connection. */
function keyAnswer({ session }: SmpConnection): Response {
  const versions = commonVersions(session.versions, PROXIED_VERSIONS);
  if (versions === undefined) return failed(incompatible);
  const { sessionId, certificates, signedKey } = session;
  return { kind: 'PKEY', sessionId, versions, key: { certificates, signedKey } };
}
