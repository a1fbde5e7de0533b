/** Keys for new queues, and the authorization keys of stored ones. */
import type { Random } from '../../base/index.ts';
import { generateEd25519, generateX25519, type KeyPair, x25519 } from '../../crypto/index.ts';
import { toBase64urlUnpadded } from '../../encoding/index.ts';
import type { AuthKey, SmpServer } from '../../protocol/index.ts';
import type { SmpQueueInfo, SmpQueueUri } from '../protocol/index.ts';
import { smpClientVersions } from '../protocol/index.ts';
import type { ConnId, RcvQueue, SndQueue } from '../types.ts';

export function newConnId(random: Random): ConnId {
  return toBase64urlUnpadded(random.bytes(12)) as ConnId;
}

/** Recipients sign: what a server could prove with the signature concerns only its own queue. */
export function rcvAuthKey(keys: KeyPair): AuthKey {
  return { algorithm: 'ed25519', keys };
}

/** Senders use X25519 authenticators, so that a server cannot prove to others who sent. */
export function sndAuthKey(keys: KeyPair): AuthKey {
  return { algorithm: 'x25519', keys };
}

/** Keys for NEW, before the server has created the queue. */
export interface RcvQueueKeys {
  readonly authKeys: KeyPair;
  readonly deliveryKeys: KeyPair;
  readonly e2eKeys: KeyPair;
}

export function newRcvQueueKeys(random: Random): RcvQueueKeys {
  return { authKeys: generateEd25519(random), deliveryKeys: generateX25519(random), e2eKeys: generateX25519(random) };
}

export function rcvQueueOf(
  connId: ConnId,
  server: SmpServer,
  keys: RcvQueueKeys,
  ids: { readonly rcvId: Uint8Array; readonly sndId: Uint8Array; readonly serverDhPublicKey: Uint8Array },
): Omit<RcvQueue, 'id'> {
  return {
    connId,
    server,
    rcvId: ids.rcvId,
    sndId: ids.sndId,
    authKeys: keys.authKeys,
    deliverySecret: x25519(keys.deliveryKeys.privateKey, ids.serverDhPublicKey),
    e2eKeys: keys.e2eKeys,
    e2eSecret: undefined,
    clientVersion: smpClientVersions.max,
    status: 'new',
  };
}

/** The queue's address as in links. */
export function queueUriOf(queue: Omit<RcvQueue, 'id'>): SmpQueueUri {
  const { server, sndId, e2eKeys } = queue;
  return { versions: smpClientVersions, server, senderId: sndId, dhPublicKey: e2eKeys.publicKey, mode: 'messaging' };
}

export function newSndQueue(random: Random, connId: ConnId, info: SmpQueueInfo): Omit<SndQueue, 'id'> {
  const e2e = generateX25519(random);
  return {
    connId,
    server: info.server,
    sndId: info.senderId,
    authKeys: generateX25519(random),
    e2ePublicKey: e2e.publicKey,
    e2eSecret: x25519(e2e.privateKey, info.dhPublicKey),
    clientVersion: info.version,
    status: 'new',
  };
}
