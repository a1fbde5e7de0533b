/** NSUBS: subscribes a service to all its notifiers and sends what waits; the response has their number. */
import type { Handler } from '../context.ts';
import { authError } from '../responses.ts';

export const handleNsubs: Handler<'NSUBS'> = async (_, { store, notifiers, service }, afterReply) => {
  const count = service === undefined ? undefined : await store.services.notifiers(service.serviceId);
  if (service === undefined || count === undefined) return authError;
  afterReply(() => void notifiers.deliverService().catch(() => {}));
  return { kind: 'SOKS', count: notifiers.subscribeService(service.serviceId, count) };
};
