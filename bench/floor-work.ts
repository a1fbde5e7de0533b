/** Data shared by both ends of the floor: keys, and valid boxes and signatures. */
import { boxSeal, generateEd25519, generateX25519, sha512, signEd25519, x25519 } from '#sotto/crypto';

export const BLOCK_SIZE = 16_384;
/** The first byte of a connection. */
export const SENDER = 1;
export const RECIPIENT = 2;
/** Gets a block for each block it sends. */
export const IDLER = 5;
/** The first byte of a block to the recipient: a message, or the response to its acknowledgement. */
export const MESSAGE = 3;
export const ANSWER = 4;

const fixed = { bytes: (length: number) => new Uint8Array(length).fill(7) };

export function floorWork() {
  const key = new Uint8Array(32).fill(1);
  const nonce = new Uint8Array(24).fill(2);
  const plain = new Uint8Array(BLOCK_SIZE - 16).fill(3);
  const own = generateX25519(fixed);
  const peer = generateX25519({ bytes: (length) => new Uint8Array(length).fill(8) });
  const signer = generateEd25519(fixed);
  const signed = new Uint8Array(120).fill(4);
  return {
    key,
    nonce,
    plain,
    block: boxSeal(key, nonce, plain),
    own,
    peer,
    authenticator: boxSeal(x25519(own.privateKey, peer.publicKey), nonce, sha512(plain)),
    signer,
    signed,
    signature: signEd25519(signer, signed),
  };
}
