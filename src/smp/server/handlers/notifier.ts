/** Shared by the handlers of notifiers: creating one and notifying its subscriber. */
import { generateX25519, wipe, x25519 } from '../../../crypto/index.ts';
import { ENTITY_ID_SIZE } from '../../../protocol/index.ts';
import type { NotifierIds, NotifierKeys } from '../../protocol/index.ts';
import type { ServerContext } from '../context.ts';
import type { Notifier } from '../store/types.ts';
import type { QueueEvent, SubscriptionBus } from '../subscriptions/bus.ts';

/** Makes a new notifier for these keys, and the response for the queue's owner. */
export function newNotifier(
  { key, dhKey }: NotifierKeys,
  { random }: Pick<ServerContext, 'random'>,
): { readonly notifier: Notifier; readonly ids: NotifierIds } {
  const keys = generateX25519(random);
  const dhSecret = x25519(keys.privateKey, dhKey);
  wipe(keys.privateKey);
  const notifierId = random.bytes(ENTITY_ID_SIZE);
  return {
    notifier: { notifierId, key, dhSecret, serviceId: undefined },
    ids: { notifierId, serverDhKey: keys.publicKey },
  };
}

/** Notifies the subscriber of a notifier, which may be a service. */
export function tellNotifier(bus: SubscriptionBus, { notifierId, serviceId }: Notifier, event: QueueEvent): void {
  if (serviceId === undefined) bus.notifications.publish(notifierId, event);
  else bus.services.publish(serviceId, { notifierId, event });
}

/** Ends the subscription of a removed notifier. */
export function dropNotifier(bus: SubscriptionBus, notifier: Notifier | undefined): void {
  if (notifier === undefined) return;
  if (notifier.serviceId === undefined) bus.notifications.drop(notifier.notifierId, 'deleted');
  else tellNotifier(bus, notifier, 'deleted');
}
