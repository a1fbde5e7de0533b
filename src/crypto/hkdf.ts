/**
 * HKDF with SHA-512 (RFC 5869, RFC 2104). Every block and every message takes a step of it, with inputs of a few dozen
 * bytes, where the runtime's own spends nine tenths of its time on making key objects.
 */

import { wipe } from './memory.ts';
import { sodium } from './sodium.ts';

const HASH_SIZE = 64;
/** What SHA-512 takes at once: keys of HMAC are padded to it. */
const BLOCK_SIZE = 128;
const INNER_PAD = 0x36;
const OUTER_PAD = 0x5c;

function sha512(message: Uint8Array): Uint8Array {
  const digest = new Uint8Array(HASH_SIZE);
  sodium.crypto_hash_sha512(digest, message);
  return digest;
}

function padded(key: Uint8Array, pad: number, length: number): Uint8Array {
  const bytes = new Uint8Array(BLOCK_SIZE + length).fill(pad, 0, BLOCK_SIZE);
  for (let i = 0; i < key.length; i++) bytes[i] = key[i]! ^ pad;
  return bytes;
}

/** HMAC-SHA-512 under a key of any size. */
function hmacSha512(key: Uint8Array, ...message: readonly Uint8Array[]): Uint8Array {
  const shortKey = key.length > BLOCK_SIZE ? sha512(key) : key;
  const inner = padded(
    shortKey,
    INNER_PAD,
    message.reduce((sum, part) => sum + part.length, 0),
  );
  let at = BLOCK_SIZE;
  for (const part of message) {
    inner.set(part, at);
    at += part.length;
  }
  const outer = padded(shortKey, OUTER_PAD, HASH_SIZE);
  const innerDigest = sha512(inner);
  outer.set(innerDigest, BLOCK_SIZE);
  const digest = sha512(outer);
  wipe(inner, innerDigest, outer);
  return digest;
}

/** `length` bytes, at most 16,320; `info` is ASCII. */
export function hkdfSha512(salt: Uint8Array, ikm: Uint8Array, info: string, length: number): Uint8Array {
  const key = hmacSha512(salt, ikm);
  const infoBytes = Buffer.from(info, 'latin1');
  const out = new Uint8Array(length);
  let block: Uint8Array = new Uint8Array(0);
  for (let at = 0, count = 1; at < length; at += HASH_SIZE, count++) {
    const next = hmacSha512(key, block, infoBytes, Uint8Array.of(count));
    wipe(block);
    block = next;
    out.set(block.subarray(0, length - at), at);
  }
  wipe(key, block);
  return out;
}
