/**
 * The fast duplex handshake (agent-protocol.md, "Fast duplex connection procedure"): the initiator creates a queue and
 * a link; the joiner secures that queue, creates its own and sends a confirmation; the initiator accepts and sends its
 * confirmation.
 */
import { randomFraction } from '../../base/index.ts';
import type { SmpServer, SmpServerWithAuth } from '../../protocol/index.ts';
import { initiatorParams, initSendingRatchet, joinerParams, RATCHET_VERSION, x3dhJoiner } from '../../ratchet/index.ts';
import type { BackgroundTasks } from '../background.ts';
import { isAuthError, isTransient } from '../delivery/errors.ts';
import type { AgentContext, SmpQueueClient } from '../environment.ts';
import { AgentError } from '../errors.ts';
import {
  AGENT_VERSION,
  agentVersions,
  formatConnectionLink,
  ratchetVersions,
  SIMPLEX_SCHEME,
} from '../protocol/index.ts';
import * as store from '../store/index.ts';
import type { Connection, ConnId, RcvQueue } from '../types.ts';
import { agreeOnInvitation, readInvitation } from './check-link.ts';
import { queueConfirmation } from './outgoing.ts';
import {
  newConnId,
  newRcvQueueKeys,
  newSndQueue,
  queueUriOf,
  type RcvQueueKeys,
  rcvAuthKey,
  rcvQueueOf,
  sndAuthKey,
} from './queue-keys.ts';
import type { Removal } from './removal.ts';

export interface NewConnection {
  /** Whether to use the KEM if the peer supports it. */
  readonly pq: boolean;
  /** Called in the transaction that stores the connection, so that the app can store its part. */
  readonly stored: (connId: ConnId) => void;
  /** Called in the transaction that removes the connection after a failed join. */
  readonly removed: (connId: ConnId) => void;
}

export interface HandshakeParts {
  readonly servers: readonly SmpServerWithAuth[];
  readonly background: BackgroundTasks;
  readonly removal: Removal;
  /** Called when there may be something to send. */
  readonly wake: (connId: ConnId) => void;
}

/** A queue created on a server, with its keys. */
interface MadeQueue {
  readonly server: SmpServerWithAuth;
  readonly keys: RcvQueueKeys;
  readonly ids: Awaited<ReturnType<SmpQueueClient['createQueue']>>;
}

export class Handshake {
  readonly #ctx: AgentContext;
  readonly #parts: HandshakeParts;

  constructor(ctx: AgentContext, parts: HandshakeParts) {
    this.#ctx = ctx;
    this.#parts = parts;
  }

