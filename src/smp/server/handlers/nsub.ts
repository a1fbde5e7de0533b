/**
 * NSUB: subscribes this connection to the notifications of a queue and sends the waiting ones (simplex-messaging.md,
 * "Subscribe to queue notifications"). When a service subscribes, the notifier becomes one of that service's notifiers;
 * when any other client subscribes, the notifier is removed from the service.
 */
import { equalBytes } from '../../../encoding/index.ts';
import type { Response } from '../../protocol/index.ts';
import type { HandlerContext, QueueHandler } from '../context.ts';
import { authError, quotaError } from '../responses.ts';
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
  if (former !== undefined) bus.services.publish(former, { notifierId, event: 'ended' });
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
    bus.services.publish(serviceId, { notifierId, event: 'ended' });
  }
  return sok(undefined);
};
