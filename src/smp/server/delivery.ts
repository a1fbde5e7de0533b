/** Stored messages as MSG. */
import type { BoxKey } from '../../crypto/index.ts';
import { type Delivery, encryptDelivery, type Response } from '../protocol/index.ts';
import type { StoredMessage } from './store/types.ts';

/** MSG with the message encrypted to the recipient. */
export function messageResponse(secret: BoxKey, message: StoredMessage): Response {
  const { msgId, timestamp, content } = message;
  const delivery: Delivery = { ...content, timestamp };
  return { kind: 'MSG', msgId, body: encryptDelivery(secret, msgId, delivery) };
}
