/**
 * The key chain of block encryption (SMP version 11): each block has its own key and nonce, and keys are wiped after
 * use.
 */
import { boxOpenPaddedInPlace, boxSealPaddedInto } from './box.ts';
import { hkdfSha512, hkdfSha512Into } from './hkdf.ts';
import { wipe } from './memory.ts';

const NO_SALT = new Uint8Array(0);

/** One step of a chain: the next chain key, and this block's key and nonce. Scratch buffer, wiped after use. */
const step = new Uint8Array(88);
const nextChainKey = step.subarray(0, 32);
const blockKey = step.subarray(32, 64);
const blockNonce = step.subarray(64);

/** One direction of a session: seals or opens blocks in order. */
export class BoxChain {
  readonly #chainKey: Uint8Array;

  /** `chainKey`: 32 bytes, owned by the chain. */
  constructor(chainKey: Uint8Array) {
    this.#chainKey = chainKey;
  }

  /** Fills `block` with the padded and sealed message. */
  sealInto(block: Uint8Array, message: Uint8Array): void {
    this.#advance();
    try {
      boxSealPaddedInto(block, blockKey, blockNonce, message);
    } finally {
      wipe(step);
    }
  }

  /** Opens a block in place; the returned message is a view of `block`. */
  open(block: Uint8Array): Uint8Array {
    this.#advance();
    try {
      return boxOpenPaddedInPlace(blockKey, blockNonce, block);
    } finally {
      wipe(step);
    }
  }

  #advance(): void {
    hkdfSha512Into(step, NO_SALT, this.#chainKey, 'SimpleXSbChain');
    this.#chainKey.set(nextChainKey);
  }
}

/**
 * The two chains of a session, from its id and the shared secret of its session keys; the server sends with the first.
 */
export function boxChains(
  sessionId: Uint8Array,
  dhSecret: Uint8Array,
): { readonly serverToClient: BoxChain; readonly clientToServer: BoxChain } {
  const out = hkdfSha512(sessionId, dhSecret, 'SimpleXSbChainInit', 64);
  return { serverToClient: new BoxChain(out.slice(0, 32)), clientToServer: new BoxChain(out.slice(32)) };
}
