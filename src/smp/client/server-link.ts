/**
 * The link to one server over successive connections: connects on demand, stays connected while there are
 * subscriptions, and renews them on each new connection.
 */
import {
  abortable,
  isRetryable,
  type RetryPolicy,
  randomFraction,
  retryDelay,
  sleep,
  type Timer,
} from '../../base/index.ts';
import type { AuthKey, SmpServer } from '../../protocol/index.ts';
import type { Command, Response } from '../protocol/index.ts';
import { openConnection, type SmpConnection } from './connection.ts';
import {
  ACK_POLICY,
  ACK_RETRIES,
  OTHER_IDENTITY_DELAY_MS,
  OTHER_VERSION_DELAY_MS,
  RECONNECT_POLICY,
  SUBSCRIBE_BATCH,
  SUBSCRIBE_POLICY,
  UNUSED_CONNECTION_MS,
} from './constants.ts';
import { connectionError, protocolError, SmpError } from './errors.ts';
import type { SmpClientsOptions } from './options.ts';
import { type WantedQueue, WantedQueues } from './subscriptions.ts';

type LinkState =
  | { readonly kind: 'idle' }
  | { readonly kind: 'connecting'; readonly connection: Promise<SmpConnection> }
  | { readonly kind: 'connected'; readonly connection: SmpConnection }
  | { readonly kind: 'waiting' };

export class ServerLink {
  readonly server: SmpServer;
  readonly wanted = new WantedQueues();
  readonly #options: SmpClientsOptions;
  readonly #closing = new AbortController();
  /** Queues whose subscription is being retried by {@link ServerLink.#repeatAll}. */
  readonly #repeating = new WantedQueues();
  #isRepeating = false;
  #state: LinkState = { kind: 'idle' };
  #failures = 0;
  #reconnectTimer: Timer | undefined;
  #unusedTimer: Timer | undefined;
  /** Number of pending requests, and the monotonic time of the last response. */
  #underWay = 0;
  #lastUsed = 0;

  constructor(server: SmpServer, options: SmpClientsOptions) {
    this.server = server;
    this.#options = options;
  }

