/**
 * Sending, in two steps: taking the next key from the ratchet, which is then stored, and sealing with that key, which
 * is repeatable and deterministic. So a message whose delivery is uncertain is resent with the same bytes, and the
 * receiver recognises the repetition.
 */
import { aeadSeal, pad } from '../crypto/index.ts';
import { type Codec, concatBytes, encode, large, struct } from '../encoding/index.ts';
import { RatchetError } from './errors.ts';
import { chainKdf, type MessageKey } from './kdf.ts';
import type { KemParams } from './kem.ts';
import {
  encryptedHeaderCodec,
  encryptedMessageCodec,
  messageHeaderCodec,
  PADDED_HEADER_SIZE,
  PADDED_KEM_HEADER_SIZE,
} from './message.ts';
import { RATCHET_VERSION } from './params.ts';
import { messageKeyCodec, type Ratchet, type RatchetKem } from './state.ts';

/** The data needed to seal one message at any time. */
export interface SealingKey {
  readonly messageKey: MessageKey;
  readonly associatedData: Uint8Array;
  readonly header: Uint8Array;
}

/** The stored form; not a wire format. */
export const sealingKeyCodec: Codec<SealingKey> = struct<SealingKey>({
  messageKey: messageKeyCodec,
  associatedData: large,
  header: large,
});

function kemParams(kem: RatchetKem): KemParams {
  return kem.accepted === undefined
    ? { kind: 'proposed', publicKey: kem.keys.publicKey }
    : { kind: 'accepted', ciphertext: kem.accepted.ciphertext, publicKey: kem.keys.publicKey };
}

/**
 * Takes the key of the next message. `kem` turns the KEM on or off from the next change of direction on; undefined:
 * unchanged. All headers of a chain have the same KEM parameters, even after the KEM was turned off, because any of
 * them may arrive first. Throws {@link RatchetError} `state` before the initiator has received a message.
 */
export function nextSealingKey(
  ratchet: Ratchet,
  kem?: boolean,
): { readonly key: SealingKey; readonly ratchet: Ratchet } {
  const { sending, versions } = ratchet;
  if (sending === undefined) throw new RatchetError('state', 'nothing can be sent before a message is received');
  const enableKem = kem ?? ratchet.enableKem;
  const supportKem = ratchet.supportKem || enableKem;
  const step = chainKdf(sending.chainKey);
  const maxSupported = Math.max(RATCHET_VERSION, versions.current);
  const plainHeader = encode(messageHeaderCodec, {
    maxVersion: maxSupported,
    dhPublicKey: ratchet.dh.publicKey,
    kem: ratchet.kem && kemParams(ratchet.kem),
    previousSent: ratchet.previousSent,
    number: ratchet.sent,
  });
  const size = supportKem ? PADDED_KEM_HEADER_SIZE : PADDED_HEADER_SIZE;
  const sealed = aeadSeal(sending.headerKey, step.headerIv, ratchet.associatedData, pad(plainHeader, size));
  const header = encode(encryptedHeaderCodec, {
    version: versions.current,
    iv: step.headerIv,
    tag: sealed.tag,
    body: sealed.ciphertext,
  });
  return {
    key: { messageKey: step.messageKey, associatedData: ratchet.associatedData, header },
    ratchet: {
      ...ratchet,
      sending: { ...sending, chainKey: step.chainKey },
      sent: ratchet.sent + 1,
      supportKem,
      enableKem,
      versions: { ...versions, maxSupported },
    },
  };
}

/** Seals `message`, padded to `paddedSize`; throws {@link CryptoError} when it does not fit. */
export function sealMessage(key: SealingKey, message: Uint8Array, paddedSize: number): Uint8Array {
  const ad = concatBytes(key.associatedData, key.header);
  const sealed = aeadSeal(key.messageKey.key, key.messageKey.iv, ad, pad(message, paddedSize));
  return encode(encryptedMessageCodec, { header: key.header, tag: sealed.tag, body: sealed.ciphertext });
}
