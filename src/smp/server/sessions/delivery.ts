/** Encodes stored messages as MSG. */
import type { BoxKey } from '../../../crypto/index.ts';
import { releaseBuffer } from '../../../encoding/index.ts';
import { type Delivery, encryptDelivery, type Response } from '../../protocol/index.ts';
import type { StoredMessage } from '../store/types.ts';

/**
 * MSG with the message encrypted to the recipient. The result borrows a shared buffer; the body of `message` is
 * released.
 */
export function messageResponse(secret: BoxKey, message: StoredMessage): Response {
  const { msgId, timestamp, content } = message;
  const delivery: Delivery = { ...content, timestamp };
  const body = encryptDelivery(secret, msgId, delivery);
  if (content.kind === 'message') releaseBuffer(content.body);
  return { kind: 'MSG', msgId, body };
}
