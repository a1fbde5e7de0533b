/** The key agreement that starts a session: X3DH over X448 with an optional KEM secret (pqdr.md, "Initialization"). */
import { type Sntrup761KeyPair, wipe, x448 } from '../crypto/index.ts';
import { concatBytes, emptyBytes } from '../encoding/index.ts';
import { RatchetError } from './errors.ts';
import { hkdf3 } from './kdf.ts';
import type { KemAccepted, RatchetEnvironment } from './kem.ts';
import type { E2EParams, InitiatorSecrets, JoinerSecrets } from './params.ts';

/** The result computed by both parties, from which they create their ratchets. */
export interface InitParams {
  /** Both first public keys, the joiner's before the initiator's: 112 bytes. */
  readonly associatedData: Uint8Array;
  readonly rootKey: Uint8Array;
  /** Used by the joiner for its first messages. */
  readonly sendingHeaderKey: Uint8Array;
  readonly nextReceivingHeaderKey: Uint8Array;
  readonly kemAccepted: KemAccepted | undefined;
  /** Our KEM key pair whose public key the peer has. */
  readonly kemKeys: Sntrup761KeyPair | undefined;
}

const SALT = new Uint8Array(64);

function agree(
  associatedData: Uint8Array,
  secrets: readonly Uint8Array[],
  kemAccepted: KemAccepted | undefined,
  kemKeys: Sntrup761KeyPair | undefined,
): InitParams {
  const ikm = concatBytes(...secrets, kemAccepted?.sharedKey ?? emptyBytes);
  const [sendingHeaderKey, nextReceivingHeaderKey, rootKey] = hkdf3(SALT, ikm, 'SimpleXX3DH');
  wipe(ikm, ...secrets);
  return { associatedData, rootKey, sendingHeaderKey, nextReceivingHeaderKey, kemAccepted, kemKeys };
}

/** The joiner's side, from its secrets and the parameters in the invitation. */
export function x3dhJoiner(own: JoinerSecrets, peer: E2EParams): InitParams {
  const secrets = [x448(own.key2, peer.key1), x448(own.key1, peer.key2), x448(own.key2, peer.key2)];
  const ad = concatBytes(own.key1.publicKey, peer.key1);
  return agree(ad, secrets, own.kem?.accepted, own.kem?.keys);
}

/**
 * The initiator's side, from its stored secrets and the joiner's reply; the KEM starts here if the reply accepts it.
 */
export function x3dhInitiator(
  env: Pick<RatchetEnvironment, 'kem'>,
  own: InitiatorSecrets,
  peer: E2EParams,
): InitParams {
  const secrets = [x448(own.key1, peer.key2), x448(own.key2, peer.key1), x448(own.key2, peer.key2)];
  const ad = concatBytes(peer.key1, own.key1.publicKey);
  if (peer.kem?.kind !== 'accepted') return agree(ad, secrets, undefined, undefined);
  if (own.kem === undefined) throw new RatchetError('kem', 'the reply accepts a KEM key that was not proposed');
  const { ciphertext, publicKey } = peer.kem;
  const sharedKey = env.kem.decapsulate(own.kem.secretKey, ciphertext);
  return agree(ad, secrets, { peerPublicKey: publicKey, sharedKey, ciphertext }, own.kem);
}
