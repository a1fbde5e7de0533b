/** The stored form of the initiator's secrets; not a wire format. */
import type { KeyPair } from '../../crypto/index.ts';
import { type Codec, fixed, maybe, struct } from '../../encoding/index.ts';
import { type InitiatorSecrets, kemKeyPairCodec } from '../../ratchet/index.ts';

const x448KeyPairCodec: Codec<KeyPair> = struct<KeyPair>({ publicKey: fixed(56), privateKey: fixed(56) });

export const initiatorSecretsCodec: Codec<InitiatorSecrets> = struct<InitiatorSecrets>({
  key1: x448KeyPairCodec,
  key2: x448KeyPairCodec,
  kem: maybe(kemKeyPairCodec),
});
