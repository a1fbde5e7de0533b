/**
 * Products of sntrup761 polynomials, modulo x^761 - x - 1, by a number-theoretic transform of 2,048 points over a prime
 * that is larger than twice any coefficient of a product: the coefficients come out as whole numbers, and are reduced
 * modulo 3 or q afterwards.
 *
 * Numbers are held in doubles, and stay far below 2^53. Reducing is a multiplication and a rounding, the same for every
 * value; where a number is read or written depends on nothing secret.
 */

export const P = 761;
export const Q = 4591;

const POINTS = 2048;

/** A prime that is 1 modulo 2,048, more than twice 761 * 2295 * 8. */
const PRIME = 28_010_497;
/** A number of order 2,048 modulo the prime. */
const ROOT = 5_146_538;

const PRIME_INVERSE = 1 / PRIME;

/** Modulo the prime, to the nearest: |result| is at most half of it. */
const reduce = (x: number): number => x - PRIME * Math.floor(x * PRIME_INVERSE + 0.5);

function power(base: number, exponent: number): number {
  let result = 1;
  for (let bit = 1, square = base; bit <= exponent; bit *= 2, square = reduce(square * square)) {
    if (exponent & bit) result = reduce(result * square);
  }
  return result;
}

interface Roots {
  readonly forward: Float64Array;
  readonly inverse: Float64Array;
}

let roots: Roots | undefined;

/**
 * Node `i` of the tree of factors stands for x^n - c^2 = (x^(n/2) - c)(x^(n/2) + c), and holds c and 1/c; the children of
 * node i are 2i and 2i + 1, and node 1 is x^2048 - 1.
 */
function makeRoots(): Roots {
  const powers = new Float64Array(POINTS);
  powers[0] = 1;
  for (let i = 1; i < POINTS; i++) powers[i] = reduce(powers[i - 1]! * ROOT);
  const exponents = new Uint16Array(POINTS);
  const forward = new Float64Array(POINTS);
  const inverse = new Float64Array(POINTS);
  for (let i = 1; i < POINTS; i++) {
    if (i > 1) exponents[i] = exponents[i >> 1]! / 2 + (i & 1) * (POINTS / 2);
    const half = exponents[i]! / 2;
    forward[i] = powers[half]!;
    inverse[i] = powers[(POINTS - half) % POINTS]!;
  }
  return { forward, inverse };
}

/** Values at all points, each below 6 times the prime; `x` holds coefficients below the prime. */
function transform(x: Float64Array, root: Float64Array): void {
  for (let length = POINTS / 2, node = 1; length >= 1; length /= 2) {
    for (let start = 0; start < POINTS; start += 2 * length) {
      const c = root[node++]!;
      for (let i = start; i < start + length; i++) {
        const t = reduce(x[i + length]! * c);
        x[i + length] = x[i]! - t;
        x[i] = x[i]! + t;
      }
    }
  }
}

/** Sums double with each level and are reduced after so many, so that no product reaches 2^53. */
const LEVELS_BETWEEN_REDUCTIONS = 4;

/** 2,048 times the coefficients, from values below half the prime. */
function transformBack(x: Float64Array, root: Float64Array): void {
  let level = 0;
  for (let length = 1, first = POINTS / 2; length < POINTS; length *= 2, first /= 2) {
    level++;
    const isReduced = level % LEVELS_BETWEEN_REDUCTIONS === 0;
    for (let start = 0, node = first; start < POINTS; start += 2 * length) {
      const c = root[node++]!;
      for (let i = start; i < start + length; i++) {
        const sum = x[i]! + x[i + length]!;
        x[i + length] = reduce((x[i]! - x[i + length]!) * c);
        x[i] = isReduced ? reduce(sum) : sum;
      }
    }
  }
}

type Coefficients = Int8Array | Int16Array | Float64Array;

function valuesOf(f: Coefficients, root: Float64Array): Float64Array {
  const x = new Float64Array(POINTS);
  x.set(f);
  transform(x, root);
  return x;
}

const scale = (): number => power(POINTS, PRIME - 2);

/** Coefficients of a product from its values at all points: whole numbers below half the prime. */
function productOf(f: Float64Array, g: Float64Array, { inverse }: Roots, factor: number): Float64Array {
  const x = new Float64Array(POINTS);
  for (let i = 0; i < POINTS; i++) x[i] = reduce(reduce(reduce(f[i]!) * reduce(g[i]!)) * factor);
  transformBack(x, inverse);
  for (let i = 0; i < 2 * P - 1; i++) x[i] = reduce(x[i]!);
  return x;
}

let factor: number | undefined;

function prepared(): { readonly roots: Roots; readonly factor: number } {
  roots ??= makeRoots();
  factor ??= scale();
  return { roots, factor };
}

/** x^761 is x + 1: reduces a product to its 761 coefficients, to the nearest modulo `modulus`. */
function fold<T extends Int8Array | Int16Array>(product: Float64Array, modulus: number, result: T): T {
  const inverse = 1 / modulus;
  for (let i = 0; i < P; i++) {
    const above = i < P - 1 ? product[i + P]! : 0;
    const x = product[i]! + above + (i > 0 ? product[i + P - 1]! : 0);
    result[i] = x - modulus * Math.floor(x * inverse + 0.5);
  }
  product.fill(0);
  return result;
}

function multiplySmall(f: Coefficients, g: Int8Array): Float64Array {
  const { roots, factor } = prepared();
  const [fValues, gValues] = [valuesOf(f, roots.forward), valuesOf(g, roots.forward)];
  const product = productOf(fValues, gValues, roots, factor);
  fValues.fill(0);
  gValues.fill(0);
  return product;
}

/** Product of a polynomial modulo q (coefficients -2295..2295) and one with coefficients -1, 0, 1, modulo q. */
export function multiplyQSmall(f: Int16Array, g: Int8Array): Int16Array {
  return fold(multiplySmall(f, g), Q, new Int16Array(P));
}

/** Product of two polynomials with coefficients -1, 0, 1, modulo 3. */
export function multiply3(f: Int8Array, g: Int8Array): Int8Array {
  return fold(multiplySmall(f, g), 3, new Int8Array(P));
}

/** Digits of coefficients are small enough for their products: -8..8, three of them make any number modulo q. */
const DIGIT = 17;
const DIGITS = 3;

/** Product of two polynomials modulo q: one digit of `g` after the other. */
export function multiplyQ(f: Int16Array, g: Int16Array): Int16Array {
  const { roots, factor } = prepared();
  const fValues = valuesOf(f, roots.forward);
  const rest = Float64Array.from(g);
  const digits = new Float64Array(P);
  const sum = new Float64Array(2 * P - 1);
  for (let digit = 0, weight = 1; digit < DIGITS; digit++, weight *= DIGIT) {
    for (let i = 0; i < P; i++) {
      const next = Math.floor(rest[i]! * (1 / DIGIT) + 0.5);
      digits[i] = rest[i]! - DIGIT * next;
      rest[i] = next;
    }
    const gValues = valuesOf(digits, roots.forward);
    const product = productOf(fValues, gValues, roots, factor);
    for (let i = 0; i < sum.length; i++) sum[i] = sum[i]! + weight * product[i]!;
    gValues.fill(0);
    product.fill(0);
  }
  for (const secret of [fValues, rest, digits]) secret.fill(0);
  return fold(sum, Q, new Int16Array(P));
}
