/**
 * Reciprocals of sntrup761 polynomials, modulo x^761 - x - 1, by constant-time division steps (Bernstein and Yang, "Fast
 * constant-time gcd computation and modular inversion", 2019). How many steps there are, and which coefficients each
 * looks at, depends on nothing secret; conditions are masks or factors 0 and 1.
 */
import { multiplyQ, P, Q } from './sntrup761-multiply.ts';

const STEPS = 2 * P - 1;

/** -1 if `x` is not zero, else 0, for any 32-bit `x`. */
const nonZeroMask = (x: number) => (x | -x) >> 31;
/** -1 if `x` is negative, else 0. */
const negativeMask = (x: number) => x >> 31;

/** 32-bit words that hold the 762 coefficients of f, g, v and r, one bit each. */
const WORDS = (P + 1 + 31) >> 5;

/** Coefficients -1, 0, 1 as two bits in two words: whether it is 1, and whether it is -1. */
class TernaryVector {
  readonly plus = new Int32Array(WORDS);
  readonly minus = new Int32Array(WORDS);

  set(i: number, value: number): void {
    const [word, bit] = [i >> 5, i & 31];
    this.plus[word] = this.plus[word]! | ((negativeMask(-value) & 1) << bit);
    this.minus[word] = this.minus[word]! | ((negativeMask(value) & 1) << bit);
  }

  get(i: number): number {
    return ((this.plus[i >> 5]! >>> (i & 31)) & 1) - ((this.minus[i >> 5]! >>> (i & 31)) & 1);
  }

  clear(): void {
    this.plus.fill(0);
    this.minus.fill(0);
  }
}

/**
 * The reciprocal modulo 3 of a polynomial with coefficients -1, 0, 1; undefined when there is none. 32 coefficients go
 * through each step at once. The sum of a and b, each (plus, minus), is (t ^ (a- | b-), t ^ (a+ | b+)) with
 * t = (a+ | b-) ^ (a- | b+).
 */
export function reciprocal3(input: Int8Array): Int8Array | undefined {
  const [f, g, v, r] = [new TernaryVector(), new TernaryVector(), new TernaryVector(), new TernaryVector()];
  f.set(0, 1);
  f.set(P - 1, -1);
  f.set(P, -1);
  for (let i = 0; i < P; i++) g.set(P - 1 - i, input[i]!);
  r.set(0, 1);
  let delta = 1;
  for (let step = 0; step < STEPS; step++) {
    const [f0, g0] = [f.get(0), g.get(0)];
    const swap = negativeMask(-delta) & nonZeroMask(g0);
    delta ^= swap & (delta ^ -delta);
    delta += 1;
    // g becomes (g - g0 f0 f) / x, r becomes r - g0 f0 v.
    const sign = -Math.imul(f0, g0);
    const [plus, minus] = [negativeMask(-sign), negativeMask(sign)];
    stepDown(f, g, swap, plus, minus, Math.min(P, STEPS - step) >> 5);
    stepUp(v, r, swap, plus, minus, Math.min(P, step + 1) >> 5);
  }
  const result = new Int8Array(P);
  const sign = f.get(0);
  for (let i = 0; i < P; i++) result[i] = Math.imul(sign, v.get(P - 1 - i));
  for (const secret of [f, g, v, r]) secret.clear();
  return nonZeroMask(delta) === 0 ? result : undefined;
}

/** Swaps f and g where `swap` is -1, adds `plus` or `minus` times f to g, and divides g by x, in words 0 to `last`. */
function stepDown(f: TernaryVector, g: TernaryVector, swap: number, plus: number, minus: number, last: number): void {
  let [carryPlus, carryMinus] = [0, 0];
  for (let i = last; i >= 0; i--) {
    const [f1, f2, g1, g2] = [f.plus[i]!, f.minus[i]!, g.plus[i]!, g.minus[i]!];
    const [change1, change2] = [swap & (f1 ^ g1), swap & (f2 ^ g2)];
    const [a1, a2, b1, b2] = [f1 ^ change1, f2 ^ change2, g1 ^ change1, g2 ^ change2];
    f.plus[i] = a1;
    f.minus[i] = a2;
    const [c1, c2] = [(a1 & plus) | (a2 & minus), (a2 & plus) | (a1 & minus)];
    const t = (b1 | c2) ^ (b2 | c1);
    const [sum1, sum2] = [t ^ (b2 | c2), t ^ (b1 | c1)];
    g.plus[i] = (sum1 >>> 1) | (carryPlus << 31);
    g.minus[i] = (sum2 >>> 1) | (carryMinus << 31);
    carryPlus = sum1;
    carryMinus = sum2;
  }
}

