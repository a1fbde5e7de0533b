/**
 * The link to one server over any number of connections: connects when something is asked, keeps connected while
 * queues are wanted, and subscribes to them again each time.
 */
import { abortable, randomFraction, retryDelay, sleep } from '../../base/index.ts';
import type { AuthKey, SmpServer } from '../../protocol/index.ts';
import type { Command, Response } from '../protocol/index.ts';
import { openConnection, type SmpConnection } from './connection.ts';
import { RECONNECT_POLICY, SUBSCRIBE_BATCH, UNUSABLE_SERVER_DELAY_MS } from './constants.ts';
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
  #state: LinkState = { kind: 'idle' };
  #failures = 0;

  constructor(server: SmpServer, options: SmpClientsOptions) {
    this.server = server;
    this.#options = options;
  }

  /** Sends a command, connecting first when needed; an `ERR` answer rejects. */
  async request(
    entityId: Uint8Array,
    key: AuthKey | undefined,
    command: Command,
    signal: AbortSignal,
  ): Promise<Response> {
    const connection = await abortable(this.#connection(), signal);
    const response = await connection.request(entityId, key, command, signal);
    if (response.kind === 'ERR') throw protocolError(this.server, response.error);
    return response;
  }

  /** Subscribes to one queue now, and again on every later connection until it is forgotten. */
  async subscribe(queue: WantedQueue, signal: AbortSignal): Promise<void> {
    try {
      // Wanted only once connected: what is wanted before is subscribed to on connecting, and this would be twice.
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
      throw error;
    }
  }

  close(): void {
    const reason = new SmpError('network', 'the client is closing');
    this.#closing.abort(reason);
    if (this.#state.kind === 'connected') this.#state.connection.end(reason);
    this.#state = { kind: 'idle' };
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
      const connection = await openConnection(
        { server: this.server, connect, clock, random, onEvent: (id, response) => this.#onEvent(id, response) },
        this.#closing.signal,
      );
      this.#failures = 0;
      this.#state = { kind: 'connected', connection };
      void connection.ended.then((reason) => this.#onEnded(connection, reason));
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

  #onEnded(connection: SmpConnection, reason: SmpError): void {
    if (this.#state.kind !== 'connected' || this.#state.connection !== connection) return;
    this.#options.logger.debug(`smp: connection ended: ${reason.kind}`);
    this.#options.onDisconnected(this.server);
    this.#reconnectLater(reason);
  }

  #reconnectLater(reason: unknown): void {
    const { clock, random } = this.#options;
    if (this.wanted.size === 0) {
      this.#state = { kind: 'idle' };
      return;
    }
    const usable = !(reason instanceof SmpError) || reason.retryable;
    const delay = usable
      ? retryDelay(RECONNECT_POLICY, Math.max(this.#failures - 1, 0), () => randomFraction(random))
      : UNUSABLE_SERVER_DELAY_MS;
    const waiting: LinkState = { kind: 'waiting' };
    this.#state = waiting;
    sleep(clock, delay, this.#closing.signal).then(
      () => {
        // Something else may have connected meanwhile, or nothing may be wanted any more.
        if (this.#state === waiting && this.wanted.size > 0) this.#connection().catch(() => {});
        else if (this.#state === waiting) this.#state = { kind: 'idle' };
      },
      () => {},
    );
  }

  async #resubscribe(connection: SmpConnection): Promise<void> {
    const queues = this.wanted.list();
    for (let i = 0; i < queues.length; i += SUBSCRIBE_BATCH) {
      await Promise.all(queues.slice(i, i + SUBSCRIBE_BATCH).map((queue) => this.#subscribeAgain(connection, queue)));
    }
  }

  async #subscribeAgain(connection: SmpConnection, queue: WantedQueue): Promise<void> {
    try {
      const response = await connection.request(queue.rcvId, queue.authKey, { kind: 'SUB' }, undefined);
      if (response.kind === 'ERR') throw protocolError(this.server, response.error);
    } catch (error) {
      // A connection that broke is followed by another, which subscribes again.
      if (!(error instanceof SmpError) || error.kind === 'network') return;
      if (error.kind === 'protocol' && !error.retryable) this.wanted.delete(queue.rcvId);
      this.#options.onSubscriptionError(this.server, queue.rcvId, error);
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
