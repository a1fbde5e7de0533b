/** SUBS: services do not subscribe to all their queues at once, in no version that is spoken here. */
import { type Handler, prohibited } from '../context.ts';

export const handleSubs: Handler<'SUBS'> = () => prohibited;
