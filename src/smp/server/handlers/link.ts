/** What LKEY and LGET share: the data behind a link, with the id to send to. */
import type { Response } from '../../protocol/index.ts';
import { authError } from '../context.ts';
import type { QueueRecord, QueueStore } from '../store/types.ts';

export async function linkResponse(queues: QueueStore, linkId: Uint8Array, { sndId }: QueueRecord): Promise<Response> {
  const data = await queues.linkData(linkId);
  return data === undefined ? authError : { kind: 'LNK', sndId, data };
}
