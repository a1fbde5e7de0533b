/** A raw key pair; the algorithm is known from the context. */
export interface KeyPair {
  readonly publicKey: Uint8Array;
  /** The seed or scalar; wiped by its owner. */
  readonly privateKey: Uint8Array;
}
