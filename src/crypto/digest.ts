/** Digests: SHA-2, SHA-3 (FIPS 180-4, FIPS 202). */
import { createHash } from 'node:crypto';

function digest(algorithm: string, parts: readonly Uint8Array[]): Uint8Array {
  const hash = createHash(algorithm);
  for (const part of parts) hash.update(part);
  return new Uint8Array(hash.digest());
}

/** 32 bytes, over the concatenation of `parts`. */
export const sha256 = (...parts: readonly Uint8Array[]): Uint8Array => digest('sha256', parts);
/** 64 bytes. */
export const sha512 = (...parts: readonly Uint8Array[]): Uint8Array => digest('sha512', parts);
/** 32 bytes. */
export const sha3_256 = (...parts: readonly Uint8Array[]): Uint8Array => digest('sha3-256', parts);
/** 48 bytes. */
export const sha3_384 = (...parts: readonly Uint8Array[]): Uint8Array => digest('sha3-384', parts);
