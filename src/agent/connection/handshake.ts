/**
 * The fast duplex handshake (agent-protocol.md, "Fast duplex connection procedure"): the initiator makes a queue and a
 * link; the joiner secures that queue, makes its own and confirms; the initiator allows it and confirms in turn.
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
  /** Use the KEM where the peer does too. */
  readonly pq: boolean;
  /** Called in the transaction that stores the connection, for the app to store what belongs to it. */
  readonly stored: (connId: ConnId) => void;
  /** Called in the transaction that removes it again, when joining failed. */
  readonly removed: (connId: ConnId) => void;
}

export interface HandshakeParts {
  readonly servers: readonly SmpServerWithAuth[];
  readonly background: BackgroundTasks;
  readonly removal: Removal;
  /** There may be something to send now. */
  readonly wake: (connId: ConnId) => void;
}

/** A queue that a server has made, with the keys that were made for it. */
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

  /** Initiator: a queue, and the link to it. */
  async invite(
    options: NewConnection,
    signal: AbortSignal,
  ): Promise<{ readonly connId: ConnId; readonly link: string }> {
    const { sql, random, clock, ratchetEnv } = this.#ctx;
    const { server, keys, ids } = await this.#makeQueue(this.#pool(undefined), signal);
    const connId = newConnId(random);
    const queue = rcvQueueOf(connId, server.server, keys, ids);
    // Full links carry no KEM key: it would make them three times as long. The joiner proposes the KEM instead.
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

  /** Joiner: takes the link, then goes on in the background. Keeps nothing when the link could not be taken. */
  async join(link: string, info: Uint8Array, options: NewConnection, signal: AbortSignal): Promise<ConnId> {
    const { sql, random, clock, ratchetEnv, smp } = this.#ctx;
    const { queue: queueInfo, e2eParams } = agreeOnInvitation(readInvitation(link));
    if (store.isOwnQueue(sql, queueInfo.senderId)) {
      throw new AgentError('own-link', 'This is your own invitation link. Send it to the person you want to talk to.');
    }
    // Refuses when there is no server to make our own queue on, before the link is spent.
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
      // Once the server answers, SKEY may have arrived whatever becomes of its answer: then only a refusal is a failure.
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

  /** The rest of a join: our own queue, and the confirmation that names it. Goes on until it is done. */
  resumeJoin(connId: ConnId): void {
    const { sql, emit } = this.#ctx;
    // A queue that was made and could not be stored is stored by the next try: nobody could delete it otherwise.
    const made: { queue?: MadeQueue } = {};
    this.#parts.background.retry(
      () => this.#completeJoin(connId, made),
      (error) =>
        sql.transaction(() => {
          // It is not tried again when the program starts the next time.
          store.deleteJoin(sql, connId);
          emit({ kind: 'connectionFailed', connId, error });
        }),
    );
  }

  /** Removes what {@link join} stored; later, if the database fails now. */
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
      if (confirmation === undefined) throw new AgentError('state', 'Nobody waits for this connection to be allowed.');
      const id = store.insertSndQueue(sql, newSndQueue(random, connId, confirmation.replyQueue));
      queueConfirmation(this.#ctx, connection, id, { kind: 'connInfo', info }, undefined);
      store.deleteConfirmation(sql, connId);
      store.setConnectionState(sql, connId, 'connecting');
      this.#parts.wake(connId);
    });
  }

  /** SKEY: from here on the queue of the link takes messages from nobody else. */
  async #secure(connId: ConnId, signal: AbortSignal): Promise<void> {
    const { sql, smp } = this.#ctx;
    const [queue] = store.sndQueuesOf(sql, connId);
    if (queue?.status !== 'new') return;
    try {
      await smp.secureSender(queue.server, queue.sndId, sndAuthKey(queue.authKeys), signal);
    } catch (cause) {
      if (!isAuthError(cause)) throw cause;
      throw new AgentError('link-used', 'This link was already used, or its creator deleted it. Ask for a new one.', {
        cause,
      });
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
        // Deleted by the person in the meantime: the new queue goes too.
        store.insertDeletedQueue(sql, queue, this.#ctx.clock.now());
        sql.afterCommit(() => this.#parts.removal.deleteQueues());
      }
    });
  }

  /** Joiner: our own queue is there, and the confirmation names it. In the caller's transaction. */
  #confirmJoin(made: Omit<RcvQueue, 'id'>): void {
    const { sql } = this.#ctx;
    const { connId } = made;
    const connection = store.requireConnection(sql, connId);
    const join = store.findJoin(sql, connId);
    const [sndQueue] = store.sndQueuesOf(sql, connId);
    if (join === undefined || sndQueue === undefined) throw new AgentError('state', 'Nothing is being joined.');
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

  /** Stores a queue that the server has made; when that fails, the server is to delete it again. */
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

  /** The servers in random order; where there is a choice the peer's comes last, so that the two directions differ. */
  #pool(other: SmpServer | undefined): readonly SmpServerWithAuth[] {
    const { servers } = this.#parts;
    if (servers.length === 0) {
      throw new AgentError('server', 'No SMP server is set. Give one with -s smp://… or host your own.');
    }
    const isOther = (s: SmpServerWithAuth) => Number(s.server.hosts[0] === other?.hosts[0]);
    return servers
      .map((server) => ({ server, order: isOther(server) + randomFraction(this.#ctx.random) }))
      .sort((a, b) => a.order - b.order)
      .map(({ server }) => server);
  }

  /** NEW on the first of the servers that takes it. When none does, an error that may pass says more than a refusal. */
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
        failure ??= new AgentError('server', 'The server is too old: it does not let senders secure queues.');
      } catch (error) {
        if (signal.aborted) throw error;
        this.#ctx.logger.info('a server of the pool did not make a queue: trying the next');
        if (failure === undefined || isTransient(error)) failure = error;
      }
    }
    throw failure;
  }
}
