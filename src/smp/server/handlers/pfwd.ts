/** PFWD: without PRXY there is no session to forward to. */
import type { Handler } from '../context.ts';

export const handlePfwd: Handler<'PFWD'> = () => ({
  kind: 'ERR',
  error: { kind: 'PROXY', error: { kind: 'NO_SESSION' } },
});
