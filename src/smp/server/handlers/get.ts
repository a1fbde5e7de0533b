/** GET: returns the first message without subscribing (simplex-messaging.md, "Get message command"). */
import type { QueueHandler } from '../context.ts';

export const handleGet: QueueHandler<'GET'> = ({ queue }, { subscriptions }) => subscriptions.get(queue);
