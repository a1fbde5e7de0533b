/** Deletes connections: their rows at once, their queues on servers once those are reachable. */
import type { BackgroundTasks } from '../background.ts';
import { isTransient } from '../delivery/errors.ts';
import type { AgentContext } from '../environment.ts';
import * as store from '../store/index.ts';
import type { ConnId } from '../types.ts';
import { rcvAuthKey } from './queue-keys.ts';

/** After this long without contact the server has expired the queue's messages. */
const ABANDON_AFTER_MS = 30 * 86_400_000;

export class Removal {
  readonly #ctx: AgentContext;
  readonly #background: BackgroundTasks;
  readonly #underWay = new Set<number>();

  constructor(ctx: AgentContext, background: BackgroundTasks) {
    this.#ctx = ctx;
    this.#background = background;
  }

  /** Stops receiving; with `waitDelivery` queued messages are still sent. */
  remove(connId: ConnId, waitDelivery: boolean): void {
    const { sql, smp } = this.#ctx;
    sql.transaction(() => {
      store.requireConnection(sql, connId);
      const queues = store.rcvQueuesOf(sql, connId);
      sql.afterCommit(() => {
        for (const queue of queues) smp.forget(queue.server, queue.rcvId);
      });
      store.setConnectionState(sql, connId, 'deleting');
      if (!waitDelivery) this.#deleteRows(connId);
      else this.finish(connId);
    });
  }

  /** Deletes the rest of a connection being removed, once nothing is queued for it. */
  finish(connId: ConnId): void {
    const { sql } = this.#ctx;
    sql.transaction(() => {
      if (!store.hasPending(sql, connId)) this.#deleteRows(connId);
    });
  }

  /** Sends DEL for all queues that still exist on a server. */
  deleteQueues(): void {
    const { sql, smp, signal, clock, logger } = this.#ctx;
    if (signal.aborted) return;
    for (const queue of store.deletedQueues(sql)) {
      if (this.#underWay.has(queue.id)) continue;
      this.#underWay.add(queue.id);
      const deleteOne = async () => {
        try {
          await smp.deleteQueue(queue.server, queue.rcvId, rcvAuthKey(queue.authKeys), signal);
        } catch (error) {
          const expired = clock.now() - queue.deletedAt > ABANDON_AFTER_MS;
          if (signal.aborted || (isTransient(error) && !expired)) throw error;
        }
        store.forgetDeletedQueue(sql, queue.id);
        this.#underWay.delete(queue.id);
      };
      this.#background.retry(deleteOne, (error) => logger.warn(`a queue could not be deleted: ${error.message}`));
    }
  }

  #deleteRows(connId: ConnId): void {
    const { sql, clock } = this.#ctx;
    for (const queue of store.rcvQueuesOf(sql, connId)) store.insertDeletedQueue(sql, queue, clock.now());
    store.deleteConnectionRows(sql, connId);
    sql.afterCommit(() => this.deleteQueues());
  }
}
