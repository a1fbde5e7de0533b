/** Responses without data of a queue. */
import type { Response } from '../protocol/index.ts';

export const ok: Response = { kind: 'OK' };
export const authError: Response = { kind: 'ERR', error: { kind: 'AUTH' } };
/** The connection, or the server, has reached its limit of subscriptions. */
export const quotaError: Response = { kind: 'ERR', error: { kind: 'QUOTA' } };
export const prohibited: Response = { kind: 'ERR', error: { kind: 'CMD', error: 'PROHIBITED' } };
export const internalError: Response = { kind: 'ERR', error: { kind: 'INTERNAL' } };
