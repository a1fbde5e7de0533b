/**
 * Streamlined NTRU Prime KEM sntrup761 (NTRU Prime round 3 submission; the parameter set of OpenSSH).
 *
 * Constant-time: no branch, index or division depends on secrets. Polynomials are processed in full, conditions are
 * masks, and reductions multiply by a constant. Division is only used on the radices of the encoding, which are public.
 */
import type { Random } from '../base/index.ts';
import { sha512 } from './digest.ts';
import { CryptoError } from './errors.ts';
import { wipe } from './memory.ts';
import { decodeRadix, encodeRadix, type RadixPlan, radixPlan } from './sntrup761-encoding.ts';
import { multiply3, multiplyQSmall, P, Q } from './sntrup761-multiply.ts';
import { reciprocal3, reciprocalsQ } from './sntrup761-reciprocal.ts';

const Q12 = (Q - 1) / 2;
/** Weight of a short polynomial: its number of nonzero coefficients. */
const W = 286;

const SMALL_BYTES = (P + 3) >> 2;
const HASH_BYTES = 32;

export const SNTRUP761_PUBLIC_KEY_SIZE = 1158;
export const SNTRUP761_SECRET_KEY_SIZE = 1763;
export const SNTRUP761_CIPHERTEXT_SIZE = 1039;
export const SNTRUP761_SHARED_KEY_SIZE = 32;

/** Offsets in a secret key: f, 1/g, the public key, the key of implicit rejection, the hash of the public key. */
const SK_GINV = SMALL_BYTES;
const SK_PUBLIC = 2 * SMALL_BYTES;
const SK_RHO = SK_PUBLIC + SNTRUP761_PUBLIC_KEY_SIZE;
const SK_CACHE = SK_RHO + SMALL_BYTES;

const ROUNDED_BYTES = SNTRUP761_CIPHERTEXT_SIZE - HASH_BYTES;

/** -1 if `x` is not zero, else 0, for any 32-bit `x`. */
const nonZeroMask = (x: number) => (x | -x) >> 31;
/** -1 if `x` is negative, else 0. */
const negativeMask = (x: number) => x >> 31;

/**
 * `x` modulo 3 into -1..1, for |x| < 2^17: 10923 = (2^15 + 1) / 3, so one multiplication leaves an error below one.
 */
function mod3(x: number): number {
  let r = x - 3 * ((10923 * x) >> 15);
  r -= 3 & ~negativeMask(r - 2);
  r += 3 & negativeMask(r + 1);
  return r;
}

/**
 * `x` modulo q into -2295..2295, for |x| < 2^24, more than any sum here. 228 / 2^20 and 58470 / 2^28 are just about
 * 1 / q: the first reduction leaves |r| < 2^15, the second less than q either way, and two corrections finish.
 */
function modQ(x: number): number {
  let r = x - Q * ((228 * (x >> 10)) >> 10);
  r -= Q * ((58470 * (r >> 4)) >> 24);
  r -= Q & ~negativeMask(r - Q12 - 1);
  r += Q & negativeMask(r + Q12);
  r -= Q & ~negativeMask(r - Q12 - 1);
  r += Q & negativeMask(r + Q12);
  return r;
}

/** Sorts 32-bit signed words with a sorting network (Batcher's odd-even merge sort), in constant time. */
function sortWords(x: Int32Array): void {
  const n = x.length;
  let top = 1;
  while (top < n - top) top += top;
  for (let p = top; p > 0; p >>= 1) {
    for (let i = 0; i < n - p; i++) if ((i & p) === 0) minMax(x, i, i + p);
    for (let q = top; q > p; q >>= 1) {
      for (let i = 0; i < n - q; i++) if ((i & p) === 0) minMax(x, i + p, i + q);
    }
  }
}

function minMax(x: Int32Array, i: number, j: number): void {
  const a = x[i]!;
  const b = x[j]!;
  const different = a ^ b;
  // The sign of b - a without overflow.
  const wrapped = (b - a) | 0;
  const swap = negativeMask(wrapped ^ (different & (wrapped ^ b))) & different;
  x[i] = a ^ swap;
  x[j] = b ^ swap;
}

/** A polynomial with exactly W coefficients of -1 or 1: random words tagged with their kind, then sorted. */
function randomShort(random: Random): Int8Array {
  const seed = random.bytes(4 * P);
  const view = new DataView(seed.buffer, seed.byteOffset, seed.byteLength);
  const words = new Int32Array(P);
  for (let i = 0; i < P; i++) {
    const word = view.getInt32(4 * i, true);
    // The two low bits are the kind: 0 or 2 for the first W (one random bit chooses the sign), 1 (zero) for the rest.
    words[i] = (i < W ? word & -2 : (word & -3) | 1) ^ (1 << 31);
  }
  sortWords(words);
  const short = new Int8Array(P);
  for (let i = 0; i < P; i++) short[i] = (words[i]! & 3) - 1;
  wipe(seed);
  words.fill(0);
  return short;
}

