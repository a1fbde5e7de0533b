/**
 * Delivery: one worker for each sending queue that has something to send. It sends in order, one message at a time,
 * tries again with growing pauses, and goes on where it was after a restart.
 */
import { type RetryPolicy, randomFraction, retryDelay } from '../../base/index.ts';
import { encode } from '../../encoding/index.ts';
import { nextSealingKey, sealMessage } from '../../ratchet/index.ts';
import { asError } from '../background.ts';
import { sessionLostError } from '../connection/outgoing.ts';
import { sndAuthKey } from '../connection/queue-keys.ts';
import type { AgentContext } from '../environment.ts';
import { AgentError } from '../errors.ts';
import { AGENT_VERSION, agentEnvelopeCodec, agentMessageSize } from '../protocol/index.ts';
import * as store from '../store/index.ts';
import type { SndQueue, SndQueueId } from '../types.ts';
import { isAuthError, isQuotaError, isTransient } from './errors.ts';
import { sealForQueue } from './queue-box.ts';

/** Pauses after errors that pass by themselves. */
const RETRY: RetryPolicy = { initialMs: 1_000, maxMs: 60_000, factor: 1.7 };
/** Pauses while the recipient's queue is full and nothing says that it is being read. */
const QUOTA_RETRY: RetryPolicy = { initialMs: 30_000, maxMs: 600_000, factor: 1.5 };
/**
 * Pauses while the recipient reads its full queue. Official apps send A_QCONT a moment before they acknowledge the last
 * message, so the first attempt after it is often refused with QUOTA once more, and no second A_QCONT follows.
 */
const DRAINING_RETRY: RetryPolicy = { initialMs: 250, maxMs: 5_000, factor: 1.5 };
/**
 * Pauses after an attempt during which a wake came. The first is short, as the wake may have come too late for the
 * attempt; they grow, as connecting to a server that then fails wakes its queues each time.
 */
const WOKEN_RETRY: RetryPolicy = { initialMs: 250, maxMs: 60_000, factor: 2 };
/** How long {@link DRAINING_RETRY} holds after the last sign of the recipient reading. */
const DRAINING_MS = 120_000;
/** Pause after the database failed. */
const DATABASE_RETRY_MS = 10_000;
/** As long as servers keep messages: later nobody waits for it any more. */
const MESSAGE_EXPIRY_MS = 21 * 86_400_000;

/** What the workers tell of a message; called inside the transaction that removes it from the queue. */
export interface DeliveryEvents {
  delivered(message: store.SndMessage): void;
  failed(message: store.SndMessage, error: Error): void;
}

/** Why a worker waits: `quota` for room in the recipient's queue, `passing` for an error that goes away. */
type PauseReason = 'quota' | 'passing';

interface Pause {
  readonly reason: PauseReason;
  /** Ends the pause; `expired`: its time is over, so the next pause of the kind is longer. */
  readonly end: (expired: boolean) => void;
}

interface Worker {
  /** A wake came while an attempt was under way, which may have begun too early to succeed. */
  woken: boolean;
  pause: Pause | undefined;
  /** Clock time until which the recipient is known to be reading its queue. */
  drainingUntil: number;
  /** Expired pauses since the last success, for each retry policy. */
  readonly expired: Map<RetryPolicy, number>;
  ended: Promise<void>;
}

/** All workers of an agent. They end by themselves when there is nothing to send. */
export class DeliveryWorkers {
  readonly #ctx: AgentContext;
  readonly #events: DeliveryEvents;
  readonly #running = new Map<SndQueueId, Worker>();
  /** Workers that wait for room in a recipient's queue. */
  #blocked = 0;

  constructor(ctx: AgentContext, events: DeliveryEvents) {
    this.#ctx = ctx;
    this.#events = events;
  }

  get idle(): boolean {
    return this.#running.size === 0;
  }

