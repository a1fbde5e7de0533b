/** PRXY: opens a session with another server (simplex-messaging.md, "Request proxied session"). */
import type { Response } from '../../protocol/index.ts';
import type { Handler } from '../context.ts';
import { isAllowed } from '../password.ts';

/** Clients take this as a lack of permission, and send directly if their settings allow it. */
const refused: Response = { kind: 'ERR', error: { kind: 'PROXY', error: { kind: 'BASIC_AUTH' } } };

export const handlePrxy: Handler<'PRXY'> = ({ command }, { policy, proxy }) => {
  const client = proxy();
  if (client === undefined || !isAllowed(policy.password, command.password)) return refused;
  return client.connect(command.server);
};
