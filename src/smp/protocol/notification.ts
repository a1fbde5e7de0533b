/**
 * Notifications (simplex-messaging.md, "Deliver message notification"): the id of a message, encrypted to the
 * recipient, always of the same size.
 *
 * ```
 * meta = messageId timestamp ignored      ; short string, seconds in 8 bytes
 * ```
 */
import { BOX_NONCE_SIZE, boxOpenPadded, boxSealPadded } from '../../crypto/index.ts';
import { bytes, type Codec, encode, int64, Reader, struct } from '../../encoding/index.ts';

export const NOTIFICATION_NONCE_SIZE: number = BOX_NONCE_SIZE;

/** Padded size before encryption. */
const NOTIFICATION_SIZE = 128;

export interface NotificationMeta {
  readonly msgId: Uint8Array;
  /** Seconds since the epoch, by the server's clock. */
  readonly timestamp: number;
}

const metaCodec: Codec<NotificationMeta> = struct<NotificationMeta>({ msgId: bytes, timestamp: int64 });

/** Server: encrypts the `meta` of NMSG. */
export function encryptNotification(secret: Uint8Array, nonce: Uint8Array, meta: NotificationMeta): Uint8Array {
  return boxSealPadded(secret, nonce, encode(metaCodec, meta), NOTIFICATION_SIZE);
}

/** Recipient: decrypts the `meta` of NMSG; throws `CryptoError` or `DecodeError`. */
export function decryptNotification(secret: Uint8Array, nonce: Uint8Array, meta: Uint8Array): NotificationMeta {
  // Trailing bytes are reserved for later versions.
  return metaCodec.read(new Reader(boxOpenPadded(secret, nonce, meta)));
}
