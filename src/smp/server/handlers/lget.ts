/** LGET: returns the link data of a contact address, without authorization (simplex-messaging.md, "Get link data"). */
import type { QueueHandler } from '../context.ts';
import { linkResponse } from './link.ts';

export const handleLget: QueueHandler<'LGET'> = ({ queue, entityId }, { store }) =>
  linkResponse(store.queues, entityId, queue);
