/** PRXY: a way to another server (simplex-messaging.md, "Request proxied session"). */
import type { Response } from '../../protocol/index.ts';
import type { Handler } from '../context.ts';
import { isAllowed } from '../password.ts';

/** Clients understand it as missing rights, and send directly where they may. */
const refused: Response = { kind: 'ERR', error: { kind: 'PROXY', error: { kind: 'BASIC_AUTH' } } };

export const handlePrxy: Handler<'PRXY'> = ({ command }, { policy, proxy }) => {
  const client = proxy();
  if (client === undefined || !isAllowed(policy.password, command.password)) return refused;
  return client.connect(command.server);
};
