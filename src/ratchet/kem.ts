/** The KEM part of the ratchet: its parameters in messages, and the source of key pairs. */
import type { Random } from '../base/index.ts';
import {
  type Kem,
  SNTRUP761_CIPHERTEXT_SIZE,
  SNTRUP761_PUBLIC_KEY_SIZE,
  SNTRUP761_SECRET_KEY_SIZE,
  type Sntrup761KeyPair,
} from '../crypto/index.ts';
import { type Codec, large, refine, sizedBytes, struct } from '../encoding/index.ts';

/** The KEM parameters in a header or in connection parameters: a proposed key, or a ciphertext and the next key. */
export type KemParams =
  | { readonly kind: 'proposed'; readonly publicKey: Uint8Array }
  | { readonly kind: 'accepted'; readonly ciphertext: Uint8Array; readonly publicKey: Uint8Array };

const sizedLarge = (size: number) => refine(large, (b) => b.length === size, `${size} bytes expected`);
const publicKeyCodec = sizedLarge(SNTRUP761_PUBLIC_KEY_SIZE);
const ciphertextCodec = sizedLarge(SNTRUP761_CIPHERTEXT_SIZE);

const PROPOSED = 0x50;
const ACCEPTED = 0x41;

/** `P` key, or `A` ciphertext key. */
export const kemParamsCodec: Codec<KemParams> = {
  write(writer, params) {
    writer.byte(params.kind === 'proposed' ? PROPOSED : ACCEPTED);
    if (params.kind === 'accepted') ciphertextCodec.write(writer, params.ciphertext);
    publicKeyCodec.write(writer, params.publicKey);
  },
  read(reader) {
    const tag = reader.byte();
    if (tag === PROPOSED) return { kind: 'proposed', publicKey: publicKeyCodec.read(reader) };
    if (tag !== ACCEPTED) reader.fail('invalid KEM parameters');
    return { kind: 'accepted', ciphertext: ciphertextCodec.read(reader), publicKey: publicKeyCodec.read(reader) };
  },
};

export const kemKeyPairCodec: Codec<Sntrup761KeyPair> = struct<Sntrup761KeyPair>({
  publicKey: publicKeyCodec,
  secretKey: sizedLarge(SNTRUP761_SECRET_KEY_SIZE),
});

/** The response to a peer's key: the key, the shared secret, and its ciphertext. */
export interface KemAccepted {
  readonly peerPublicKey: Uint8Array;
  readonly sharedKey: Uint8Array;
  readonly ciphertext: Uint8Array;
}

export const kemAcceptedCodec: Codec<KemAccepted> = struct<KemAccepted>({
  peerPublicKey: publicKeyCodec,
  sharedKey: sizedBytes(32),
  ciphertext: ciphertextCodec,
});

/** The dependencies of a ratchet step: randomness, the KEM, and KEM key pairs generated in advance. */
export interface RatchetEnvironment {
  readonly random: Random;
  readonly kem: Pick<Kem, 'encapsulate' | 'decapsulate'>;
  /** A key pair that was never returned before. */
  kemKeyPair(): Sntrup761KeyPair;
}
