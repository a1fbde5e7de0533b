/**
 * The agent: duplex, end-to-end encrypted connections made of simplex queues (agent-protocol.md). It stores state
 * before it sends or acknowledges, so that it can continue after a crash.
 */
import { setMaxListeners } from 'node:events';
import { isRetryable, type Timer } from '../base/index.ts';
import { sha256 } from '../crypto/index.ts';
import { emptyBytes } from '../encoding/index.ts';
import { formatSmpServer, type SmpServer } from '../protocol/index.ts';
import { asError, BackgroundTasks } from './background.ts';
import { Handshake, type NewConnection } from './connection/handshake.ts';
import { decodeReceipts, Incoming } from './connection/incoming.ts';
import { queueMessage, requireSndQueue, type SendOptions, sessionLostError } from './connection/outgoing.ts';
import { rcvAuthKey } from './connection/queue-keys.ts';
import { Removal } from './connection/removal.ts';
import { isAuthError } from './delivery/errors.ts';
import { DeliveryWorkers, deliveryFailure } from './delivery/workers.ts';
import type { AgentContext, AgentOptions } from './environment.ts';
import { AgentError } from './errors.ts';
import * as store from './store/index.ts';
import type { ConnId, MsgId, RcvQueue } from './types.ts';

/** Retention of message hashes, skipped keys and sent messages; servers keep messages for 21 days. */
const RETENTION_MS = 30 * 86_400_000;
/** Delay before a message that could not be stored is requested again. */
const RESUBSCRIBE_MS = 10_000;
/** Interval between deletions of old rows. */
const CLEANUP_INTERVAL_MS = 3_600_000;

/** Public information about a connection. */
export interface ConnectionInfo {
  readonly receivingServers: readonly string[];
  readonly sendingServers: readonly string[];
  readonly agentVersion: number;
  /** SHA-256 of the associated data of both ratchets: equal on both sides unless there is a man in the middle. */
  readonly ratchetHash: Uint8Array | undefined;
}

export class Agent {
  readonly #ctx: AgentContext;
  readonly #abort = new AbortController();
  readonly #background: BackgroundTasks;
  readonly #workers: DeliveryWorkers;
  readonly #incoming: Incoming;
  readonly #handshake: Handshake;
  readonly #removal: Removal;
  #cleanup: Timer | undefined;

