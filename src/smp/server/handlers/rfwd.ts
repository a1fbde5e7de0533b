/** RFWD: nothing is taken from other servers. */
import { type Handler, prohibited } from '../context.ts';

export const handleRfwd: Handler<'RFWD'> = () => prohibited;
