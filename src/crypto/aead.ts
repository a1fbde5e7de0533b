/** AES-256-GCM with the 16-byte IV that the double ratchet uses: GHASH turns it into the counter (SP 800-38D, 7.1). */
import { createCipheriv, createDecipheriv } from 'node:crypto';
import { CryptoError } from './errors.ts';

export const AEAD_TAG_SIZE = 16;
export const AEAD_IV_SIZE = 16;
export const AEAD_KEY_SIZE = 32;

export interface Sealed {
  readonly tag: Uint8Array;
  readonly ciphertext: Uint8Array;
}

export function aeadSeal(key: Uint8Array, iv: Uint8Array, ad: Uint8Array, message: Uint8Array): Sealed {
  const cipher = createCipheriv('aes-256-gcm', key, iv, { authTagLength: AEAD_TAG_SIZE });
  cipher.setAAD(ad);
  const ciphertext = new Uint8Array(cipher.update(message));
  cipher.final();
  return { tag: new Uint8Array(cipher.getAuthTag()), ciphertext };
}

/** Throws {@link CryptoError} when the tag does not match. */
export function aeadOpen(key: Uint8Array, iv: Uint8Array, ad: Uint8Array, sealed: Sealed): Uint8Array {
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, iv, { authTagLength: AEAD_TAG_SIZE });
    decipher.setAAD(ad);
    decipher.setAuthTag(sealed.tag);
    const message = new Uint8Array(decipher.update(sealed.ciphertext));
    decipher.final();
    return message;
  } catch (cause) {
    throw new CryptoError('message does not decrypt', { cause });
  }
}
