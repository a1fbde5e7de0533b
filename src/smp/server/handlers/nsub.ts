/**
 * NSUB: this connection is told of messages from now on, what waits at once (simplex-messaging.md, "Subscribe to queue
 * notifications"). A service that does it takes the notifier over, and has it with all others from then on; any other
 * client takes it from the service.
 */
import { equalBytes } from '../../../encoding/index.ts';
import type { Response } from '../../protocol/index.ts';
import { authError, type HandlerContext, type QueueHandler, quotaError } from '../context.ts';
import type { Notifier, QueueRecord } from '../store/types.ts';

const sok = (serviceId: Uint8Array | undefined): Response => ({ kind: 'SOK', serviceId });

async function subscribeAsService(
  serviceId: Uint8Array,
  { rcvId }: QueueRecord,
  { notifierId, serviceId: former }: Notifier,
  { store, bus, notifiers }: HandlerContext,
): Promise<Response> {
  if (former !== undefined && equalBytes(former, serviceId)) {
    const count = await store.services.notifiers(serviceId);
    notifiers.subscribeService(serviceId, count ?? 1);
    return sok(serviceId);
  }
  if (!(await store.queues.setNotifierService(rcvId, serviceId))) return authError;
  if (former !== undefined) bus.services.tell(former, { notifierId, event: 'ended' });
  else bus.notifications.end(notifierId);
  notifiers.addToService(serviceId);
  return sok(serviceId);
}

export const handleNsub: QueueHandler<'NSUB'> = async ({ queue }, context, afterReply) => {
  const { store, bus, notifiers, service } = context;
  const { notifier } = queue;
  if (notifier === undefined) return authError;
  const { notifierId, serviceId } = notifier;
  afterReply(() => notifiers.deliver(notifierId));
  if (service !== undefined) return subscribeAsService(service.serviceId, queue, notifier, context);
  if (!notifiers.subscribe(notifierId)) return quotaError;
  if (serviceId !== undefined) {
    if (!(await store.queues.setNotifierService(queue.rcvId, undefined))) return authError;
    bus.services.tell(serviceId, { notifierId, event: 'ended' });
  }
  return sok(undefined);
};
