/** Operations of the server's operator on queues, by any of their ids. */
import type { BlockingInfo } from '../protocol/index.ts';
import { dropNotifier } from './handlers/notifier.ts';
import type { QueueRecord, QueueStatus, SessionStore } from './store/types.ts';
import type { SubscriptionBus } from './subscriptions/bus.ts';

export interface QueueOperator {
  /** Finds the queue with this recipient, sender, link or notifier id. */
  find(id: Uint8Array): Promise<QueueRecord | undefined>;
  /**
   * Returns the previous status; undefined when there is no such queue. A queue that is off or blocked stays unchanged.
   * The subscriber is notified.
   */
  block(id: Uint8Array, info: BlockingInfo): Promise<QueueStatus | undefined>;
  /**
   * Returns the previous status; undefined when there is no such queue. A queue that is not blocked stays unchanged.
   */
  unblock(id: Uint8Array): Promise<QueueStatus | undefined>;
  /** Returns false when there is no such queue. */
  delete(id: Uint8Array): Promise<boolean>;
}

export function queueOperator({ queues }: SessionStore, bus: SubscriptionBus): QueueOperator {
  const find = async (id: Uint8Array) =>
    (await queues.bySndId(id)) ??
    (await queues.byRcvId(id)) ??
    (await queues.byLinkId(id)) ??
    (await queues.byNotifierId(id));
  return {
    find,
    async block(id, info) {
      const queue = await find(id);
      if (queue === undefined || queue.status.kind !== 'active') return queue?.status;
      if (!(await queues.setStatus(queue.rcvId, { kind: 'blocked', info }))) return undefined;
      bus.messages.publish(queue.rcvId, { blocked: info });
      return queue.status;
    },
    async unblock(id) {
      const queue = await find(id);
      if (queue === undefined || queue.status.kind !== 'blocked') return queue?.status;
      return (await queues.setStatus(queue.rcvId, { kind: 'active' })) ? queue.status : undefined;
    },
    async delete(id) {
      const queue = await find(id);
      const deleted = queue && (await queues.delete(queue.rcvId));
      if (deleted === undefined) return false;
      bus.messages.drop(deleted.rcvId, 'deleted');
      dropNotifier(bus, deleted.notifier);
      return true;
    },
  };
}
