/** SUB: messages of the queue go to this connection from now on, the first at once (simplex-messaging.md, "Subscribe to queue"). */
import type { QueueHandler } from '../context.ts';

export const handleSub: QueueHandler<'SUB'> = ({ queue }, { subscriptions }, afterReply) => {
  afterReply(() => subscriptions.deliver(queue.rcvId));
  return subscriptions.subscribe(queue);
};