/** Multiplies v by x, swaps v and r where `swap` is -1, and adds `plus` or `minus` times v to r, in words 0 to `last`. */
function stepUp(v: TernaryVector, r: TernaryVector, swap: number, plus: number, minus: number, last: number): void {
  for (let i = last; i >= 0; i--) {
    const v1 = (v.plus[i]! << 1) | (i > 0 ? v.plus[i - 1]! >>> 31 : 0);
    const v2 = (v.minus[i]! << 1) | (i > 0 ? v.minus[i - 1]! >>> 31 : 0);
    const [r1, r2] = [r.plus[i]!, r.minus[i]!];
    const [change1, change2] = [swap & (v1 ^ r1), swap & (v2 ^ r2)];
    const [a1, a2, b1, b2] = [v1 ^ change1, v2 ^ change2, r1 ^ change1, r2 ^ change2];
    v.plus[i] = a1;
    v.minus[i] = a2;
    const [c1, c2] = [(a1 & plus) | (a2 & minus), (a2 & plus) | (a1 & minus)];
    const t = (b1 | c2) ^ (b2 | c1);
    r.plus[i] = t ^ (b2 | c2);
    r.minus[i] = t ^ (b1 | c1);
  }
}

const Q_INVERSE = 1 / Q;
/** Modulo q, to the nearest. */
const modQ = (x: number): number => x - Q * Math.floor(x * Q_INVERSE + 0.5);

/** 1/x modulo q: x^(q-2). */
function reciprocalOfNumber(x: number): number {
  let result = x;
  for (let bit = 11; bit >= 0; bit--) {
    result = modQ(result * result);
    // q - 2 is a public constant, so branching on its bits tells nothing.
    if (((Q - 2) >> bit) & 1) result = modQ(result * x);
  }
  return result;
}

/** The reciprocal modulo q of a polynomial that is not zero: the modulus is irreducible, so there always is one. */
export function reciprocalQ(input: Int16Array): Int16Array {
  const f = new Float64Array(P + 1);
  const g = new Float64Array(P + 1);
  const v = new Float64Array(P + 1);
  const r = new Float64Array(P + 1);
  f[0] = 1;
  f[P - 1] = -1;
  f[P] = -1;
  for (let i = 0; i < P; i++) g[P - 1 - i] = input[i]!;
  r[0] = 1;
  let delta = 1;
  for (let step = 0; step < STEPS; step++) {
    const swapMask = negativeMask(-delta) & nonZeroMask(g[0]! | 0);
    delta ^= swapMask & (delta ^ -delta);
    delta += 1;
    const swap = -swapMask;
    const moved = swap * (g[0]! - f[0]!);
    const f0: number = f[0]! + moved;
    const g0: number = g[0]! - moved;
    f[0] = f0;
    const needed = Math.min(P, STEPS - step);
    for (let i = 1; i <= needed; i++) {
      const change = swap * (g[i]! - f[i]!);
      const fi = f[i]! + change;
      f[i] = fi;
      g[i - 1] = modQ(f0 * (g[i]! - change) - g0 * fi);
    }
    g[needed] = 0;
    for (let i = Math.min(P, step + 1); i >= 0; i--) {
      const vi = i > 0 ? v[i - 1]! : 0;
      const change = swap * (r[i]! - vi);
      v[i] = vi + change;
      r[i] = modQ(f0 * (r[i]! - change) - g0 * (vi + change));
    }
  }
  const factor = reciprocalOfNumber(f[0]!);
  const result = new Int16Array(P);
  for (let i = 0; i < P; i++) result[i] = modQ(factor * v[P - 1 - i]!);
  for (const secret of [f, g, v, r]) secret.fill(0);
  return result;
}

/**
 * Reciprocals modulo q of many polynomials for one reciprocal and three products each (Montgomery's trick, for key pairs
 * as in "OpenSSLNTRU: Faster post-quantum TLS key exchange", 2021).
 */
export function reciprocalsQ(inputs: readonly Int16Array[]): readonly Int16Array[] {
  const products: Int16Array[] = [];
  for (const input of inputs) {
    const before = products.at(-1);
    products.push(before === undefined ? input : multiplyQ(before, input));
  }
  const results: Int16Array[] = [];
  let left = reciprocalQ(products.at(-1)!);
  for (let i = inputs.length - 1; i > 0; i--) {
    results.unshift(multiplyQ(left, products[i - 1]!));
    const next = multiplyQ(left, inputs[i]!);
    left.fill(0);
    left = next;
    products[i]!.fill(0);
  }
  return [left, ...results];
}
