/** ACK: the delivered message may go; the next one is the answer (simplex-messaging.md, "Acknowledge message delivery"). */
import type { QueueHandler } from '../context.ts';

export const handleAck: QueueHandler<'ACK'> = ({ queue, command }, { subscriptions }) =>
  subscriptions.acknowledge(queue.rcvId, command.msgId);