  /** Resolves when all workers have ended, which they do soon after the signal aborts. */
  async settled(): Promise<void> {
    await Promise.allSettled([...this.#running.values()].map((worker) => worker.ended));
  }

  /** Whether a worker waits for room in a recipient's queue. */
  get anyBlocked(): boolean {
    return this.#blocked > 0;
  }

  /** A message was added to a queue. Those before it may wait for room, which another message does not make. */
  queued(id: SndQueueId): void {
    const running = this.#running.get(id);
    if (running === undefined || running.pause?.reason === 'passing') this.wake(id);
  }

  /** Makes an attempt to send now, whatever the worker is waiting for. */
  wake(id: SndQueueId): void {
    if (this.#ctx.signal.aborted) return;
    const running = this.#running.get(id);
    if (running === undefined) this.#start(id);
    else if (running.pause === undefined) running.woken = true;
    else running.pause.end(false);
  }

  /** Makes an attempt to send now for every queue with something to send: the network or a server is back. */
  wakeAll(): void {
    for (const id of store.pendingQueues(this.#ctx.sql)) this.wake(id);
  }

  /** The recipient has read its queue (A_QCONT): makes an attempt now, and further ones within seconds. */
  recipientHasRead(id: SndQueueId): void {
    this.recipientReads(id);
    this.#running.get(id)?.expired.delete(DRAINING_RETRY);
    if (this.#running.has(id)) this.wake(id);
  }

  /** The recipient is there, and so reads its queue: attempts follow within seconds for {@link DRAINING_MS}. */
  recipientReads(id: SndQueueId): void {
    if (this.#ctx.signal.aborted) return;
    const running = this.#running.get(id);
    if (running === undefined) return;
    const now = this.#ctx.clock.now();
    const fresh = running.drainingUntil <= now;
    running.drainingUntil = now + DRAINING_MS;
    if (!fresh) return;
    running.expired.delete(DRAINING_RETRY);
    if (running.pause?.reason === 'quota') running.pause.end(false);
  }

  #start(id: SndQueueId): void {
    const worker: Worker = {
      woken: false,
      pause: undefined,
      drainingUntil: 0,
      expired: new Map(),
      ended: Promise.resolve(),
    };
    this.#running.set(id, worker);
    worker.ended = this.#run(id, worker);
  }

  async #run(id: SndQueueId, worker: Worker): Promise<void> {
    const { sql, signal, logger } = this.#ctx;
    try {
      while (!signal.aborted) {
        const message = store.nextPending(sql, id);
        const queue = message && store.findSndQueue(sql, id);
        if (message === undefined || queue === undefined) break;
        worker.woken = false;
        try {
          await this.#deliver(queue, message);
          worker.expired.clear();
        } catch (error) {
          if (signal.aborted) break;
          if (store.isDatabaseError(error)) throw error;
          if (this.#isFinal(message, error)) {
            sql.transaction(() => {
              store.deleteSndMessage(sql, message.connId, message.msgId);
              this.#events.failed(message, asError(error));
            });
            worker.expired.clear();
          } else {
            await this.#pause(worker, isQuotaError(error) ? 'quota' : 'passing');
          }
        }
      }
    } catch (error) {
      // The database failed (a full disk): nothing is lost, and it is tried again.
      logger.warn(`delivery waits: ${asError(error).message}`);
      this.#ctx.clock.schedule(DATABASE_RETRY_MS, () => this.wake(id), { background: true });
    } finally {
      this.#running.delete(id);
    }
  }

  #isFinal(message: store.SndMessage, error: unknown): boolean {
    if (this.#ctx.clock.now() - message.createdAt > MESSAGE_EXPIRY_MS) return true;
    return !isTransient(error);
  }

  /** Waits before the next attempt. Only a pause that expires makes the next one longer. */
  #pause(worker: Worker, reason: PauseReason): Promise<void> {
    const { clock, random, signal } = this.#ctx;
    const policy = this.#retryPolicy(worker, reason);
    const attempt = worker.expired.get(policy) ?? 0;
    return new Promise((resolve) => {
      const end = (expired: boolean) => {
        timer.cancel();
        signal.removeEventListener('abort', onAbort);
        worker.pause = undefined;
        if (reason === 'quota') this.#blocked--;
        if (expired) worker.expired.set(policy, attempt + 1);
        resolve();
      };
      const onAbort = () => end(false);
      const delay = retryDelay(policy, attempt, () => randomFraction(random));
      const timer = clock.schedule(delay, () => end(true), { background: true });
      worker.pause = { reason, end };
      if (reason === 'quota') this.#blocked++;
      signal.addEventListener('abort', onAbort, { once: true });
    });
  }

  #retryPolicy(worker: Worker, reason: PauseReason): RetryPolicy {
    if (worker.woken) return WOKEN_RETRY;
    if (reason === 'passing') return RETRY;
    return worker.drainingUntil > this.#ctx.clock.now() ? DRAINING_RETRY : QUOTA_RETRY;
  }

  async #deliver(queue: SndQueue, message: store.SndMessage): Promise<void> {
    const { sql, smp, random, signal } = this.#ctx;
    const authKey = sndAuthKey(queue.authKeys);
    if (queue.status === 'new') {
      await smp.secureSender(queue.server, queue.sndId, authKey, signal);
      store.setSndQueueStatus(sql, queue.id, 'secured');
    }
    const confirmation = message.kind === 'conf';
    const envelope = confirmation ? message.body : this.#sealedEnvelope(message);
    const sealed = sealForQueue(random, queue, envelope, confirmation);
    const flags = { notification: message.notification };
    await smp.send(queue.server, queue.sndId, authKey, flags, sealed, signal);
    sql.transaction(() => {
      store.finishSndMessage(sql, message);
      if (confirmation) store.setSndQueueStatus(sql, queue.id, 'active');
      this.#events.delivered(message);
    });
  }

  /** The message under its own ratchet key: taken from the ratchet, and stored, before it is first used. */
  #sealedEnvelope(message: store.SndMessage): Uint8Array {
    const { sql } = this.#ctx;
    const connection = store.requireConnection(sql, message.connId);
    if (connection.sessionLost) throw sessionLostError();
    const key =
      message.sealingKey ??
      sql.transaction(() => {
        const next = nextSealingKey(store.requireRatchet(sql, message.connId), message.pq);
        store.putRatchet(sql, message.connId, next.ratchet);
        store.setSealingKey(sql, message, next.key);
        return next.key;
      });
    const encrypted = sealMessage(key, message.body, agentMessageSize(connection.pq));
    return encode(agentEnvelopeCodec, { kind: 'message', version: AGENT_VERSION, encrypted });
  }
}

/** The sentence for a message that will never arrive. */
export function deliveryFailure(error: Error): Error {
  return isAuthError(error)
    ? new AgentError('server', 'The contact deleted the connection, or its server no longer has the queue.', {
        cause: error,
      })
    : error;
}
