/** PRXY: this server forwards for nobody, which clients understand as missing rights and send directly where they may. */
import type { Handler } from '../context.ts';

export const handlePrxy: Handler<'PRXY'> = () => ({
  kind: 'ERR',
  error: { kind: 'PROXY', error: { kind: 'BASIC_AUTH' } },
});
