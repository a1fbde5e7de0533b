/** What the handlers of notifiers share: making one, and telling whoever subscribes for it. */
import { generateX25519, wipe, x25519 } from '../../../crypto/index.ts';
import { ENTITY_ID_SIZE } from '../../../protocol/index.ts';
import type { NotifierIds, NotifierKeys } from '../../protocol/index.ts';
import type { ServerContext } from '../context.ts';
import type { Notifier } from '../store/types.ts';
import type { QueueEvent, SubscriptionBus } from '../subscriptions/bus.ts';

/** A new notifier for these keys, and what its owner is told of it. */
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

/** Tells the subscriber of a notifier, which may be a service, that something waits. */
export function tellNotifier(bus: SubscriptionBus, { notifierId, serviceId }: Notifier, event: QueueEvent): void {
  if (serviceId === undefined) bus.notifications.tell(notifierId, event);
  else bus.services.tell(serviceId, { notifierId, event });
}

/** Ends the subscription for a notifier that is gone. */
export function dropNotifier(bus: SubscriptionBus, notifier: Notifier | undefined): void {
  if (notifier === undefined) return;
  if (notifier.serviceId === undefined) bus.notifications.drop(notifier.notifierId, 'deleted');
  else tellNotifier(bus, notifier, 'deleted');
}
