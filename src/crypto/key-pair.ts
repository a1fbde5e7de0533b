/** A key pair in raw form; its algorithm is known from where it stands. */
export interface KeyPair {
  readonly publicKey: Uint8Array;
  /** The seed or scalar; wiped by whoever owns it. */
  readonly privateKey: Uint8Array;
}
