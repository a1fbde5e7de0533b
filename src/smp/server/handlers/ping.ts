/** PING: keep-alive (simplex-messaging.md, "Keep-alive command"). */
import type { Handler } from '../context.ts';

export const handlePing: Handler<'PING'> = () => ({ kind: 'PONG' });
