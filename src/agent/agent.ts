/**
 * The agent: duplex, end-to-end encrypted connections made of simplex queues (agent-protocol.md). It stores before it
 * sends and before it acknowledges, so whatever ends the program, a restart goes on where it was.
 */
import { isRetryable, type RetryPolicy, randomFraction, retryDelay, type Timer } from '../base/index.ts';
import { sha256 } from '../crypto/index.ts';
import { formatSmpServer, type SmpServer, type SmpServerWithAuth } from '../protocol/index.ts';
import { initiatorParams, initSendingRatchet, joinerParams, RATCHET_VERSION, x3dhJoiner } from '../ratchet/index.ts';
import { agreeOnInvitation, readInvitation } from './connection/check-link.ts';
import { decodeReceipts, Incoming } from './connection/incoming.ts';
import { type Outgoing, queueConfirmation, queueMessage, requireSndQueue } from './connection/outgoing.ts';
import {
  newConnId,
  newRcvQueueKeys,
  newSndQueue,
  queueUriOf,
  rcvAuthKey,
  rcvQueueOf,
  sndAuthKey,
} from './connection/queue-keys.ts';
import { isAuthError } from './delivery/errors.ts';
import { DeliveryWorkers, deliveryFailure } from './delivery/workers.ts';
import type { AgentContext, AgentOptions, SmpQueueClient } from './environment.ts';
import { AgentError } from './errors.ts';
import {
  AGENT_VERSION,
  agentVersions,
  formatConnectionLink,
  ratchetVersions,
  SIMPLEX_SCHEME,
} from './protocol/index.ts';
import * as store from './store/index.ts';
import type { Connection, ConnId, MsgId, RcvQueue, SndQueue } from './types.ts';

/** Hashes, skipped keys and receipts older than this are of no use: servers keep messages 21 days. */
const KEEP_MS = 30 * 86_400_000;
/** How often old rows are looked for. */
const CLEANUP_INTERVAL_MS = 3_600_000;

const BACKGROUND_RETRY: RetryPolicy = { initialMs: 2_000, maxMs: 300_000, factor: 2 };

/** What a person may want to know of a connection. */
export interface ConnectionInfo {
  readonly receivingServers: readonly string[];
  readonly sendingServers: readonly string[];
  readonly agentVersion: number;
  /** SHA-256 of what both ratchets bind every message to: equal on both sides if nobody stands between. */
  readonly ratchetHash: Uint8Array | undefined;
  /** KEM secrets in the current keys of both directions. */
  readonly pq: boolean;
}

export interface NewConnection {
  /** Use the KEM where the peer does too. */
  readonly pq: boolean;
  /** Called in the transaction that stores the connection, for the app to store what belongs to it. */
  readonly stored: (connId: ConnId) => void;
  /** Called in the transaction that removes it again, when joining failed. */
  readonly removed: (connId: ConnId) => void;
}

export class Agent {
  readonly #ctx: AgentContext;
  readonly #smp: SmpQueueClient;
  readonly #servers: readonly SmpServerWithAuth[];
  readonly #abort = new AbortController();
  readonly #workers: DeliveryWorkers;
  readonly #incoming: Incoming;
  readonly #background = new Set<Promise<void>>();
  #cleanup: Timer | undefined;

