/**
 * The advancing key chain of block encryption (SMP version 11): every block has its own key and nonce, and a key
 * that was used is gone.
 */
import { boxOpenPaddedInPlace, boxSealPaddedInto } from './box.ts';
import { hkdfSha512 } from './hkdf.ts';
import { wipe } from './memory.ts';

const NO_SALT = new Uint8Array(0);

/** One direction of a session: seals or opens blocks in order. */
export class BoxChain {
  readonly #chainKey: Uint8Array;

  /** `chainKey`: 32 bytes, owned by the chain from here on. */
  constructor(chainKey: Uint8Array) {
    this.#chainKey = chainKey;
  }

  /** The next block's 32-byte key and 24-byte nonce. */
  next(): { readonly key: Uint8Array; readonly nonce: Uint8Array } {
    const out = hkdfSha512(NO_SALT, this.#chainKey, 'SimpleXSbChain', 88);
    this.#chainKey.set(out.subarray(0, 32));
    out.fill(0, 0, 32);
    return { key: out.subarray(32, 64), nonce: out.subarray(64, 88) };
  }

  /** Seals `message` padded so that it fills `block`. */
  sealInto(block: Uint8Array, message: Uint8Array): void {
    const { key, nonce } = this.next();
    try {
      boxSealPaddedInto(block, key, nonce, message);
    } finally {
      wipe(key);
    }
  }

  /** Opens a block in place: what it held is gone, and the message is a view of it. */
  open(block: Uint8Array): Uint8Array {
    const { key, nonce } = this.next();
    try {
      return boxOpenPaddedInPlace(key, nonce, block);
    } finally {
      wipe(key);
    }
  }
}

/** The two chains of a session, from its id and the DH secret of its session keys: the server sends with the first. */
export function boxChains(
  sessionId: Uint8Array,
  dhSecret: Uint8Array,
): { readonly serverToClient: BoxChain; readonly clientToServer: BoxChain } {
  const out = hkdfSha512(sessionId, dhSecret, 'SimpleXSbChainInit', 64);
  return { serverToClient: new BoxChain(out.slice(0, 32)), clientToServer: new BoxChain(out.slice(32)) };
}
