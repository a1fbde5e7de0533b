/**
 * The per-queue encryption between sender and recipient (agent-protocol.md, "per-queue E2E encryption"): around the
 * ratchet's messages, inside what the server sees. A confirmation has the sender's public key in the clear; later
 * messages have none.
 */

import type { Random } from '../../base/index.ts';
import { boxOpenPadded, boxSealPadded, x25519 } from '../../crypto/index.ts';
import { decode, encode } from '../../encoding/index.ts';
import type { AuthPublicKey } from '../../protocol/index.ts';
import {
  clientMessageCodec,
  clientMsgEnvelopeCodec,
  E2E_CONFIRMATION_LENGTH,
  E2E_MESSAGE_LENGTH,
} from '../../smp/protocol/index.ts';
import { AgentError } from '../errors.ts';
import { type AgentEnvelope, agentEnvelopeCodec, smpClientVersions } from '../protocol/index.ts';
import type { RcvQueue, SndQueue } from '../types.ts';

/** Encrypts an encoded agent envelope for the recipient; a confirmation includes our public key. */
export function sealForQueue(random: Random, queue: SndQueue, envelope: Uint8Array, confirmation: boolean): Uint8Array {
  const nonce = random.bytes(24);
  const message = encode(clientMessageCodec, { senderKey: undefined, body: envelope });
  const size = confirmation ? E2E_CONFIRMATION_LENGTH : E2E_MESSAGE_LENGTH;
  return encode(clientMsgEnvelopeCodec, {
    version: queue.clientVersion,
    e2eDhKey: confirmation ? queue.e2ePublicKey : undefined,
    nonce,
    encryptedBody: boxSealPadded(queue.e2eSecret, nonce, message, size),
  });
}

export type OpenedMessage =
  | {
      readonly kind: 'first';
      /** The shared secret to store, if the content is valid. */
      readonly e2eSecret: Uint8Array;
      readonly clientVersion: number;
      readonly senderKey: AuthPublicKey | undefined;
      readonly envelope: AgentEnvelope;
    }
  | { readonly kind: 'next'; readonly senderKey: AuthPublicKey | undefined; readonly envelope: AgentEnvelope }
  /** A confirmation that was already processed: our acknowledgement was lost. */
  | { readonly kind: 'repeated-confirmation' };

/** Decrypts a sender's message; throws {@link AgentError} or a decoding error for invalid ones. */
export function openFromQueue(queue: RcvQueue, sealed: Uint8Array): OpenedMessage {
  const { version, e2eDhKey, nonce, encryptedBody } = decode(clientMsgEnvelopeCodec, sealed);
  if (version > smpClientVersions.max && version > queue.clientVersion) {
    throw new AgentError('version.newer-contact');
  }
  const { e2eSecret } = queue;
  if (e2eSecret === undefined) {
    if (e2eDhKey === undefined) throw new AgentError('message.unconfirmed');
    const secret = x25519(queue.e2eKeys.privateKey, e2eDhKey);
    return { kind: 'first', e2eSecret: secret, clientVersion: version, ...open(secret, nonce, encryptedBody) };
  }
  const opened = open(e2eSecret, nonce, encryptedBody);
  if (e2eDhKey === undefined) return { kind: 'next', ...opened };
  if (opened.envelope.kind === 'confirmation') return { kind: 'repeated-confirmation' };
  throw new AgentError('message.unexpected-key');
}

function open(secret: Uint8Array, nonce: Uint8Array, encryptedBody: Uint8Array) {
  const { senderKey, body } = decode(clientMessageCodec, boxOpenPadded(secret, nonce, encryptedBody));
  return { senderKey, envelope: decode(agentEnvelopeCodec, body) };
}