  constructor(options: AgentOptions) {
    const { database: sql, clock, random, logger } = options;
    const { signal } = this.#abort;
    // Every pending request adds a listener; Node warns above ten.
    setMaxListeners(0, signal);
    const emit: AgentContext['emit'] = (event) => {
      if (signal.aborted) return;
      try {
        options.onEvent(event);
      } catch (error) {
        if (store.isDatabaseError(error)) throw error;
        logger.error(`${event.kind} could not be handled: ${asError(error).message}`);
      }
    };
    const smp = options.smp({
      onMessage: (server, rcvId, message) => this.#logDatabaseErrors(() => this.#onMessage(server, rcvId, message)),
      onEnd: (server, rcvId, reason) => this.#logDatabaseErrors(() => this.#onEnd(server, rcvId, reason)),
      onConnected: (server) => {
        // From now on messages may arrive, and replies need key pairs.
        options.kemKeyPairs.prepare();
        this.#logDatabaseErrors(() => this.#onConnected(server));
      },
      onDisconnected: (server) => this.#logDatabaseErrors(() => emit({ kind: 'serverDisconnected', server })),
      onSubscriptionError: (server, rcvId, error) => this.#onSubscriptionError(server, rcvId, error),
    });
    this.#ctx = {
      sql,
      smp,
      ratchetEnv: { random, kem: options.kem, kemKeyPair: () => options.kemKeyPairs.take() },
      clock,
      random,
      logger,
      emit,
      signal,
    };
    this.#background = new BackgroundTasks({ clock, random, logger, signal });
    this.#removal = new Removal(this.#ctx, this.#background);
    this.#handshake = new Handshake(this.#ctx, {
      servers: options.servers,
      background: this.#background,
      removal: this.#removal,
      wake: (connId) => this.#wake(connId),
    });
    this.#workers = new DeliveryWorkers(this.#ctx, {
      delivered: (message) => this.#delivered(message),
      failed: (message, error) => this.#failed(message, error),
    });
    this.#incoming = new Incoming(this.#ctx, {
      acknowledge: (queue, brokerId, then) =>
        sql.afterCommit(() => this.#acknowledge(queue, brokerId, undefined, then)),
      send: (connId) => this.#wake(connId),
      peerReads: (connId, hasRead) => this.#peerReads(connId, hasRead),
      deliver: (message) => this.#deliver(message),
    });
  }

  /** Repeats unacknowledged events to the app, subscribes to all queues, and resumes pending work. */
  start(): void {
    const { sql, emit } = this.#ctx;
    const leaving = new Set(store.connectionsInState(sql, 'deleting').map((c) => c.connId));
    for (const { connId, confirmationId, info } of store.allConfirmations(sql)) {
      this.#eventually(() => emit({ kind: 'confirmation', connId, confirmationId, info }));
    }
    this.#eventually(() => {
      for (const message of store.unacknowledged(sql)) {
        if (!leaving.has(message.connId)) sql.transaction(() => this.#deliver(message));
      }
    });
    for (const queue of store.allRcvQueues(sql)) if (!leaving.has(queue.connId)) this.#subscribe(queue);
    for (const { connId } of store.connectionsInState(sql, 'joining')) this.#handshake.resumeJoin(connId);
    for (const connId of leaving) this.#eventually(() => this.#removal.finish(connId));
    this.#workers.wakeAll();
    this.#removal.deleteQueues();
    this.#scheduleCleanup(0);
  }

  /** Performs an action on the database now, or retries it until it succeeds: a full disk must not block the start. */
  #eventually(action: () => void): void {
    const { logger } = this.#ctx;
    this.#background.retry(
      async () => action(),
      (error) => logger.error(`starting: ${error.message}`),
    );
  }

  /** Nothing is waiting to be sent, acknowledged or deleted. */
  get idle(): boolean {
    return this.#workers.idle && this.#background.idle;
  }

  async stop(): Promise<void> {
    this.#abort.abort(new AgentError('state.closing'));
    this.#cleanup?.cancel();
    await this.#ctx.smp.close();
    await this.#background.settled();
    await this.#workers.settled();
  }

  /** Creates a queue and its one-time invitation link. Throws {@link AgentError} or the SMP client's error. */
  createConnection(
    options: NewConnection,
    signal: AbortSignal,
  ): Promise<{ readonly connId: ConnId; readonly link: string }> {
    return this.#handshake.invite(options, signal);
  }

  /**
   * Joins by an invitation link; `info` is sent to its creator. Once this resolves, the link is secured for us and the
   * rest continues in the background, also after a restart. Throws {@link AgentError} (`link`, `own-link`, `link-used`,
   * `version`) or the SMP client's error; then nothing is kept.
   */
  joinConnection(link: string, info: Uint8Array, options: NewConnection, signal: AbortSignal): Promise<ConnId> {
    return this.#handshake.join(link, info, options, signal);
  }

  /** Accepts a peer who used our invitation: sends `info` and completes the connection. */
  allowConnection(connId: ConnId, confirmationId: string, info: Uint8Array): void {
    this.#handshake.allow(connId, confirmationId, info);
  }

  /** Queues a message and returns its id; a `sent` event follows once it is on the server. */
  sendMessage(connId: ConnId, body: Uint8Array, options: SendOptions): MsgId {
    const { sql } = this.#ctx;
    return sql.transaction(() => {
      const connection = store.requireConnection(sql, connId);
      if (connection.state !== 'connected' && connection.state !== 'connecting') {
        throw new AgentError('state.not-connected');
      }
      if (connection.sessionLost) throw sessionLostError();
      const sndQueueId = requireSndQueue(this.#ctx, connId);
      const msgId = queueMessage(this.#ctx, connection, sndQueueId, { kind: 'A_MSG', body }, options);
      this.#wake(connId);
      return msgId;
    });
  }

  /** The app has stored a message, so its server may delete it. With `receipt` a delivery receipt is sent. */
  ackMessage(connId: ConnId, msgId: MsgId, options: { readonly receipt: boolean }): void {
    const { sql } = this.#ctx;
    sql.transaction(() => {
      const message = store.findRcvMessage(sql, connId, msgId);
      const connection = store.findConnection(sql, connId);
      if (message === undefined || connection === undefined || message.acknowledged) return;
      store.setAcknowledged(sql, connId, msgId);
      const [sndQueue] = store.sndQueuesOf(sql, connId);
      const receipt = options.receipt && !connection.sessionLost;
      if (receipt && message.kind === 'app' && sndQueue !== undefined && connection.state !== 'deleting') {
        const receipt = { sndMsgId: message.meta.sndMsgId, hash: message.hash, info: emptyBytes };
        const outgoing: SendOptions = { notification: false, pq: undefined };
        queueMessage(this.#ctx, connection, sndQueue.id, { kind: 'A_RCVD', receipts: [receipt] }, outgoing);
        this.#wake(connId);
      }
      const queue = store.rcvQueuesOf(sql, connId).find((q) => q.id === message.rcvQueueId);
      if (queue !== undefined) sql.afterCommit(() => this.#acknowledge(queue, message.brokerId, msgId));
    });
  }

  /**
   * Ends a connection: nothing more is received on it. With `waitDelivery` queued messages are sent first; then its
   * rows are deleted, and its queues are deleted on their servers once those are reachable.
   */
  deleteConnection(connId: ConnId, options: { readonly waitDelivery: boolean }): void {
    this.#removal.remove(connId, options.waitDelivery);
  }

  connectionInfo(connId: ConnId): ConnectionInfo {
    const { sql } = this.#ctx;
    const connection = store.requireConnection(sql, connId);
    const ratchet = store.findRatchet(sql, connId);
    return {
      receivingServers: store.rcvQueuesOf(sql, connId).map((q) => formatSmpServer(q.server)),
      sendingServers: store.sndQueuesOf(sql, connId).map((q) => formatSmpServer(q.server)),
      agentVersion: connection.agentVersion,
      ratchetHash: ratchet && sha256(ratchet.associatedData),
    };
  }

  /** Whether messages are received from a server, `smp://…`. */
  receivesFrom(server: string): boolean {
    return store.receivesFrom(this.#ctx.sql, server);
  }

  #wake(connId: ConnId): void {
    const { sql } = this.#ctx;
    const queues = store.sndQueuesOf(sql, connId);
    sql.afterCommit(() => {
      for (const queue of queues) this.#workers.queued(queue.id);
    });
  }

  /** A peer that sends is online, so it is reading the messages that filled its queue. */
  #peerReads(connId: ConnId, hasRead: boolean): void {
    const { sql } = this.#ctx;
    if (!hasRead && !this.#workers.anyBlocked) return;
    const queues = store.sndQueuesOf(sql, connId);
    sql.afterCommit(() => {
      for (const { id } of queues) {
        if (hasRead) this.#workers.recipientHasRead(id);
        else this.#workers.recipientReads(id);
      }
    });
  }

  #subscribe(queue: RcvQueue): void {
    const { smp, signal, logger } = this.#ctx;
    smp.subscribe(queue.server, queue.rcvId, rcvAuthKey(queue.authKeys), signal).catch((error: unknown) => {
      if (signal.aborted) return;
      logger.debug(`subscription waits: ${asError(error).message}`);
      if (!isRetryable(error)) this.#onSubscriptionError(queue.server, queue.rcvId, asError(error));
    });
  }

  #onConnected(server: SmpServer): void {
    this.#ctx.emit({ kind: 'serverConnected', server });
    if (!this.#ctx.signal.aborted) this.#workers.wakeAll();
  }

  #onMessage(
    server: SmpServer,
    rcvId: Uint8Array,
    message: { readonly msgId: Uint8Array; readonly body: Uint8Array },
  ): void {
    const { sql, signal } = this.#ctx;
    if (signal.aborted) return;
    const queue = store.rcvQueueByAddress(sql, server, rcvId);
    if (queue === undefined || store.findConnection(sql, queue.connId)?.state === 'deleting') return;
    try {
      this.#incoming.receive(queue, message);
    } catch (error) {
      // The database failed: the message is not acknowledged, so the server delivers it again.
      this.#reportFailure(queue.connId, asError(error));
      this.#ctx.clock.schedule(RESUBSCRIBE_MS, () => this.#subscribe(queue), { background: true });
    }
  }

  /** Reports an error to the app, which may fail to handle it too. */
  #reportFailure(connId: ConnId, error: Error): void {
    try {
      this.#ctx.emit({ kind: 'error', connId, error });
    } catch (second) {
      this.#ctx.logger.warn(asError(second).message);
    }
  }

  #onEnd(server: SmpServer, rcvId: Uint8Array, reason: 'END' | 'DELD'): void {
    if (this.#ctx.signal.aborted) return;
    const queue = store.rcvQueueByAddress(this.#ctx.sql, server, rcvId);
    if (queue === undefined) return;
    this.#ctx.emit({ kind: 'subscriptionEnded', connId: queue.connId, deleted: reason === 'DELD' });
  }

  #onSubscriptionError(server: SmpServer, rcvId: Uint8Array, cause: Error): void {
    this.#logDatabaseErrors(() => this.#reportSubscription(server, rcvId, cause));
  }

  /**
   * Logs failures of the database: servers repeat their events after the next subscription. A damaged database is not
   * survived: it becomes an unhandled rejection, which ends the program.
   */
  #logDatabaseErrors(handle: () => void): void {
    try {
      handle();
    } catch (error) {
      if (!store.isDatabaseError(error)) throw error;
      if (error instanceof AgentError && error.kind === 'database-damaged') void Promise.reject(error);
      else this.#ctx.logger.error(`the database failed: ${asError(error).message}`);
    }
  }

  #reportSubscription(server: SmpServer, rcvId: Uint8Array, cause: Error): void {
    if (this.#ctx.signal.aborted || isRetryable(cause)) return;
    const queue = store.rcvQueueByAddress(this.#ctx.sql, server, rcvId);
    if (queue === undefined) return;
    const error = isAuthError(cause)
      ? new AgentError('server.own-queue-gone', {}, { cause })
      : new AgentError('server.refused', { detail: cause.message }, { cause });
    this.#ctx.emit({ kind: 'error', connId: queue.connId, error });
  }

  /** Passes a stored message to the app, within the open transaction. */
  #deliver(message: store.RcvMessage): void {
    const { sql, emit } = this.#ctx;
    const { connId, msgId, meta } = message;
    if (message.kind === 'app') {
      emit({ kind: 'message', connId, msgId, meta, body: message.body });
      return;
    }
    const receipts = decodeReceipts(message.body);
    emit({ kind: 'receipt', connId, receipts });
    for (const receipt of receipts) if (receipt.intact) store.deleteSndMessage(sql, connId, receipt.msgId);
    this.ackMessage(connId, msgId, { receipt: false });
  }

  /** Sends ACK. If it fails, the server delivers the message again, which is then acknowledged. */
  #acknowledge(queue: RcvQueue, brokerId: Uint8Array, msgId: MsgId | undefined, then?: () => void): void {
    const { smp, signal, sql, logger } = this.#ctx;
    const acknowledge = async () => {
      try {
        await smp.ack(queue.server, queue.rcvId, rcvAuthKey(queue.authKeys), brokerId, signal);
        if (msgId !== undefined && !signal.aborted) store.deleteRcvMessage(sql, queue.connId, msgId);
      } catch (error) {
        if (!signal.aborted) logger.debug(`acknowledgement failed: ${asError(error).message}`);
      }
      if (!signal.aborted) then?.();
    };
    this.#background.track(acknowledge());
  }

  #delivered(message: store.SndMessage): void {
    const { sql, emit } = this.#ctx;
    const { connId, msgId } = message;
    const connection = store.findConnection(sql, connId);
    if (message.kind === 'app') emit({ kind: 'sent', connId, msgId });
    if (connection?.state === 'deleting') this.#removal.finish(connId);
    const received = store.rcvQueuesOf(sql, connId).some((q) => q.status === 'active');
    // The initiator's confirmation is the last step of the handshake, which the joiner waits for.
    if (message.kind !== 'conf' || connection?.state !== 'connecting' || !received) return;
    store.setConnectionState(sql, connId, 'connected');
    const pq = store.requireRatchet(sql, connId).sendingKem;
    emit({ kind: 'connected', connId, pq });
  }

  #failed(message: store.SndMessage, cause: Error): void {
    const { sql, emit } = this.#ctx;
    const { connId, msgId, kind } = message;
    const error = deliveryFailure(cause);
    if (store.findConnection(sql, connId)?.state === 'deleting') this.#removal.finish(connId);
    else if (kind === 'conf') emit({ kind: 'connectionFailed', connId, error });
    else if (kind === 'app') emit({ kind: 'sendFailed', connId, msgId, error });
  }

  #scheduleCleanup(delay: number): void {
    const { sql, clock, logger } = this.#ctx;
    const clean = () => {
      try {
        store.deleteOld(sql, clock.now() - RETENTION_MS);
      } catch (error) {
        logger.warn(`clean-up failed: ${asError(error).message}`);
      }
      this.#scheduleCleanup(CLEANUP_INTERVAL_MS);
    };
    this.#cleanup = clock.schedule(delay, clean, { background: true });
  }
}