  constructor(options: AgentOptions) {
    const { database: sql, clock, random, logger } = options;
    this.#servers = options.servers;
    this.#smp = options.smp({
      onMessage: (server, rcvId, message) => this.#onMessage(server, rcvId, message),
      onEnd: (server, rcvId, reason) => this.#onEnd(server, rcvId, reason),
      onConnected: (server) => this.#onConnected(server),
      onDisconnected: (server) => this.#ctx.emit({ kind: 'serverDisconnected', server }),
      onSubscriptionError: (server, rcvId, error) => this.#onSubscriptionError(server, rcvId, error),
    });
    this.#ctx = {
      sql,
      smp: this.#smp,
      ratchetEnv: { random, kemKeyPair: options.kem },
      clock,
      random,
      logger,
      emit: (event) => {
        if (!this.#abort.signal.aborted) options.onEvent(event);
      },
      signal: this.#abort.signal,
    };
    this.#workers = new DeliveryWorkers(this.#ctx, {
      delivered: (queue, message) => this.#delivered(queue, message),
      failed: (queue, message, error) => this.#failed(queue, message, error),
    });
    this.#incoming = new Incoming(this.#ctx, {
      acknowledge: (queue, brokerId) => this.#ctx.sql.afterCommit(() => this.#acknowledge(queue, brokerId, undefined)),
      wake: (connection) => this.#wake(connection.connId),
      deliver: (message) => this.#deliver(message),
    });
  }

  /** Tells the app again what it did not acknowledge, subscribes all queues, and resumes what was under way. */
  start(): void {
    const { sql, emit } = this.#ctx;
    for (const { connId, confirmationId, info } of store.allConfirmations(sql)) {
      emit({ kind: 'confirmation', connId, confirmationId, info });
    }
    for (const message of store.unacknowledged(sql)) this.#deliver(message);
    const leaving = new Set(store.connectionsInState(sql, 'deleting').map((c) => c.connId));
    for (const queue of store.allRcvQueues(sql)) if (!leaving.has(queue.connId)) this.#subscribe(queue);
    for (const { connId } of store.connectionsInState(sql, 'joining')) this.#resumeJoin(connId);
    for (const connId of leaving) this.#finishDelete(connId);
    this.#workers.wakeAll();
    this.#deleteQueues();
    this.#scheduleCleanup(0);
  }

  /** Nothing waits to be sent, acknowledged or deleted. */
  get idle(): boolean {
    return this.#workers.idle && this.#background.size === 0;
  }

  async stop(): Promise<void> {
    this.#abort.abort(new AgentError('state', 'Sotto is closing.'));
    this.#cleanup?.cancel();
    await this.#smp.close();
    await Promise.allSettled([...this.#background]);
  }

  /** Makes a queue and the one-time link to it. Throws {@link AgentError} or the SMP client's error. */
  async createConnection(
    options: NewConnection,
    signal: AbortSignal,
  ): Promise<{ readonly connId: ConnId; readonly link: string }> {
    const { sql, random, clock, ratchetEnv } = this.#ctx;
    const server = this.#chooseServer(undefined);
    const keys = newRcvQueueKeys(random);
    const ids = await this.#createQueue(server, keys, signal);
    const connId = newConnId(random);
    const queue = rcvQueueOf(connId, server.server, keys, ids);
    // Full links carry no KEM key: it would make them three times as long. The joiner proposes the KEM instead.
    const { secrets, params } = initiatorParams(ratchetEnv, false);
    sql.transaction(() => {
      const connection: Connection = { connId, state: 'invited', agentVersion: AGENT_VERSION, pq: options.pq };
      store.insertConnection(sql, connection, clock.now());
      store.insertRcvQueue(sql, queue);
      store.insertX3dhSecrets(sql, connId, secrets);
      options.stored(connId);
    });
    const link = formatConnectionLink({
      kind: 'invitation',
      scheme: SIMPLEX_SCHEME,
      agentVersions,
      queues: [queueUriOf(queue)],
      clientData: undefined,
      e2eParams: { versions: ratchetVersions, key1: params.key1, key2: params.key2, kem: params.kem },
    });
    return { connId, link };
  }

  /**
   * Joins by an invitation link; `info` goes to its maker. When this returns the link is ours, and the rest is done
   * even if the program ends. Throws {@link AgentError} (`link`, `own-link`, `link-used`, `version`) or the SMP
   * client's error, and has then kept nothing.
   */
  async joinConnection(link: string, info: Uint8Array, options: NewConnection, signal: AbortSignal): Promise<ConnId> {
    const { sql, random, clock, ratchetEnv } = this.#ctx;
    const { queue: queueInfo, e2eParams } = agreeOnInvitation(readInvitation(link));
    if (store.isOwnQueue(sql, queueInfo.senderId)) {
      throw new AgentError('own-link', 'This is your own invitation link. Send it to the person you want to talk to.');
    }
    const connId = newConnId(random);
    const reply = joinerParams(ratchetEnv, e2eParams, options.pq);
    const versions = { current: e2eParams.version, maxSupported: RATCHET_VERSION };
    const ratchet = initSendingRatchet(ratchetEnv, versions, e2eParams.key2, x3dhJoiner(reply.secrets, e2eParams));
    sql.transaction(() => {
      const connection: Connection = { connId, state: 'joining', agentVersion: AGENT_VERSION, pq: options.pq };
      store.insertConnection(sql, connection, clock.now());
      store.insertSndQueue(sql, newSndQueue(random, connId, queueInfo));
      store.putRatchet(sql, connId, ratchet);
      store.insertJoin(sql, connId, { e2eParams: reply.params, info });
      options.stored(connId);
    });
    try {
      // Once the server answers, SKEY may have arrived whatever becomes of its answer: then only AUTH is a failure.
      await this.#smp.ping(queueInfo.server, signal);
      await this.#secureJoined(connId, signal).catch((error: unknown) => {
        if (!isRetryable(error)) throw error;
      });
    } catch (error) {
      sql.transaction(() => {
        store.deleteConnectionRows(sql, connId);
        options.removed(connId);
      });
      throw error;
    }
    this.#resumeJoin(connId);
    return connId;
  }

  /** Lets somebody in who used our invitation: `info` goes to them, and the connection is made. */
  allowConnection(connId: ConnId, confirmationId: string, info: Uint8Array): void {
    const { sql, random } = this.#ctx;
    sql.transaction(() => {
      const connection = store.requireConnection(sql, connId);
      const confirmation = store.findConfirmation(sql, connId, confirmationId);
      if (confirmation === undefined) throw new AgentError('state', 'Nobody waits for this connection to be allowed.');
      const id = store.insertSndQueue(sql, newSndQueue(random, connId, confirmation.replyQueue));
      queueConfirmation(this.#ctx, connection, id, { kind: 'connInfo', info }, undefined);
      store.deleteConfirmation(sql, connId);
      store.setConnectionState(sql, connId, 'connecting');
      this.#wake(connId);
    });
  }

  /** Queues a message and returns its id; a `sent` event follows once it is on the server. */
  sendMessage(connId: ConnId, body: Uint8Array, options: Outgoing): MsgId {
    const { sql } = this.#ctx;
    return sql.transaction(() => {
      const connection = store.requireConnection(sql, connId);
      if (connection.state !== 'connected' && connection.state !== 'connecting') {
        throw new AgentError('state', 'The contact is not connected yet.');
      }
      const sndQueueId = requireSndQueue(this.#ctx, connId);
      const msgId = queueMessage(this.#ctx, connection, sndQueueId, { kind: 'A_MSG', body }, options);
      this.#wake(connId);
      return msgId;
    });
  }

  /** The app has stored a message: its server may delete it. With `receipt` the sender is told that it arrived. */
  ackMessage(connId: ConnId, msgId: MsgId, options: { readonly receipt: boolean }): void {
    const { sql } = this.#ctx;
    sql.transaction(() => {
      const message = store.findRcvMessage(sql, connId, msgId);
      const connection = store.findConnection(sql, connId);
      if (message === undefined || connection === undefined || message.acknowledged) return;
      store.setAcknowledged(sql, connId, msgId);
      const [sndQueue] = store.sndQueuesOf(sql, connId);
      if (options.receipt && message.kind === 'app' && sndQueue !== undefined && connection.state !== 'deleting') {
        const receipt = { sndMsgId: message.meta.sndMsgId, hash: message.hash, info: new Uint8Array(0) };
        const outgoing: Outgoing = { notification: false, pq: undefined };
        queueMessage(this.#ctx, connection, sndQueue.id, { kind: 'A_RCVD', receipts: [receipt] }, outgoing);
        this.#wake(connId);
      }
      const queue = store.rcvQueuesOf(sql, connId).find((q) => q.id === message.rcvQueueId);
      if (queue !== undefined) sql.afterCommit(() => this.#acknowledge(queue, message.brokerId, msgId));
    });
  }

  /**
   * Ends a connection: nothing of it is received any more. What is queued is sent first when `waitDelivery` is set;
   * then its rows go, and its queues are deleted on their servers as soon as those can be reached.
   */
  deleteConnection(connId: ConnId, options: { readonly waitDelivery: boolean }): void {
    const { sql, smp } = this.#ctx;
    sql.transaction(() => {
      store.requireConnection(sql, connId);
      const queues = store.rcvQueuesOf(sql, connId);
      sql.afterCommit(() => {
        for (const queue of queues) smp.forget(queue.server, queue.rcvId);
      });
      store.setConnectionState(sql, connId, 'deleting');
      if (!options.waitDelivery || !store.hasPending(sql, connId)) this.#deleteRows(connId);
    });
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
      pq: ratchet?.sendingKem === true && ratchet.receivingKem,
    };
  }

  #chooseServer(other: SmpServer | undefined): SmpServerWithAuth {
    if (this.#servers.length === 0) {
      throw new AgentError('server', 'No SMP server is set. Give one with -s smp://… or host your own.');
    }
    const different = this.#servers.filter((s) => other === undefined || s.server.hosts[0] !== other.hosts[0]);
    const pool = different.length > 0 ? different : this.#servers;
    return pool[Math.floor(randomFraction(this.#ctx.random) * pool.length)]!;
  }

  async #createQueue(server: SmpServerWithAuth, keys: ReturnType<typeof newRcvQueueKeys>, signal: AbortSignal) {
    const ids = await this.#smp.createQueue(
      server,
      {
        authKey: rcvAuthKey(keys.authKeys),
        dhPublicKey: keys.deliveryKeys.publicKey,
        sndSecure: true,
        subscribe: true,
      },
      signal,
    );
    if (!ids.sndSecure) throw new AgentError('server', 'The server is too old: it does not let senders secure queues.');
    return ids;
  }

  /** SKEY: from here on the queue of the link takes messages from nobody else. */
  async #secureJoined(connId: ConnId, signal: AbortSignal): Promise<void> {
    const { sql } = this.#ctx;
    const [queue] = store.sndQueuesOf(sql, connId);
    if (queue?.status !== 'new') return;
    try {
      await this.#smp.secureSender(queue.server, queue.sndId, sndAuthKey(queue.authKeys), signal);
    } catch (cause) {
      if (!isAuthError(cause)) throw cause;
      throw new AgentError(
        'link-used',
        'This link was used already, or was deleted by who made it. Ask for a new one.',
        {
          cause,
        },
      );
    }
    store.setSndQueueStatus(sql, queue.id, 'secured');
  }

  /** The rest of a join: our own queue, and the confirmation that names it. Goes on until it is done. */
  #resumeJoin(connId: ConnId): void {
    this.#inBackground(
      async (signal) => {
        await this.#secureJoined(connId, signal);
        const { sql, random } = this.#ctx;
        const [sndQueue] = store.sndQueuesOf(sql, connId);
        const connection = store.findConnection(sql, connId);
        const join = store.findJoin(sql, connId);
        if (sndQueue === undefined || join === undefined || connection?.state !== 'joining') return;
        const server = this.#chooseServer(sndQueue.server);
        const keys = newRcvQueueKeys(random);
        const ids = await this.#createQueue(server, keys, signal);
        const queue = { ...rcvQueueOf(connId, server.server, keys, ids), clientVersion: sndQueue.clientVersion };
        sql.transaction(() => {
          // Deleted by the person in the meantime: the new queue is deleted with it.
          if (store.findConnection(sql, connId)?.state !== 'joining') {
            store.insertDeletedQueue(sql, { ...queue, id: 0 as RcvQueue['id'] }, this.#ctx.clock.now());
            sql.afterCommit(() => this.#deleteQueues());
            return;
          }
          store.insertRcvQueue(sql, queue);
          const { versions: _, ...address } = queueUriOf(queue);
          const reply = { ...address, version: sndQueue.clientVersion };
          const message = { kind: 'connInfoReply', queues: [reply], info: join.info } as const;
          queueConfirmation(this.#ctx, connection, sndQueue.id, message, join.e2eParams);
          store.deleteJoin(sql, connId);
          store.setConnectionState(sql, connId, 'connecting');
          this.#wake(connId);
        });
      },
      (error) => this.#ctx.emit({ kind: 'connectionFailed', connId, error }),
    );
  }

  /** Runs `task` until it succeeds, fails for good, or the agent stops. */
  #inBackground(task: (signal: AbortSignal) => Promise<void>, onFailure: (error: Error) => void): void {
    const { clock, random, signal, logger } = this.#ctx;
    const run = async () => {
      for (let attempt = 0; !signal.aborted; attempt++) {
        try {
          return await task(signal);
        } catch (error) {
          if (signal.aborted) return;
          if (!isRetryable(error)) return onFailure(error instanceof Error ? error : new Error(String(error)));
          logger.debug(`trying again later: ${error instanceof Error ? error.message : String(error)}`);
          const delay = retryDelay(BACKGROUND_RETRY, attempt, () => randomFraction(random));
          await new Promise<void>((resolve) => {
            const timer = clock.schedule(delay, resolve, { background: true });
            signal.addEventListener(
              'abort',
              () => {
                timer.cancel();
                resolve();
              },
              { once: true },
            );
          });
        }
      }
    };
    const running = run().finally(() => this.#background.delete(running));
    this.#background.add(running);
  }

  #wake(connId: ConnId): void {
    const { sql } = this.#ctx;
    const queues = store.sndQueuesOf(sql, connId);
    sql.afterCommit(() => {
      for (const queue of queues) this.#workers.wake(queue.id);
    });
  }

  #subscribe(queue: RcvQueue): void {
    this.#smp
      .subscribe(queue.server, queue.rcvId, rcvAuthKey(queue.authKeys), this.#ctx.signal)
      .catch((error: unknown) => {
        if (this.#ctx.signal.aborted) return;
        this.#ctx.logger.debug(`subscription waits: ${error instanceof Error ? error.message : String(error)}`);
      });
  }

  #onConnected(server: SmpServer): void {
    this.#ctx.emit({ kind: 'serverConnected', server });
    this.#workers.wakeAll();
  }

  #onMessage(
    server: SmpServer,
    rcvId: Uint8Array,
    message: { readonly msgId: Uint8Array; readonly body: Uint8Array },
  ): void {
    const queue = store.rcvQueueByAddress(this.#ctx.sql, server, rcvId);
    if (queue === undefined) return;
    if (store.findConnection(this.#ctx.sql, queue.connId)?.state === 'deleting') return;
    try {
      this.#incoming.receive(queue, message);
    } catch (error) {
      // The database failed: the message is not acknowledged, and the server delivers it again.
      const failure = error instanceof Error ? error : new Error(String(error));
      this.#ctx.emit({ kind: 'error', connId: queue.connId, error: failure });
    }
  }

  #onEnd(server: SmpServer, rcvId: Uint8Array, reason: 'END' | 'DELD'): void {
    const queue = store.rcvQueueByAddress(this.#ctx.sql, server, rcvId);
    if (queue === undefined) return;
    this.#ctx.emit({ kind: 'subscriptionEnded', connId: queue.connId, deleted: reason === 'DELD' });
  }

  #onSubscriptionError(server: SmpServer, rcvId: Uint8Array, cause: Error): void {
    const queue = store.rcvQueueByAddress(this.#ctx.sql, server, rcvId);
    if (queue === undefined || isRetryable(cause)) return;
    const sentence = isAuthError(cause)
      ? 'The server no longer has the queue of this contact, so nothing can be received from it.'
      : `The server refused to deliver messages: ${cause.message}`;
    this.#ctx.emit({ kind: 'error', connId: queue.connId, error: new AgentError('server', sentence, { cause }) });
  }

  /** Passes a stored message to the app. */
  #deliver(message: store.RcvMessage): void {
    const { connId, msgId, meta } = message;
    if (message.kind === 'app') {
      this.#ctx.emit({ kind: 'message', connId, msgId, meta, body: message.body });
      return;
    }
    this.#ctx.sql.transaction(() => {
      const receipts = decodeReceipts(message.body);
      this.#ctx.emit({ kind: 'receipt', connId, receipts });
      for (const receipt of receipts) if (receipt.intact) store.deleteSndMessage(this.#ctx.sql, connId, receipt.msgId);
      this.ackMessage(connId, msgId, { receipt: false });
    });
  }

  /** ACK; when it does not arrive the server delivers the message again, and it is acknowledged then. */
  #acknowledge(queue: RcvQueue, brokerId: Uint8Array, msgId: MsgId | undefined): void {
    const { signal, sql, logger } = this.#ctx;
    const acknowledged = this.#smp.ack(queue.server, queue.rcvId, rcvAuthKey(queue.authKeys), brokerId, signal).then(
      () => {
        if (msgId !== undefined && !signal.aborted) store.deleteRcvMessage(sql, queue.connId, msgId);
      },
      (error: unknown) => {
        if (!signal.aborted) logger.debug(`acknowledgement failed: ${error instanceof Error ? error.message : error}`);
      },
    );
    const running: Promise<void> = acknowledged.finally(() => this.#background.delete(running));
    this.#background.add(running);
  }

  #delivered(_queue: SndQueue, message: store.SndMessage): void {
    const { sql, emit } = this.#ctx;
    const { connId, msgId } = message;
    const connection = store.requireConnection(sql, connId);
    if (connection.state === 'deleting') {
      if (!store.hasPending(sql, connId)) this.#deleteRows(connId);
      return;
    }
    if (message.kind === 'app') {
      sql.afterCommit(() => emit({ kind: 'sent', connId, msgId }));
      return;
    }
    const received = store.rcvQueuesOf(sql, connId).some((q) => q.status === 'active');
    // The initiator's confirmation is the last step; the joiner waits for it.
    if (message.kind !== 'conf' || connection.state !== 'connecting' || !received) return;
    store.setConnectionState(sql, connId, 'connected');
    const pq = store.requireRatchet(sql, connId).sendingKem;
    sql.afterCommit(() => emit({ kind: 'connected', connId, pq }));
  }

  #failed(_queue: SndQueue, message: store.SndMessage, cause: Error): void {
    const { sql, emit } = this.#ctx;
    const { connId, msgId, kind } = message;
    const error = deliveryFailure(cause);
    if (store.findConnection(sql, connId)?.state === 'deleting') {
      if (!store.hasPending(sql, connId)) this.#deleteRows(connId);
      return;
    }
    if (kind === 'conf') sql.afterCommit(() => emit({ kind: 'connectionFailed', connId, error }));
    else if (kind === 'app') sql.afterCommit(() => emit({ kind: 'sendFailed', connId, msgId, error }));
  }

  #finishDelete(connId: ConnId): void {
    const { sql } = this.#ctx;
    if (!store.hasPending(sql, connId)) sql.transaction(() => this.#deleteRows(connId));
  }

  /** Inside a transaction: the queues are remembered until their servers have deleted them, nothing else is. */
  #deleteRows(connId: ConnId): void {
    const { sql, clock } = this.#ctx;
    for (const queue of store.rcvQueuesOf(sql, connId)) store.insertDeletedQueue(sql, queue, clock.now());
    store.deleteConnectionRows(sql, connId);
    sql.afterCommit(() => this.#deleteQueues());
  }

  #deleting = new Set<number>();

  #deleteQueues(): void {
    const { sql, clock, signal } = this.#ctx;
    if (signal.aborted) return;
    for (const queue of store.deletedQueues(sql)) {
      if (this.#deleting.has(queue.id)) continue;
      this.#deleting.add(queue.id);
      this.#inBackground(
        async () => {
          try {
            await this.#smp.deleteQueue(queue.server, queue.rcvId, rcvAuthKey(queue.authKeys), signal);
          } catch (error) {
            const expired = clock.now() - queue.deletedAt > KEEP_MS;
            if (isRetryable(error) && !expired) throw error;
          }
          store.forgetDeletedQueue(sql, queue.id);
          this.#deleting.delete(queue.id);
        },
        (error) => this.#ctx.logger.warn(`a queue could not be deleted: ${error.message}`),
      );
    }
  }

  #scheduleCleanup(delay: number): void {
    const { sql, clock, logger } = this.#ctx;
    this.#cleanup = clock.schedule(
      delay,
      () => {
        try {
          store.deleteOld(sql, clock.now() - KEEP_MS);
        } catch (error) {
          logger.warn(`clean-up failed: ${error instanceof Error ? error.message : String(error)}`);
        }
        this.#scheduleCleanup(CLEANUP_INTERVAL_MS);
      },
      { background: true },
    );
  }
}
