/**
 * Delivery: one worker for each sending queue with something to send. It sends one message at a time, in order, retries
 * with growing delays, and continues after a restart.
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

/** Delays after transient errors. */
const RETRY: RetryPolicy = { initialMs: 1_000, maxMs: 60_000, factor: 1.7 };
/** Delays while the recipient's queue is full and nothing shows that it is being read. */
const QUOTA_RETRY: RetryPolicy = { initialMs: 30_000, maxMs: 600_000, factor: 1.5 };
/**
 * Delays while the recipient is reading its full queue. Official apps send A_QCONT shortly before they acknowledge the
 * last message, so the first attempt after it is often refused with QUOTA again, and no second A_QCONT follows.
 */
const DRAINING_RETRY: RetryPolicy = { initialMs: 250, maxMs: 5_000, factor: 1.5 };
/**
 * Delays after an attempt during which a wake came. The first is short, because the wake may have come too late for the
 * attempt; they grow, because each connection to a failing server wakes its queues again.
 */
const WOKEN_RETRY: RetryPolicy = { initialMs: 250, maxMs: 60_000, factor: 2 };
/** How long {@link DRAINING_RETRY} applies after the last sign that the recipient is reading. */
const DRAINING_MS = 120_000;
/** Delay after a failure of the database. */
const DATABASE_RETRY_MS = 10_000;
/** As long as servers keep messages: older ones are given up. */
const MESSAGE_EXPIRY_MS = 21 * 86_400_000;

/** Events of a message; called inside the transaction that removes it from the queue. */
export interface DeliveryEvents {
  delivered(message: store.SndMessage): void;
  failed(message: store.SndMessage, error: Error): void;
}

/** Why a worker waits: `quota`: the recipient's queue is full; `transient`: a transient error. */
type PauseReason = 'quota' | 'transient';

interface Pause {
  readonly reason: PauseReason;
  /** Ends the pause; `expired`: its delay elapsed, so the next pause of this policy is longer. */
  readonly end: (expired: boolean) => void;
}

interface Worker {
  /** A wake came during an attempt, which may have started too early to succeed. */
  woken: boolean;
  pause: Pause | undefined;
  /** Until this time the recipient is assumed to be reading its queue. */
  drainingUntil: number;
  /** Expired pauses since the last success, by retry policy. */
  readonly expired: Map<RetryPolicy, number>;
  ended: Promise<void>;
}

/** The workers of an agent. Each ends when it has nothing to send. */
export class DeliveryWorkers {
  readonly #ctx: AgentContext;
  readonly #events: DeliveryEvents;
  readonly #running = new Map<SndQueueId, Worker>();
  /** Number of workers that wait for room in a recipient's queue. */
  #blocked = 0;

  constructor(ctx: AgentContext, events: DeliveryEvents) {
    this.#ctx = ctx;
    this.#events = events;
  }

  get idle(): boolean {
    return this.#running.size === 0;
  }

  /** Resolves when all workers have ended, which happens soon after the signal aborts. */
  async settled(): Promise<void> {
    await Promise.allSettled([...this.#running.values()].map((worker) => worker.ended));
  }

  /** Whether any worker waits for room in a recipient's queue. */
  get anyBlocked(): boolean {
    return this.#blocked > 0;
  }

  /**
   * A message was queued. Does not interrupt a wait for room in the recipient's queue, which another message cannot
   * end.
   */
  queued(id: SndQueueId): void {
    const running = this.#running.get(id);
    if (running === undefined || running.pause?.reason === 'transient') this.wake(id);
  }

  /** Makes an attempt now, whatever the worker is waiting for. */
  wake(id: SndQueueId): void {
    if (this.#ctx.signal.aborted) return;
    const running = this.#running.get(id);
    if (running === undefined) this.#start(id);
    else if (running.pause === undefined) running.woken = true;
    else running.pause.end(false);
  }

  /** Makes an attempt now for all queues with something to send: the network or a server is back. */
  wakeAll(): void {
    for (const id of store.pendingQueues(this.#ctx.sql)) this.wake(id);
  }

  /** The recipient has read its queue (A_QCONT): makes an attempt now, with short delays between further ones. */
  recipientHasRead(id: SndQueueId): void {
    this.recipientReads(id);
    this.#running.get(id)?.expired.delete(DRAINING_RETRY);
    if (this.#running.has(id)) this.wake(id);
  }

  /** The recipient is online, so it is reading its queue: uses short delays for {@link DRAINING_MS}. */
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
            await this.#pause(worker, isQuotaError(error) ? 'quota' : 'transient');
          }
        }
      }
    } catch (error) {
      // The database failed, for example because the disk is full: nothing is lost, and the attempt is repeated.
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

  /** Waits before the next attempt. Only a pause whose delay elapses makes the next one longer. */
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
    if (reason === 'transient') return RETRY;
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

  /**
   * The message encrypted with its own ratchet key, which is taken from the ratchet and stored before its first use.
   */
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

/** The error of a message that will never be delivered. */
export function deliveryFailure(error: Error): Error {
  return isAuthError(error) ? new AgentError('server.peer-queue-gone', {}, { cause: error }) : error;
}
