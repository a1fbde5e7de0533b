/**
 * HKDF with SHA-512 (RFC 5869, RFC 2104). Used for every block and message, with short inputs, for which Node's own
 * implementation spends nine tenths of its time on key objects. Works in reused buffers that are wiped after use.
 */
import { wipe } from './memory.ts';
import { sodium } from './sodium.ts';

const HASH_SIZE = 64;
/** The block size of SHA-512; HMAC keys are padded to it. */
const BLOCK_SIZE = 128;
const INNER_PAD = 0x36;
const OUTER_PAD = 0x5c;

/** Maximum HMAC message that uses the buffer. */
const SHORT = 384;

const inner = new Uint8Array(BLOCK_SIZE + SHORT);
const outer = new Uint8Array(BLOCK_SIZE + HASH_SIZE);
const innerDigest = outer.subarray(BLOCK_SIZE);
const keyDigest = new Uint8Array(HASH_SIZE);

function padKey(block: Uint8Array, key: Uint8Array, pad: number): void {
  for (let i = 0; i < key.length; i++) block[i] = key[i]! ^ pad;
  block.fill(pad, key.length, BLOCK_SIZE);
}

/** HMAC-SHA-512 with a key of any size into the 64-byte `digest`; the message is given in parts. */
function hmacSha512(digest: Uint8Array, key: Uint8Array, ...message: readonly Uint8Array[]): void {
  let shortKey = key;
  if (key.length > BLOCK_SIZE) {
    sodium.crypto_hash_sha512(keyDigest, key);
    shortKey = keyDigest;
  }
  let length = BLOCK_SIZE;
  for (const part of message) length += part.length;
  const input = length <= inner.length ? inner.subarray(0, length) : new Uint8Array(length);
  padKey(input, shortKey, INNER_PAD);
  let at = BLOCK_SIZE;
  for (const part of message) {
    input.set(part, at);
    at += part.length;
  }
  padKey(outer, shortKey, OUTER_PAD);
  sodium.crypto_hash_sha512(innerDigest, input);
  sodium.crypto_hash_sha512(digest, outer);
  wipe(input, outer, keyDigest);
}

const extracted = new Uint8Array(HASH_SIZE);
const block = new Uint8Array(HASH_SIZE);
const empty = block.subarray(0, 0);
const counter = new Uint8Array(1);

/** `length`: at most 16,320 bytes; `info`: ASCII. */
export function hkdfSha512(salt: Uint8Array, ikm: Uint8Array, info: string, length: number): Uint8Array {
  const out = new Uint8Array(length);
  hkdfSha512Into(out, salt, ikm, info);
  return out;
}

/** {@link hkdfSha512} that fills `out`. */
export function hkdfSha512Into(out: Uint8Array, salt: Uint8Array, ikm: Uint8Array, info: string): void {
  const { length } = out;
  const infoBytes = Buffer.from(info, 'latin1');
  hmacSha512(extracted, salt, ikm);
  for (let at = 0; at < length; at += HASH_SIZE) {
    counter[0] = at / HASH_SIZE + 1;
    hmacSha512(block, extracted, at === 0 ? empty : block, infoBytes, counter);
    out.set(at + HASH_SIZE <= length ? block : block.subarray(0, length - at), at);
  }
  wipe(extracted, block);
}