  /** Initiator: creates a queue and the link to it. */
  async invite(
    options: NewConnection,
    signal: AbortSignal,
  ): Promise<{ readonly connId: ConnId; readonly link: string }> {
    const { sql, random, clock, ratchetEnv } = this.#ctx;
    const { server, keys, ids } = await this.#makeQueue(this.#pool(undefined), signal);
    const connId = newConnId(random);
    const queue = rcvQueueOf(connId, server.server, keys, ids);
    // Full links have no KEM key, which would triple their length. The joiner proposes the KEM instead.
    const { secrets, params } = initiatorParams(ratchetEnv, false);
    this.#store(queue, () => {
      const connection: Connection = {
        connId,
        state: 'invited',
        agentVersion: AGENT_VERSION,
        pq: options.pq,
        sessionLost: false,
      };
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
   * Joiner: secures the link's queue, then continues in the background. Keeps nothing if the queue could not be
   * secured.
   */
  async join(link: string, info: Uint8Array, options: NewConnection, signal: AbortSignal): Promise<ConnId> {
    const { sql, random, clock, ratchetEnv, smp } = this.#ctx;
    const { queue: queueInfo, e2eParams } = agreeOnInvitation(readInvitation(link));
    if (store.isOwnQueue(sql, queueInfo.senderId)) throw new AgentError('own-link');
    // Throws if there is no server for our own queue, before the link is used up.
    this.#pool(queueInfo.server);
    const connId = newConnId(random);
    const reply = joinerParams(ratchetEnv, e2eParams, options.pq);
    const versions = { current: e2eParams.version, maxSupported: RATCHET_VERSION };
    const ratchet = initSendingRatchet(ratchetEnv, versions, e2eParams.key2, x3dhJoiner(reply.secrets, e2eParams));
    sql.transaction(() => {
      const connection: Connection = {
        connId,
        state: 'joining',
        agentVersion: AGENT_VERSION,
        pq: options.pq,
        sessionLost: false,
      };
      store.insertConnection(sql, connection, clock.now());
      store.insertSndQueue(sql, newSndQueue(random, connId, queueInfo));
      store.putRatchet(sql, connId, ratchet);
      store.insertJoin(sql, connId, { e2eParams: reply.params, info });
      options.stored(connId);
    });
    try {
      // Once the server answers, SKEY may succeed even if its response is lost: after that only a refusal is a failure.
      await smp.ping(queueInfo.server, signal);
      await this.#secure(connId, signal).catch((error: unknown) => {
        if (!signal.aborted && !isTransient(error)) throw error;
      });
    } catch (error) {
      this.#forgetJoin(connId, options);
      throw error;
    }
    this.resumeJoin(connId);
    return connId;
  }

  /** The rest of a join: creates our own queue and sends the confirmation. Retried until it succeeds. */
  resumeJoin(connId: ConnId): void {
    const { sql, emit } = this.#ctx;
    // A created queue that could not be stored is kept for the next attempt: otherwise it could never be deleted.
    const made: { queue?: MadeQueue } = {};
    this.#parts.background.retry(
      () => this.#completeJoin(connId, made),
      (error) =>
        sql.transaction(() => {
          // Not resumed at the next start.
          store.deleteJoin(sql, connId);
          emit({ kind: 'connectionFailed', connId, error });
        }),
    );
  }

  /** Removes what {@link join} stored; retried if the database fails. */
  #forgetJoin(connId: ConnId, { removed }: NewConnection): void {
    const { sql } = this.#ctx;
    const forget = () =>
      sql.transaction(() => {
        store.deleteConnectionRows(sql, connId);
        removed(connId);
      });
    try {
      forget();
    } catch {
      this.#parts.background.retry(
        async () => forget(),
        () => {},
      );
    }
  }

  /** Initiator: answers a confirmation with our own. */
  allow(connId: ConnId, confirmationId: string, info: Uint8Array): void {
    const { sql, random } = this.#ctx;
    sql.transaction(() => {
      const connection = store.requireConnection(sql, connId);
      const confirmation = store.findConfirmation(sql, connId, confirmationId);
      if (confirmation === undefined) throw new AgentError('state.no-request');
      const id = store.insertSndQueue(sql, newSndQueue(random, connId, confirmation.replyQueue));
      queueConfirmation(this.#ctx, connection, id, { kind: 'connInfo', info }, undefined);
      store.deleteConfirmation(sql, connId);
      store.setConnectionState(sql, connId, 'connecting');
      this.#parts.wake(connId);
    });
  }

  /** SKEY: from now on the link's queue accepts messages only from us. */
  async #secure(connId: ConnId, signal: AbortSignal): Promise<void> {
    const { sql, smp } = this.#ctx;
    const [queue] = store.sndQueuesOf(sql, connId);
    if (queue?.status !== 'new') return;
    try {
      await smp.secureSender(queue.server, queue.sndId, sndAuthKey(queue.authKeys), signal);
    } catch (cause) {
      if (!isAuthError(cause)) throw cause;
      throw new AgentError('link-used', {}, { cause });
    }
    store.setSndQueueStatus(sql, queue.id, 'secured');
  }

  async #completeJoin(connId: ConnId, made: { queue?: MadeQueue }): Promise<void> {
    const { sql, signal } = this.#ctx;
    const isJoining = () => store.findConnection(sql, connId)?.state === 'joining';
    if (made.queue === undefined) {
      await this.#secure(connId, signal);
      const [sndQueue] = store.sndQueuesOf(sql, connId);
      if (!isJoining() || sndQueue === undefined || store.findJoin(sql, connId) === undefined) return;
      made.queue = await this.#makeQueue(this.#pool(sndQueue.server), signal);
    }
    const { server, keys, ids } = made.queue;
    const queue = rcvQueueOf(connId, server.server, keys, ids);
    sql.transaction(() => {
      if (isJoining()) this.#confirmJoin(queue);
      else {
        // The user has deleted the connection meanwhile: delete the new queue as well.
        store.insertDeletedQueue(sql, queue, this.#ctx.clock.now());
        sql.afterCommit(() => this.#parts.removal.deleteQueues());
      }
    });
  }

  /** Joiner: stores our own queue and queues the confirmation with its address, in the caller's transaction. */
  #confirmJoin(made: Omit<RcvQueue, 'id'>): void {
    const { sql } = this.#ctx;
    const { connId } = made;
    const connection = store.requireConnection(sql, connId);
    const join = store.findJoin(sql, connId);
    const [sndQueue] = store.sndQueuesOf(sql, connId);
    if (join === undefined || sndQueue === undefined) throw new AgentError('state.not-joining');
    const queue = { ...made, clientVersion: sndQueue.clientVersion };
    store.insertRcvQueue(sql, queue);
    const { versions: _, ...address } = queueUriOf(queue);
    const reply = { ...address, version: sndQueue.clientVersion };
    const message = { kind: 'connInfoReply', queues: [reply], info: join.info } as const;
    queueConfirmation(this.#ctx, connection, sndQueue.id, message, join.e2eParams);
    store.deleteJoin(sql, connId);
    store.setConnectionState(sql, connId, 'connecting');
    this.#parts.wake(connId);
  }

  /** Stores a created queue; if that fails, deletes it on the server. */
  #store(queue: Omit<RcvQueue, 'id'>, section: () => void): void {
    const { sql, smp, clock } = this.#ctx;
    try {
      sql.transaction(section);
    } catch (error) {
      smp.forget(queue.server, queue.rcvId);
      sql.transaction(() => store.insertDeletedQueue(sql, queue, clock.now()));
      this.#parts.removal.deleteQueues();
      throw error;
    }
  }

  /**
   * The servers in random order; the peer's server comes last, so that the two directions use different servers if
   * possible.
   */
  #pool(other: SmpServer | undefined): readonly SmpServerWithAuth[] {
    const { servers } = this.#parts;
    if (servers.length === 0) throw new AgentError('server.none');
    const isOther = (s: SmpServerWithAuth) => Number(s.server.hosts[0] === other?.hosts[0]);
    return servers
      .map((server) => ({ server, order: isOther(server) + randomFraction(this.#ctx.random) }))
      .sort((a, b) => a.order - b.order)
      .map(({ server }) => server);
  }

  /**
   * Sends NEW to the servers until one accepts. If none does, a transient error is preferred over a refusal as the
   * reason.
   */
  async #makeQueue(servers: readonly SmpServerWithAuth[], signal: AbortSignal): Promise<MadeQueue> {
    const keys = newRcvQueueKeys(this.#ctx.random);
    const request = {
      authKey: rcvAuthKey(keys.authKeys),
      dhPublicKey: keys.deliveryKeys.publicKey,
      sndSecure: true,
      subscribe: true,
    };
    let failure: unknown;
    for (const server of servers) {
      try {
        const ids = await this.#ctx.smp.createQueue(server, request, signal);
        if (ids.sndSecure) return { server, keys, ids };
        failure ??= new AgentError('server.old');
      } catch (error) {
        if (signal.aborted) throw error;
        this.#ctx.logger.info('a server did not create a queue: trying the next');
        if (failure === undefined || isTransient(error)) failure = error;
      }
    }
    throw failure;
  }
}
