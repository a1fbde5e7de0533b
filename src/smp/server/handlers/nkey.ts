/** NKEY: queues of this server have no notifiers. */
import { prohibited, type QueueHandler } from '../context.ts';

export const handleNkey: QueueHandler<'NKEY'> = () => prohibited;