/** Coefficients uniform enough in -1, 0, 1: the top of 30 random bits times 3. */
function randomSmall(random: Random): Int8Array {
  const seed = random.bytes(4 * P);
  const view = new DataView(seed.buffer, seed.byteOffset, seed.byteLength);
  const small = new Int8Array(P);
  for (let i = 0; i < P; i++) small[i] = (((view.getUint32(4 * i, true) & 0x3fff_ffff) * 3) >>> 30) - 1;
  wipe(seed);
  return small;
}

function encodeSmall(f: Int8Array): Uint8Array {
  const encoded = new Uint8Array(SMALL_BYTES);
  for (let i = 0; i < P; i++) encoded[i >> 2] = encoded[i >> 2]! | ((f[i]! + 1) << (2 * (i & 3)));
  return encoded;
}

function decodeSmall(encoded: Uint8Array): Int8Array {
  const f = new Int8Array(P);
  for (let i = 0; i < P; i++) f[i] = ((encoded[i >> 2]! >> (2 * (i & 3))) & 3) - 1;
  return f;
}

/** Coefficients modulo q, as the radix q; rounded ones, multiples of 3, as the radix (q + 2) / 3. */
const publicPlan: RadixPlan = radixPlan(P, Q);
const roundedPlan: RadixPlan = radixPlan(P, (Q + 2) / 3);

function encodePublic(h: Int16Array): Uint8Array {
  return encodeRadix(
    publicPlan,
    h.map((x) => x + Q12),
  );
}

function decodePublic(encoded: Uint8Array): Int16Array {
  return Int16Array.from(decodeRadix(publicPlan, encoded), (x) => x - Q12);
}

function encodeRounded(r: Int16Array): Uint8Array {
  // Division by 3 of an exact multiple of 3 below 2^15, as a multiplication.
  return encodeRadix(
    roundedPlan,
    r.map((x) => ((x + Q12) * 10923) >> 15),
  );
}

function decodeRounded(encoded: Uint8Array): Int16Array {
  return Int16Array.from(decodeRadix(roundedPlan, encoded), (x) => x * 3 - Q12);
}

function hashPrefixed(prefix: number, ...parts: readonly Uint8Array[]): Uint8Array {
  return sha512(Uint8Array.of(prefix), ...parts).subarray(0, HASH_BYTES);
}

/** Encrypts the short polynomial `r` for a public key: h * r, each coefficient rounded to a multiple of 3. */
function hide(r: Int8Array, encodedR: Uint8Array, publicKey: Uint8Array, cache: Uint8Array): Uint8Array {
  const hr = multiplyQSmall(decodePublic(publicKey), r);
  for (let i = 0; i < P; i++) hr[i] = hr[i]! - mod3(hr[i]!);
  const ciphertext = new Uint8Array(SNTRUP761_CIPHERTEXT_SIZE);
  ciphertext.set(encodeRounded(hr));
  ciphertext.set(hashPrefixed(2, hashPrefixed(3, encodedR), cache), ROUNDED_BYTES);
  return ciphertext;
}

/** Recovers `r`; for a forged ciphertext, a different but deterministic polynomial of the right weight. */
function reveal(rounded: Int16Array, f: Int8Array, gInverse: Int8Array): Int8Array {
  const cf = multiplyQSmall(rounded, f);
  const e = new Int8Array(P);
  for (let i = 0; i < P; i++) e[i] = mod3(modQ(3 * cf[i]!));
  const ev = multiply3(e, gInverse);
  let weight = 0;
  for (let i = 0; i < P; i++) weight += ev[i]! & 1;
  const wrong = nonZeroMask(weight - W);
  const r = new Int8Array(P);
  for (let i = 0; i < P; i++) r[i] = i < W ? ((ev[i]! ^ 1) & ~wrong) ^ 1 : ev[i]! & ~wrong;
  cf.fill(0);
  e.fill(0);
  ev.fill(0);
  return r;
}

export interface Sntrup761KeyPair {
  /** 1158 bytes. */
  readonly publicKey: Uint8Array;
  /** 1763 bytes. */
  readonly secretKey: Uint8Array;
}

/** A random polynomial that is invertible modulo 3, as most are, and its reciprocal. */
function randomInvertible(random: Random): { readonly g: Int8Array; readonly gInverse: Int8Array } {
  for (;;) {
    const g = randomSmall(random);
    const gInverse = reciprocal3(g);
    if (gInverse !== undefined) return { g, gInverse };
  }
}

/**
 * Generates key pairs. The slow part, a reciprocal modulo q, is shared: a single pair takes about 12 ms, in a batch of
 * eight about 4 ms each.
 */
