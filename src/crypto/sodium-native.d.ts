/** The part of sodium-native that is used here; the package ships no types. */
declare module 'sodium-native' {
  const sodium: {
    crypto_hash_sha512(digest: Uint8Array, message: Uint8Array): void;
    crypto_scalarmult(secret: Uint8Array, scalar: Uint8Array, point: Uint8Array): void;
    crypto_scalarmult_base(point: Uint8Array, scalar: Uint8Array): void;
    crypto_sign_seed_keypair(publicKey: Uint8Array, secretKey: Uint8Array, seed: Uint8Array): void;
    crypto_sign_detached(signature: Uint8Array, message: Uint8Array, secretKey: Uint8Array): void;
    crypto_sign_verify_detached(signature: Uint8Array, message: Uint8Array, publicKey: Uint8Array): boolean;
    crypto_secretbox_easy(cipher: Uint8Array, message: Uint8Array, nonce: Uint8Array, key: Uint8Array): void;
    crypto_secretbox_open_easy(message: Uint8Array, cipher: Uint8Array, nonce: Uint8Array, key: Uint8Array): boolean;
  };
  export default sodium;
}
