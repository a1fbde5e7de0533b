/**
 * Authorization of commands (simplex-messaging.md, "Command authorization"). A queue that is absent, a wrong key and a
 * key of the wrong type take the same work, which depends only on the authorization that was sent.
 */
import { fromHex } from '../../encoding/index.ts';
import {
  type AuthAlgorithm,
  type AuthorizedCommand,
  type AuthPublicKey,
  authorizationAlgorithm,
  sameAuthKey,
  verifyAuthorization,
} from '../../protocol/index.ts';
import type { Command, ErrorType } from '../protocol/index.ts';
import type { QueueRecord, QueueStore } from './store/types.ts';

/** Valid public keys whose private halves nobody has: base points of their curves, and a generated one for Ed448. */
const dummyKeys: Record<AuthAlgorithm, AuthPublicKey> = {
  x25519: { algorithm: 'x25519', key: fromHex(`09${'00'.repeat(31)}`) },
  ed25519: { algorithm: 'ed25519', key: fromHex(`58${'66'.repeat(31)}`) },
  ed448: {
    algorithm: 'ed448',
    key: fromHex(
      '5fd7449b59b461fd2ce787ec616ad46a1da1342485a70e1f8a0ea75d80e96778edf124769b46c7061bd6783df1e50f6cd1fa1abeafe8256180',
    ),
  },
};

/** Does the work of a verification; the answer is of no interest. */
function pretend(command: AuthorizedCommand): void {
  const algorithm = authorizationAlgorithm(command.authorization);
  if (algorithm !== undefined && algorithm !== 'none') verifyAuthorization(dummyKeys[algorithm], command);
}

function verifyWith(key: AuthPublicKey | undefined, command: AuthorizedCommand): boolean {
  if (key === undefined || key.algorithm !== authorizationAlgorithm(command.authorization)) {
    pretend(command);
    return false;
  }
  return verifyAuthorization(key, command);
}

/** What a command may go on with: its queue, when it has one. */
export type Verified =
  | { readonly kind: 'queue'; readonly queue: QueueRecord }
  | { readonly kind: 'noQueue' }
  | { readonly kind: 'error'; readonly error: ErrorType };

const authError: Verified = { kind: 'error', error: { kind: 'AUTH' } };

/** The key a sender may secure the queue with, if it is `key`. */
function securingKey(queue: QueueRecord | undefined, key: AuthPublicKey): AuthPublicKey | undefined {
  if (queue === undefined || !queue.sndSecure) return undefined;
  return queue.sndAuthKey === undefined || sameAuthKey(queue.sndAuthKey, key) ? key : undefined;
}

/** Finds the queue of a command and checks that the command comes from who may give it. */
export async function verifyCommand(
  queues: QueueStore,
  entityId: Uint8Array,
  command: Command,
  authorized: AuthorizedCommand,
): Promise<Verified> {
  const check = (queue: QueueRecord | undefined, key: AuthPublicKey | undefined): Verified =>
    verifyWith(key, authorized) && queue !== undefined ? { kind: 'queue', queue } : authError;
  switch (command.kind) {
    case 'NEW':
      return verifyWith(command.rcvAuthKey, authorized) ? { kind: 'noQueue' } : authError;
    case 'SUB':
    case 'KEY':
    case 'NKEY':
    case 'NDEL':
    case 'GET':
    case 'ACK':
    case 'OFF':
    case 'DEL':
    case 'QUE': {
      const queue = await queues.byRcvId(entityId);
      return check(queue, queue?.rcvAuthKey);
    }
    case 'SKEY': {
      const queue = await queues.bySndId(entityId);
      return check(queue, securingKey(queue, command.key));
    }
    case 'SEND': {
      const queue = await queues.bySndId(entityId);
      // Until a queue is secured it takes messages from anyone, without authorization.
      const open = queue !== undefined && queue.sndAuthKey === undefined && authorized.authorization.length === 0;
      return open ? { kind: 'queue', queue } : check(queue, queue?.sndAuthKey);
    }
    case 'NSUB':
      // No queue has a notifier yet, so none has this id.
      return check(undefined, undefined);
    default:
      return { kind: 'noQueue' };
  }
}
