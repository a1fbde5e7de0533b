/**
 * ACK: removes the delivered message and answers with the next one (simplex-messaging.md, "Acknowledge message
 * delivery").
 */
import type { QueueHandler } from '../context.ts';

export const handleAck: QueueHandler<'ACK'> = ({ queue, command }, { subscriptions }) =>
  subscriptions.acknowledge(queue.rcvId, command.msgId);