  /** Sends a command, connecting first if necessary; rejects on an `ERR` response. */
  async request(
    entityId: Uint8Array,
    key: AuthKey | undefined,
    command: Command,
    signal: AbortSignal,
  ): Promise<Response> {
    this.#underWay++;
    try {
      const connection = await abortable(this.#connection(), signal);
      const response = await connection.request(entityId, key, command, signal);
      if (response.kind === 'ERR') throw protocolError(this.server, response.error);
      return response;
    } finally {
      this.#underWay--;
      this.#lastUsed = this.#options.clock.monotonic();
    }
  }

  /**
   * Sends a command that is safe to repeat, with some retries on temporary errors while the connection lasts. For ACK:
   * on a new connection the message is delivered again.
   */
  async requestAgain(
    entityId: Uint8Array,
    key: AuthKey | undefined,
    command: Command,
    signal: AbortSignal,
  ): Promise<Response> {
    for (let attempt = 0; ; attempt++) {
      const connection = await abortable(this.#connection(), signal);
      try {
        return await this.request(entityId, key, command, signal);
      } catch (error) {
        if (attempt >= ACK_RETRIES || !isRetryable(error) || this.#connected !== connection) throw error;
      }
      // Created only for retries: each combined signal leaves a listener on long-lived signals, and there is an ACK for
      // every message.
      const either = AbortSignal.any([signal, this.#closing.signal]);
      await sleep(this.#options.clock, this.#delay(ACK_POLICY, attempt), either);
    }
  }

  /** Subscribes to a queue now, and on each new connection until it is forgotten. */
  async subscribe(queue: WantedQueue, signal: AbortSignal): Promise<void> {
    try {
      // Added only once connected: connecting subscribes to all wanted queues, which would repeat this one.
      await abortable(this.#connection(), signal);
    } catch (error) {
      this.wanted.add(queue);
      if (this.#state.kind === 'idle' && !this.#closing.signal.aborted) this.#reconnectLater(error);
      throw error;
    }
    this.wanted.add(queue);
    try {
      await this.request(queue.rcvId, queue.authKey, { kind: 'SUB' }, signal);
    } catch (error) {
      if (error instanceof SmpError && !error.retryable && error.kind === 'protocol') this.wanted.delete(queue.rcvId);
      if (isRetryable(error) && this.#connected !== undefined) this.#repeat(queue);
      throw error;
    }
  }

  close(): void {
    const reason = new SmpError('network', 'the client is closing');
    this.#closing.abort(reason);
    this.#reconnectTimer?.cancel();
    this.#unusedTimer?.cancel();
    if (this.#state.kind === 'connected') this.#state.connection.end(reason);
    this.#state = { kind: 'idle' };
  }

  get #connected(): SmpConnection | undefined {
    return this.#state.kind === 'connected' ? this.#state.connection : undefined;
  }

  #delay(policy: RetryPolicy, attempt: number): number {
    return retryDelay(policy, attempt, () => randomFraction(this.#options.random));
  }

  #connection(): Promise<SmpConnection> {
    if (this.#closing.signal.aborted) return Promise.reject(this.#closing.signal.reason);
    if (this.#state.kind === 'connected') return Promise.resolve(this.#state.connection);
    if (this.#state.kind === 'connecting') return this.#state.connection;
    const connection = this.#open();
    this.#state = { kind: 'connecting', connection };
    connection.catch(() => {});
    return connection;
  }

  async #open(): Promise<SmpConnection> {
    const { connect, clock, random, logger } = this.#options;
    try {
      const onEvent = (id: Uint8Array, response: Response) => this.#onEvent(id, response);
      const connection = await openConnection(
        { server: this.server, connect, clock, random, onEvent },
        this.#closing.signal,
      );
      this.#state = { kind: 'connected', connection };
      void connection.ended.then((reason) => this.#onEnded(connection, reason));
      this.#lastUsed = clock.monotonic();
      this.#closeWhenUnused(connection);
      this.#options.onConnected(this.server);
      void this.#resubscribe(connection);
      return connection;
    } catch (error) {
      if (!this.#closing.signal.aborted) {
        logger.debug(`smp: connecting failed: ${connectionError(this.server, error).kind}`);
        this.#failures++;
        this.#reconnectLater(error);
      }
      throw error;
    }
  }

  /** Closes a connection without subscriptions after a time without requests. */
  #closeWhenUnused(connection: SmpConnection): void {
    const { clock } = this.#options;
    const unusedFor = this.wanted.size > 0 || this.#underWay > 0 ? 0 : clock.monotonic() - this.#lastUsed;
    if (unusedFor >= UNUSED_CONNECTION_MS) {
      connection.end(new SmpError('network', 'the connection was idle'));
      return;
    }
    this.#unusedTimer = clock.schedule(
      // At least 1 ms: a rounding remainder of 0 would reschedule in the same moment, endlessly.
      Math.max(UNUSED_CONNECTION_MS - unusedFor, 1),
      () => {
        if (this.#connected === connection) this.#closeWhenUnused(connection);
      },
      { background: true },
    );
  }

  #onEnded(connection: SmpConnection, reason: SmpError): void {
    if (this.#state.kind !== 'connected' || this.#state.connection !== connection) return;
    this.#options.logger.debug(`smp: connection ended: ${reason.kind}`);
    this.#unusedTimer?.cancel();
    // A server that completes the handshake but sends nothing valid counts as unreachable.
    this.#failures = connection.served ? 0 : this.#failures + 1;
    this.#options.onDisconnected(this.server);
    this.#reconnectLater(reason);
  }

  #reconnectLater(reason: unknown): void {
    const { clock } = this.#options;
    if (this.wanted.size === 0) {
      this.#state = { kind: 'idle' };
      return;
    }
    const waiting: LinkState = { kind: 'waiting' };
    this.#state = waiting;
    // Other requests may have tried to connect since: one timer is enough.
    this.#reconnectTimer?.cancel();
    this.#reconnectTimer = clock.schedule(this.#reconnectDelay(reason), () => {
      // Another request may have connected, or all subscriptions may have been dropped.
      if (this.#state === waiting && this.wanted.size > 0) this.#connection().catch(() => {});
      else if (this.#state === waiting) this.#state = { kind: 'idle' };
    });
  }

  #reconnectDelay(reason: unknown): number {
    if (reason instanceof SmpError && reason.kind === 'version') return OTHER_VERSION_DELAY_MS;
    if (reason instanceof SmpError && reason.kind === 'identity') return OTHER_IDENTITY_DELAY_MS;
    return this.#delay(RECONNECT_POLICY, Math.max(this.#failures - 1, 0));
  }

  async #resubscribe(connection: SmpConnection): Promise<void> {
    await this.#inBatches(this.wanted.list(), (queue) => this.#subscribeAgain(connection, queue));
  }

  async #inBatches(queues: readonly WantedQueue[], subscribe: (queue: WantedQueue) => Promise<void>): Promise<void> {
    for (let i = 0; i < queues.length; i += SUBSCRIBE_BATCH) {
      await Promise.all(queues.slice(i, i + SUBSCRIBE_BATCH).map(subscribe));
    }
  }

  async #subscribeAgain(connection: SmpConnection, queue: WantedQueue): Promise<void> {
    const error = await this.#trySubscribe(connection, queue);
    if (error === undefined) return;
    this.#options.onSubscriptionError(this.server, queue.rcvId, error);
    if (error.retryable) this.#repeat(queue);
  }

  /** Sends SUB on a connection; resolves with the error, if it must be reported. */
  async #trySubscribe(connection: SmpConnection, queue: WantedQueue): Promise<SmpError | undefined> {
    try {
      const response = await connection.request(queue.rcvId, queue.authKey, { kind: 'SUB' }, undefined);
      if (response.kind === 'ERR') throw protocolError(this.server, response.error);
      return undefined;
    } catch (error) {
      // The next connection subscribes again.
      if (!(error instanceof SmpError) || error.kind === 'network') return undefined;
      if (error.kind === 'protocol' && !error.retryable) this.wanted.delete(queue.rcvId);
      return error;
    }
  }

  /** Retries subscribing after temporary errors, while connected and while the queue is wanted. */
  #repeat(queue: WantedQueue): void {
    this.#repeating.add(queue);
    if (!this.#isRepeating) void this.#repeatAll();
  }

  async #repeatAll(): Promise<void> {
    this.#isRepeating = true;
    try {
      for (let attempt = 0; this.#repeating.size > 0; attempt++) {
        await sleep(this.#options.clock, this.#delay(SUBSCRIBE_POLICY, attempt), this.#closing.signal);
        const connection = this.#connected;
        // The next connection subscribes to all wanted queues.
        if (connection === undefined) return;
        await this.#inBatches(this.#repeating.list(), (queue) => this.#subscribeOnceMore(connection, queue));
      }
    } catch {
      // The link is closing.
    } finally {
      this.#isRepeating = false;
      this.#repeating.clear();
    }
  }

  async #subscribeOnceMore(connection: SmpConnection, queue: WantedQueue): Promise<void> {
    const error = this.wanted.has(queue.rcvId) ? await this.#trySubscribe(connection, queue) : undefined;
    if (error?.retryable === true) return;
    this.#repeating.delete(queue.rcvId);
    if (error === undefined) return;
    try {
      this.#options.onSubscriptionError(this.server, queue.rcvId, error);
    } catch (failure) {
      // A callback that throws must not stop the other subscriptions.
      this.#options.logger.warn(
        `smp: the handler of a subscription error failed: ${failure instanceof Error ? failure.name : ''}`,
      );
    }
  }

  #onEvent(entityId: Uint8Array, response: Response): void {
    switch (response.kind) {
      case 'MSG':
        this.#options.onMessage(this.server, entityId, { msgId: response.msgId, body: response.body });
        return;
      case 'END':
      case 'DELD':
        this.wanted.delete(entityId);
        this.#options.onEnd(this.server, entityId, response.kind);
        return;
      default:
        this.#options.logger.debug(`smp: unexpected ${response.kind}`);
    }
  }
}
