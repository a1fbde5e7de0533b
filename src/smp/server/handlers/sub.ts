/** SUB: messages of the queue go to this connection from now on, the first at once (simplex-messaging.md, "Subscribe to queue"). */
import { ok, type QueueHandler } from '../context.ts';

export const handleSub: QueueHandler<'SUB'> = ({ queue }, { subscriptions, service }, afterReply) => {
  afterReply(() => subscriptions.deliver(queue.rcvId));
  const response = subscriptions.subscribe(queue);
  return response === ok ? { kind: 'SOK', serviceId: service?.serviceId } : response;
};
