/** PFWD: forwards a command to another server (simplex-messaging.md, "Send command via proxy"). */
import type { Response } from '../../protocol/index.ts';
import type { Handler } from '../context.ts';

const noSession: Response = { kind: 'ERR', error: { kind: 'PROXY', error: { kind: 'NO_SESSION' } } };

export const handlePfwd: Handler<'PFWD'> = ({ corrId, entityId, command }, { proxy }) =>
  proxy()?.forward(entityId, { ...command, corrId }) ?? noSession;
