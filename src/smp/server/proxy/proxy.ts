/** Forwards commands of this server's clients to other servers (simplex-messaging.md, "Proxying sender commands"). */
import { setMaxListeners } from 'node:events';
import { abortable, type Clock, type Logger, type Random, type Timer } from '../../../base/index.ts';
import { sha256 } from '../../../crypto/index.ts';
import { encode, equalBytes } from '../../../encoding/index.ts';
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
  MAX_HOSTS,
  PROXIED_VERSIONS,
} from './constants.ts';
import { incompatible, network, noSession, outcomeOf, proxyError } from './errors.ts';
import { isOwnServer } from './own-servers.ts';
import { Relay } from './relay.ts';
import { RelayTable } from './relay-table.ts';

export interface RelayProxyOptions {
  readonly connect: TransportConnect;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly observer?: ServerObserver | undefined;
  /** Domains of the operator; statistics count relays in them apart. */
  readonly ownDomains?: readonly string[];
  /** Concurrent commands of one client; default in constants.ts. */
  readonly clientConcurrency?: number | undefined;
  /** How long an unreachable relay is not retried; default in constants.ts. */
  readonly failureMs?: number | undefined;
  /** Maximum connected relays; default in constants.ts. */
  readonly maxRelays?: number | undefined;
  /** How to reach this server itself: used when a client names this server's identity, whatever address it names. */
  readonly self?: { readonly keyHash: Uint8Array; readonly connect: TransportConnect } | undefined;
}

const keyOf = (bytes: Uint8Array) => Buffer.from(bytes).toString('latin1');
/** The key of this server among the relays; no digest is empty. */
const SELF = '';
const failed = (error: ErrorType): Response => ({ kind: 'ERR', error });

/** A limit for one client, independent of other clients. */
const perClientRoom = (places: number) => new Room({ own: places, most: places }, new SharedRoom(places));

export class RelayProxy implements ProxyService {
  readonly #options: RelayProxyOptions;
  readonly #observer: ServerObserver;
  readonly #room = new SharedRoom(FORWARDING_BYTES);
  readonly #relays: RelayTable;
  readonly #sessions = new Map<string, Relay>();
  #idleTimer: Timer | undefined;
  #closed = false;

  constructor(options: RelayProxyOptions) {
    this.#options = options;
    this.#observer = options.observer ?? silentObserver;
    this.#relays = new RelayTable(options.maxRelays);
  }

  /** Relays that are connected, connecting, or marked unreachable. */
  get relays(): number {
    return this.#relays.size;
  }

  /** Bytes of commands in flight. */
  get forwardingBytes(): number {
    return this.#room.used;
  }

  client(): ProxyClient {
    const closing = new AbortController();
    const { signal } = closing;
    const owner = {};
    setMaxListeners(0, signal);
    const commands = perClientRoom(this.#options.clientConcurrency ?? CLIENT_CONCURRENCY);
    const attempts = perClientRoom(CLIENT_ATTEMPTS);
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
        const run = () => inTurn(commands, () => this.#connect(server, owner, signal));
        // Waiting for a new relay must not delay commands to connected ones.
        const stage = this.#relays.get(this.#keyOf(server))?.stage;
        return stage === 'connected' || stage === 'failed' ? run() : inTurn(attempts, run);
      },
      forward: (sessionId, command) => inTurn(commands, () => this.#forward(sessionId, command, signal)),
      close: () => closing.abort(new Error('the client is gone')),
    };
  }

  close(): void {
    this.#closed = true;
    this.#idleTimer?.cancel();
    this.#relays.close();
  }

  #errorOf(error: unknown, signal: AbortSignal): ErrorType {
    if (signal.aborted) return network;
    const errorType = proxyError(error);
    if (errorType.kind === 'INTERNAL') {
      this.#options.logger.error(`smp: forwarding failed: ${error instanceof Error ? error.stack : 'error'}`);
    }
    return errorType;
  }

  async #connect(server: SmpServer, owner: object, signal: AbortSignal): Promise<Response> {
    const own = isOwnServer(server, this.#options.ownDomains ?? []);
    const answer = await this.#requestKey(server, own, owner, signal).catch((error: unknown) =>
      failed(this.#errorOf(error, signal)),
    );
    if (!signal.aborted) {
      this.#observer.relayRequested(own, answer.kind === 'ERR' ? outcomeOf(answer.error) : 'done');
    }
    return answer;
  }

  async #requestKey(server: SmpServer, own: boolean, owner: object, signal: AbortSignal): Promise<Response> {
    const relay = this.#relay(server, own, owner);
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

  #isSelf(server: SmpServer): boolean {
    const { self } = this.#options;
    return self !== undefined && equalBytes(server.keyHash, self.keyHash);
  }

  #keyOf(server: SmpServer): string {
    return this.#isSelf(server) ? SELF : keyOf(sha256(encode(smpServerCodec, server)));
  }

  /** The relay at an address, connected to on first use; undefined when the limits allow no more relays. */
  #relay(server: SmpServer, own: boolean, owner: object): Relay | undefined {
    const key = this.#keyOf(server);
    const existing = this.#relays.get(key);
    if (existing !== undefined) return existing;
    // Copied, because the address is a view of a received block.
    const copy = { ...server, hosts: server.hosts.slice(0, MAX_HOSTS), keyHash: server.keyHash.slice() };
    const origin = { key, hosts: key === SELF ? [] : copy.hosts, owner };
    if (this.#closed || !this.#relays.admit(origin)) return undefined;
    const { clock, random, logger, self } = this.#options;
    const relay = new Relay(copy, own, {
      connect: key === SELF ? self!.connect : this.#options.connect,
      clock,
      random,
      room: this.#room,
      failureMs: this.#options.failureMs ?? FAILURE_MS,
      onConnected: (connected, sessionId) => {
        if (!this.#relays.connected(key, connected)) return false;
        this.#sessions.set(keyOf(sessionId), connected);
        return true;
      },
      onEnded: (ended, sessionId) => {
        this.#sessions.delete(keyOf(sessionId));
        this.#relays.ended(key, ended);
      },
    });
    relay.connection.catch(() => logger.debug('smp: a relay cannot be reached'));
    this.#relays.add(origin, relay);
    this.#watchIdle();
    return relay;
  }

  #watchIdle(): void {
    this.#idleTimer ??= this.#options.clock.schedule(
      IDLE_CHECK_MS,
      () => {
        this.#idleTimer = undefined;
        this.#relays.expire();
        if (this.#relays.size > 0) this.#watchIdle();
      },
      { background: true },
    );
  }
}

/** PKEY: what clients need to encrypt to the relay over its connection. */
function keyAnswer({ session }: SmpConnection): Response {
  const versions = commonVersions(session.versions, PROXIED_VERSIONS);
  if (versions === undefined) return failed(incompatible);
  const { sessionId, certificates, signedKey } = session;
  return { kind: 'PKEY', sessionId, versions, key: { certificates, signedKey } };
}
