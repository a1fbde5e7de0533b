/**
 * Delivery: one worker for each sending queue that has something to send. It sends in order, one message at a time,
 * tries again with growing pauses, and goes on where it was after a restart.
 */
import { type RetryPolicy, randomFraction, retryDelay, type Timer } from '../../base/index.ts';
import { encode } from '../../encoding/index.ts';
import { nextSealingKey, sealMessage } from '../../ratchet/index.ts';
import { asError } from '../background.ts';
import { sndAuthKey } from '../connection/queue-keys.ts';
import type { AgentContext } from '../environment.ts';
import { AgentError } from '../errors.ts';
import { AGENT_VERSION, agentEnvelopeCodec, agentMessageSize } from '../protocol/index.ts';
import * as store from '../store/index.ts';
import type { SndQueue, SndQueueId } from '../types.ts';
import { isAuthError, isQuotaError, mayPass } from './errors.ts';
import { sealForQueue } from './queue-box.ts';

/** Pauses after errors that pass by themselves. */
const RETRY: RetryPolicy = { initialMs: 1_000, maxMs: 60_000, factor: 1.7 };
/** Pauses while the recipient's queue is full; its agent tells us when there is room again. */
const QUOTA_RETRY: RetryPolicy = { initialMs: 60_000, maxMs: 3_600_000, factor: 1.5 };
/** Pause after the database failed. */
const DATABASE_RETRY_MS = 10_000;
/** As long as servers keep messages: later nobody waits for it any more. */
const MESSAGE_EXPIRY_MS = 21 * 86_400_000;

/** What the workers tell of a message; called inside the transaction that removes it from the queue. */
export interface DeliveryEvents {
  delivered(message: store.SndMessage): void;
  failed(message: store.SndMessage, error: Error): void;
}

interface Pause {
  readonly timer: Timer;
  readonly resume: () => void;
}

interface Worker {
  /** Woken while it was sending. */
  again: boolean;
  pause: Pause | undefined;
  ended: Promise<void>;
}

/** All workers of an agent. They end by themselves when there is nothing to send. */
export class DeliveryWorkers {
  readonly #ctx: AgentContext;
  readonly #events: DeliveryEvents;
  readonly #running = new Map<SndQueueId, Worker>();

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

  /** Sends what waits in a queue, now: ends its worker's pause too. */
  wake(id: SndQueueId): void {
    if (this.#ctx.signal.aborted) return;
    const running = this.#running.get(id);
    if (running !== undefined) {
      running.again = true;
      running.pause?.resume();
      return;
    }
    const worker: Worker = { again: false, pause: undefined, ended: Promise.resolve() };
    this.#running.set(id, worker);
    worker.ended = this.#run(id);
  }

  /** Ends all pauses: the network or a server is back. */
  wakeAll(): void {
    for (const id of store.pendingQueues(this.#ctx.sql)) this.wake(id);
  }

  async #run(id: SndQueueId): Promise<void> {
    const { sql, signal, logger } = this.#ctx;
    let attempt = 0;
    try {
      while (!signal.aborted) {
        const message = store.nextPending(sql, id);
        const queue = message && store.findSndQueue(sql, id);
        if (message === undefined || queue === undefined) break;
        try {
          await this.#deliver(queue, message);
          attempt = 0;
        } catch (error) {
          if (signal.aborted) break;
          if (store.isDatabaseError(error)) throw error;
          if (this.#isFinal(message, error)) {
            sql.transaction(() => {
              store.deleteSndMessage(sql, message.connId, message.msgId);
              this.#events.failed(message, asError(error));
            });
            attempt = 0;
          } else {
            await this.#pause(id, isQuotaError(error) ? QUOTA_RETRY : RETRY, attempt++);
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
    return !mayPass(error);
  }

  #pause(id: SndQueueId, policy: RetryPolicy, attempt: number): Promise<void> {
    const { clock, random, signal } = this.#ctx;
    const running = this.#running.get(id)!;
    if (running.again) {
      running.again = false;
      // Woken while it tried: one more try at once, then pauses again.
      if (attempt === 0) return Promise.resolve();
    }
    return new Promise((resolve) => {
      const resume = () => {
        timer.cancel();
        signal.removeEventListener('abort', resume);
        running.pause = undefined;
        running.again = false;
        resolve();
      };
      const timer = clock.schedule(
        retryDelay(policy, attempt, () => randomFraction(random)),
        resume,
        {
          background: true,
        },
      );
      running.pause = { timer, resume };
      signal.addEventListener('abort', resume, { once: true });
    });
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