export function generateSntrup761Batch(random: Random, count: number): readonly Sntrup761KeyPair[] {
  const parts = Array.from({ length: count }, () => ({ f: randomShort(random), ...randomInvertible(random) }));
  const threeF = parts.map(({ f }) => Int16Array.from(f, (x) => 3 * x));
  const inverses = reciprocalsQ(threeF);
  const pairs = parts.map(({ f, g, gInverse }, i): Sntrup761KeyPair => {
    const publicKey = encodePublic(multiplyQSmall(inverses[i]!, g));
    const secretKey = new Uint8Array(SNTRUP761_SECRET_KEY_SIZE);
    secretKey.set(encodeSmall(f));
    secretKey.set(encodeSmall(gInverse), SK_GINV);
    secretKey.set(publicKey, SK_PUBLIC);
    secretKey.set(random.bytes(SMALL_BYTES), SK_RHO);
    secretKey.set(hashPrefixed(4, publicKey), SK_CACHE);
    return { publicKey, secretKey };
  });
  for (const { f, g, gInverse } of parts) for (const secret of [f, g, gInverse]) secret.fill(0);
  for (const secret of [...threeF, ...inverses]) secret.fill(0);
  return pairs;
}

/** Generates a key pair; generate in advance where a user waits. */
export function generateSntrup761(random: Random): Sntrup761KeyPair {
  return generateSntrup761Batch(random, 1)[0]!;
}

/** A new 32-byte shared key, and the 1039-byte ciphertext for the owner of `publicKey`. */
export function encapsulateSntrup761(
  publicKey: Uint8Array,
  random: Random,
): { readonly ciphertext: Uint8Array; readonly sharedKey: Uint8Array } {
  if (publicKey.length !== SNTRUP761_PUBLIC_KEY_SIZE) throw new CryptoError('sntrup761 public key has 1158 bytes');
  const r = randomShort(random);
  const encodedR = encodeSmall(r);
  const ciphertext = hide(r, encodedR, publicKey, hashPrefixed(4, publicKey));
  const sharedKey = hashPrefixed(1, hashPrefixed(3, encodedR), ciphertext).slice();
  r.fill(0);
  wipe(encodedR);
  return { ciphertext, sharedKey };
}

/**
 * The shared key of a ciphertext. A forged ciphertext yields a key unknown to others (implicit rejection), without an
 * error.
 */
export function decapsulateSntrup761(secretKey: Uint8Array, ciphertext: Uint8Array): Uint8Array {
  if (secretKey.length !== SNTRUP761_SECRET_KEY_SIZE || ciphertext.length !== SNTRUP761_CIPHERTEXT_SIZE) {
    throw new CryptoError('sntrup761 secret key has 1763 bytes, ciphertext 1039');
  }
  const f = decodeSmall(secretKey.subarray(0, SK_GINV));
  const gInverse = decodeSmall(secretKey.subarray(SK_GINV, SK_PUBLIC));
  const publicKey = secretKey.subarray(SK_PUBLIC, SK_RHO);
  const r = reveal(decodeRounded(ciphertext.subarray(0, ROUNDED_BYTES)), f, gInverse);
  const encodedR = encodeSmall(r);
  const again = hide(r, encodedR, publicKey, secretKey.subarray(SK_CACHE));
  let difference = 0;
  for (let i = 0; i < SNTRUP761_CIPHERTEXT_SIZE; i++) difference |= again[i]! ^ ciphertext[i]!;
  const forged = nonZeroMask(difference);
  for (let i = 0; i < SMALL_BYTES; i++) {
    encodedR[i] = encodedR[i]! ^ (forged & (encodedR[i]! ^ secretKey[SK_RHO + i]!));
  }
  const sharedKey = hashPrefixed(1 + forged, hashPrefixed(3, encodedR), ciphertext).slice();
  for (const secret of [f, gInverse, r]) secret.fill(0);
  wipe(encodedR);
  return sharedKey;
}

/** A KEM with the sizes of sntrup761: the real one, or a fast double in simulations. */
export interface Kem {
  /** A new key pair. */
  generate(random: Random): Sntrup761KeyPair;
  /** A new 32-byte shared key, and its ciphertext for the owner of `publicKey`. */
  encapsulate(
    publicKey: Uint8Array,
    random: Random,
  ): { readonly ciphertext: Uint8Array; readonly sharedKey: Uint8Array };
  /** The shared key of a ciphertext. */
  decapsulate(secretKey: Uint8Array, ciphertext: Uint8Array): Uint8Array;
}

export const sntrup761: Kem = {
  generate: generateSntrup761,
  encapsulate: encapsulateSntrup761,
  decapsulate: decapsulateSntrup761,
};
