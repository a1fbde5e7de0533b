/** LGET: anyone reads the data of a contact address (simplex-messaging.md, "Get link data"). */
import type { QueueHandler } from '../context.ts';
import { linkResponse } from './link.ts';

export const handleLget: QueueHandler<'LGET'> = ({ queue, entityId }, { store }) =>
  linkResponse(store.queues, entityId, queue);
