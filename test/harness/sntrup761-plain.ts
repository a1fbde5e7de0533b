/**
 * Textbook arithmetic of polynomials modulo x^761 - x - 1: the reference that the fast code of the KEM is compared
 * with. Slow and not constant-time.
 */
const P = 761;

/** Centred residue: -1..1 modulo 3, -2295..2295 modulo 4591. */
const centred = (x: number, modulus: number): number => {
  const rest = ((x % modulus) + modulus) % modulus;
  return rest > (modulus - 1) / 2 ? rest - modulus : rest;
};

type Polynomial = readonly number[];

/** Schoolbook multiplication, then x^761 = x + 1 from the top down. */
export function multiply(f: Polynomial, g: Polynomial, modulus: number): number[] {
  const product = new Array<number>(2 * P - 1).fill(0);
  f.forEach((a, i) => {
    g.forEach((b, j) => {
      product[i + j] = (product[i + j]! + a * b) % modulus;
    });
  });
  for (let i = 2 * P - 2; i >= P; i--) {
    product[i - P] = product[i - P]! + product[i]!;
    product[i - P + 1] = product[i - P + 1]! + product[i]!;
  }
  return product.slice(0, P).map((x) => centred(x, modulus));
}

const degree = (f: Polynomial): number => f.findLastIndex((x) => x !== 0);

function reciprocalOfNumber(x: number, modulus: number): number {
  for (let y = 1; y < modulus; y++) if (centred(x * y, modulus) === 1) return y;
  throw new Error('zero has no reciprocal');
}

/** Whether a polynomial is invertible: Euclid's algorithm with x^761 - x - 1 ends in a constant. */
export function isInvertible(f: Polynomial, modulus: number): boolean {
  let a = new Array<number>(P + 1).fill(0);
  a[0] = -1;
  a[1] = -1;
  a[P] = 1;
  let b = [...f, 0].map((x) => centred(x, modulus));
  while (degree(b) > 0) {
    const [lead, size] = [reciprocalOfNumber(b[degree(b)]!, modulus), degree(b)];
    while (degree(a) >= size) {
      const shift = degree(a) - size;
      const factor = centred(a[degree(a)]! * lead, modulus);
      a = a.map((x, i) => centred(x - factor * (i >= shift ? (b[i - shift] ?? 0) : 0), modulus));
    }
    [a, b] = [b, a];
  }
  return degree(b) === 0;
}
