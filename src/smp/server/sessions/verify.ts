/**
 * Authorization of commands (simplex-messaging.md, "Command authorization"). An absent queue, a wrong key and a key of
 * the wrong type take the same time as a correct key; it depends only on the authorization that was sent.
 */
import { verify } from '../../../crypto/index.ts';
import { concatBytes, equalBytes, fromHex } from '../../../encoding/index.ts';
import {
  type AuthAlgorithm,
  type AuthorizedCommand,
  type AuthPublicKey,
  authorizationAlgorithm,
  sameAuthKey,
  verifyAuthorization,
} from '../../../protocol/index.ts';
import type { PeerService, ServiceRole } from '../../../transport/index.ts';
import type { Command, CommandKind, ErrorType } from '../../protocol/index.ts';
import type { QueueRecord, QueueStore } from '../store/types.ts';

/** Valid public keys with unknown private keys: the base points of the curves, and a generated one for Ed448. */
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

/** Verifies with a dummy key, to take the same time; the result is ignored. */
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

/** Whether one of the keys verifies the authorization. */
const verifyWithAny = (keys: readonly AuthPublicKey[], command: AuthorizedCommand) =>
  keys.some((key) => verifyWith(key, command));

/** The result of verification; `queue` is set for commands on a queue. */
export type Verified =
  | { readonly kind: 'queue'; readonly queue: QueueRecord }
  | { readonly kind: 'noQueue' }
  | { readonly kind: 'error'; readonly error: ErrorType };

const failed = (error: ErrorType): Verified => ({ kind: 'error', error });
const authError = failed({ kind: 'AUTH' });
const noQueue: Verified = { kind: 'noQueue' };

/** The service part of a command's authorization. */
export interface ServiceAuthorization {
  /** The client's service identity, if it is a service. */
  readonly peer: PeerService | undefined;
  readonly signature: Uint8Array | undefined;
}

/** The service role that a command requires; PING requires none. */
function roleOf(kind: CommandKind): ServiceRole | undefined {
  switch (kind) {
    case 'PING':
      return undefined;
    case 'NSUB':
    case 'NSUBS':
      return 'notifier';
    case 'RFWD':
      return 'proxy';
    default:
      return 'messaging';
  }
}

/** Commands that a service signs in addition to the queue's key. */
const SIGNED_BY_SERVICE: readonly CommandKind[] = ['NEW', 'SUB', 'NSUB'];

/** The error of an invalid service signature, or of a signature without a service identity (`SERVICE`). */
function serviceError(
  kind: CommandKind,
  { peer, signature }: ServiceAuthorization,
  signed: readonly Uint8Array[],
): ErrorType | undefined {
  const role = roleOf(kind);
  if (peer !== undefined && role !== undefined && peer.role !== role) return { kind: 'CMD', error: 'PROHIBITED' };
  const wanted = peer !== undefined && SIGNED_BY_SERVICE.includes(kind);
  if (!wanted) return signature === undefined ? undefined : { kind: 'SERVICE' };
  const valid = signature !== undefined && verify('ed25519', peer.key, signature, concatBytes(...signed));
  return valid ? undefined : { kind: 'SERVICE' };
}

/** Finds the queue named by the entity id; undefined also for commands without a queue. */
async function queueOf(queues: QueueStore, entityId: Uint8Array, kind: CommandKind): Promise<QueueRecord | undefined> {
  switch (kind) {
    case 'SKEY':
    case 'SEND':
      return queues.bySndId(entityId);
    case 'LKEY':
    case 'LGET':
      return queues.byLinkId(entityId);
    case 'NSUB':
      return queues.byNotifierId(entityId);
    default:
      return queues.byRcvId(entityId);
  }
}

const namesQueue = (kind: CommandKind) => !NO_QUEUE.includes(kind);
const NO_QUEUE: readonly CommandKind[] = ['NEW', 'PING', 'PRXY', 'PFWD', 'RFWD', 'SUBS', 'NSUBS'];

/** Checks the authorization of a command on its queue. */
function verifyOnQueue(queue: QueueRecord, command: Command, authorized: AuthorizedCommand): boolean {
  switch (command.kind) {
    case 'SKEY':
    case 'LKEY': {
      const { mode, sndAuthKey } = queue;
      const allowed = mode === 'messaging' && (sndAuthKey === undefined || sameAuthKey(sndAuthKey, command.key));
      return verifyWith(allowed ? command.key : undefined, authorized);
    }
    case 'SEND':
      // An unsecured queue accepts messages from anyone, without authorization.
      if (queue.sndAuthKey === undefined && authorized.authorization.length === 0) return true;
      return verifyWith(queue.sndAuthKey, authorized);
    case 'LGET':
      return queue.mode === 'contact';
    case 'NSUB':
      return verifyWith(queue.notifier?.key, authorized);
    default:
      return verifyWithAny(queue.rcvAuthKeys, authorized);
  }
}

/** Finds the queue of a command and verifies its authorization. */
export async function verifyCommand(
  queues: QueueStore,
  entityId: Uint8Array,
  command: Command,
  authorized: AuthorizedCommand,
  service: ServiceAuthorization,
): Promise<Verified> {
  const { kind } = command;
  const queue = namesQueue(kind) ? await queueOf(queues, entityId, kind) : undefined;
  if (namesQueue(kind) && queue === undefined) {
    pretend(authorized);
    return authError;
  }
  const error = serviceError(kind, service, authorized.signed);
  if (error !== undefined) return failed(error);
  // With a service signature, the queue's key signs the service's identity too.
  const { peer, signature } = service;
  const withService: AuthorizedCommand =
    peer === undefined || signature === undefined
      ? authorized
      : { ...authorized, signed: [peer.certHash, ...authorized.signed] };
  if (queue !== undefined) return verifyOnQueue(queue, command, withService) ? { kind: 'queue', queue } : authError;
  switch (kind) {
    case 'NEW':
      return verifyWith(command.rcvAuthKey, withService) ? noQueue : authError;
    case 'SUBS':
    case 'NSUBS':
      return isService(peer, entityId, authorized) ? noQueue : failed({ kind: 'SERVICE' });
    default:
      return noQueue;
  }
}

/** Whether a service's command about all its subscriptions is signed by that service. */
function isService(peer: PeerService | undefined, entityId: Uint8Array, { authorization, signed }: AuthorizedCommand) {
  if (peer === undefined || authorizationAlgorithm(authorization) !== 'ed25519') return false;
  return equalBytes(peer.serviceId, entityId) && verify('ed25519', peer.key, authorization, concatBytes(...signed));
}
