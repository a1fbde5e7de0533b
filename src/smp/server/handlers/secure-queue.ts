/** Shared by KEY and SKEY: a queue is secured once; repeating the command with the same key succeeds. */
import type { AuthPublicKey } from '../../../protocol/index.ts';
import type { Response } from '../../protocol/index.ts';
import { authError, ok } from '../responses.ts';
import type { QueueStore } from '../store/types.ts';

export async function secureQueue(queues: QueueStore, rcvId: Uint8Array, key: AuthPublicKey): Promise<Response> {
  return (await queues.secure(rcvId, key)) === 'done' ? ok : authError;
}
