/** SUBS: refused; no supported version lets services subscribe to all their queues at once. */
import type { Handler } from '../context.ts';
import { prohibited } from '../responses.ts';

export const handleSubs: Handler<'SUBS'> = () => prohibited;
