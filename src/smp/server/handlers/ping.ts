/** PING: a sign of life (simplex-messaging.md, "Keep-alive command"). */
import type { Handler } from '../context.ts';

export const handlePing: Handler<'PING'> = () => ({ kind: 'PONG' });
