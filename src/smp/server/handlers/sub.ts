/**
 * SUB: subscribes this connection to the queue and delivers the first message (simplex-messaging.md, "Subscribe to
 * queue").
 */
import type { QueueHandler } from '../context.ts';
import { ok } from '../responses.ts';

export const handleSub: QueueHandler<'SUB'> = ({ queue }, { subscriptions, service }, afterReply) => {
  afterReply(() => subscriptions.deliver(queue.rcvId));
  const response = subscriptions.subscribe(queue);
  return response === ok ? { kind: 'SOK', serviceId: service?.serviceId } : response;
};
