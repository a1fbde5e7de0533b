/**
 * The body of SEND (simplex-messaging.md, "Client message"): an envelope with the key of the encryption between sender
 * and recipient; inside, a header that may have the sender's queue key.
 *
 * ```
 * envelope = version (maybe dhKey) nonce encryptedBody
 * message = "K" senderKey body / "_" body
 * ```
 */
import { BOX_NONCE_SIZE, x25519KeyCodec } from '../../crypto/index.ts';
import { type Codec, fixed, maybe, struct, tail, word16 } from '../../encoding/index.ts';
import { type AuthPublicKey, authPublicKeyCodec } from '../../protocol/index.ts';

export interface ClientMsgEnvelope {
  /** SMP client version. */
  readonly version: number;
  /** The sender's X25519 public key, in the first message: the recipient does not know it yet. */
  readonly e2eDhKey: Uint8Array | undefined;
  /** 24 bytes. */
  readonly nonce: Uint8Array;
  readonly encryptedBody: Uint8Array;
}

export const clientMsgEnvelopeCodec: Codec<ClientMsgEnvelope> = struct<ClientMsgEnvelope>({
  version: word16,
  e2eDhKey: maybe(x25519KeyCodec),
  nonce: fixed(BOX_NONCE_SIZE),
  encryptedBody: tail,
});

export interface ClientMessage {
  /** The key to secure the queue with, in a confirmation whose sender could not use SKEY; undefined otherwise. */
  readonly senderKey: AuthPublicKey | undefined;
  readonly body: Uint8Array;
}

const KEY_HEADER = 0x4b;
const EMPTY_HEADER = 0x5f;

export const clientMessageCodec: Codec<ClientMessage> = {
  write(writer, message) {
    writer.byte(message.senderKey === undefined ? EMPTY_HEADER : KEY_HEADER);
    if (message.senderKey !== undefined) authPublicKeyCodec.write(writer, message.senderKey);
    tail.write(writer, message.body);
  },
  read(reader) {
    const header = reader.byte();
    if (header !== KEY_HEADER && header !== EMPTY_HEADER) reader.fail('unknown message header');
    const senderKey = header === KEY_HEADER ? authPublicKeyCodec.read(reader) : undefined;
    return { senderKey, body: tail.read(reader) };
  },
};
