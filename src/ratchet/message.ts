/** Encoding of ratchet messages and headers (pqdr.md, "Message encoding"), version 3. */
import { x448KeyCodec } from '../crypto/index.ts';
import { type Codec, fixed, large, maybe, struct, tail, word16, word32 } from '../encoding/index.ts';
import { type KemParams, kemParamsCodec } from './kem.ts';

/** Padded size of headers, without and with the KEM's key and ciphertext. [Ratchet.hs] */
export const PADDED_HEADER_SIZE = 88;
export const PADDED_KEM_HEADER_SIZE = 2310;

/** Bytes added to a padded body: lengths, version, IV, tags and the header. */
export function ratchetOverhead(kem: boolean): number {
  return 2 + (2 + 16 + 16 + 2 + (kem ? PADDED_KEM_HEADER_SIZE : PADDED_HEADER_SIZE)) + 16;
}

export interface MessageHeader {
  /** The newest version the sender supports. */
  readonly maxVersion: number;
  readonly dhPublicKey: Uint8Array;
  readonly kem: KemParams | undefined;
  readonly previousSent: number;
  readonly number: number;
}

export const messageHeaderCodec: Codec<MessageHeader> = struct<MessageHeader>({
  maxVersion: word16,
  dhPublicKey: x448KeyCodec,
  kem: maybe(kemParamsCodec),
  previousSent: word32,
  number: word32,
});

export interface EncryptedHeader {
  readonly version: number;
  readonly iv: Uint8Array;
  readonly tag: Uint8Array;
  readonly body: Uint8Array;
}

export const encryptedHeaderCodec: Codec<EncryptedHeader> = struct<EncryptedHeader>({
  version: word16,
  iv: fixed(16),
  tag: fixed(16),
  body: large,
});

/** `header` stays encoded: it is authenticated together with the body. */
export interface EncryptedMessage {
  readonly header: Uint8Array;
  readonly tag: Uint8Array;
  readonly body: Uint8Array;
}

export const encryptedMessageCodec: Codec<EncryptedMessage> = struct<EncryptedMessage>({
  header: large,
  tag: fixed(16),
  body: tail,
});
