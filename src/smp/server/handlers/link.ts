/** Shared by LKEY and LGET: the LNK response with the sender id and the link data. */
import type { Response } from '../../protocol/index.ts';
import { authError } from '../responses.ts';
import type { QueueRecord, QueueStore } from '../store/types.ts';

export async function linkResponse(queues: QueueStore, linkId: Uint8Array, { sndId }: QueueRecord): Promise<Response> {
  const data = await queues.linkData(linkId);
  return data === undefined ? authError : { kind: 'LNK', sndId, data };
}
