/** SUBS: refused; no supported version lets services subscribe to all their queues at once. */
import { type Handler, prohibited } from '../context.ts';

export const handleSubs: Handler<'SUBS'> = () => prohibited;
