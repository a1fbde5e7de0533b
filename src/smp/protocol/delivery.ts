/**
 * The body of MSG (simplex-messaging.md, "Deliver queue message"): the sent body with time and flags, padded and
 * encrypted with the shared secret of NEW and IDS; the nonce is the message id.
 *
 * ```
 * body = timestamp flags " " sentBody / "QUOTA " timestamp      ; timestamp in seconds, 8 bytes
 * ```
 */
import { BOX_TAG_SIZE, type BoxKey, boxOpenPadded, boxSealPaddedInto, x25519 } from '../../crypto/index.ts';
import { borrowBytes, type Codec, decode, encodeWith, int64, literal, struct, tail } from '../../encoding/index.ts';
import { DELIVERY_BODY_SIZE } from './constants.ts';
import { type MessageFlags, messageFlagsCodec } from './message-flags.ts';

export type Delivery =
  | {
      readonly kind: 'message';
      /** Seconds since the epoch, by the server's clock. */
      readonly timestamp: number;
      readonly flags: MessageFlags;
      /** Still encrypted between sender and recipient. */
      readonly body: Uint8Array;
    }
  | { readonly kind: 'quota'; readonly timestamp: number };

/** The first byte of `QUOTA`; timestamps never begin with it. */
const QUOTA_BYTE = 0x51;

const quotaForm = struct<{ readonly tag: undefined; readonly timestamp: number }>({
  tag: literal('QUOTA '),
  timestamp: int64,
});

const messageForm = struct<{
  readonly timestamp: number;
  readonly flags: MessageFlags;
  readonly space: undefined;
  readonly body: Uint8Array;
}>({ timestamp: int64, flags: messageFlagsCodec, space: literal(' '), body: tail });

export const deliveryCodec: Codec<Delivery> = {
  write(writer, delivery) {
    if (delivery.kind === 'quota') quotaForm.write(writer, { tag: undefined, timestamp: delivery.timestamp });
    else messageForm.write(writer, { ...delivery, space: undefined });
  },
  read(reader) {
    if (reader.peek() === QUOTA_BYTE) return { kind: 'quota', timestamp: quotaForm.read(reader).timestamp };
    const { timestamp, flags, body } = messageForm.read(reader);
    return { kind: 'message', timestamp, flags, body };
  },
};

/** The 32-byte shared secret of one queue's deliveries: from an own X25519 private key and the peer's public key. */
export const deliverySecret = x25519;

/** Server: encrypts the body of MSG, always to the same size; the result is borrowed. */
export function encryptDelivery(secret: Uint8Array | BoxKey, msgId: Uint8Array, delivery: Delivery): Uint8Array {
  const body = borrowBytes(DELIVERY_BODY_SIZE + BOX_TAG_SIZE);
  encodeWith(deliveryCodec, delivery, (plain) => boxSealPaddedInto(body, secret, msgId, plain));
  return body;
}

/** Recipient: decrypts the body of MSG; throws `CryptoError` or `DecodeError`. */
export function decryptDelivered(secret: Uint8Array, msgId: Uint8Array, body: Uint8Array): Delivery {
  return decode(deliveryCodec, boxOpenPadded(secret, msgId, body));
}
