/**
 * Encoding of sntrup761 polynomials: a mixed-radix integer whose digits are merged in pairs until one is left (NTRU
 * Prime round 3 submission, "Encode" and "Decode"). The radices depend only on the parameters, so the merges are
 * planned once.
 */

const LIMIT = 16384;

/** Merges two neighbouring digits into one, after writing `bytes` low bytes; `left` is a radix. */
interface Merge {
  readonly left: number;
  readonly bytes: number;
}

interface Level {
  readonly merges: readonly Merge[];
  /** A last digit without a neighbour is passed on unchanged. */
  readonly odd: boolean;
  /** Radices of the input digits. */
  readonly radices: readonly number[];
}

export interface RadixPlan {
  readonly levels: readonly Level[];
  /** Radix and size of the final digit. */
  readonly topRadix: number;
  readonly topBytes: number;
  readonly size: number;
}

export function radixPlan(count: number, radix: number): RadixPlan {
  let radices: number[] = new Array<number>(count).fill(radix);
  const levels: Level[] = [];
  let size = 0;
  while (radices.length > 1) {
    const merges: Merge[] = [];
    const next: number[] = [];
    for (let i = 0; i + 1 < radices.length; i += 2) {
      let m = radices[i]! * radices[i + 1]!;
      let bytes = 0;
      while (m >= LIMIT) {
        m = Math.floor((m + 255) / 256);
        bytes++;
      }
      merges.push({ left: radices[i]!, bytes });
      size += bytes;
      next.push(m);
    }
    const odd = radices.length % 2 === 1;
    if (odd) next.push(radices[radices.length - 1]!);
    levels.push({ merges, odd, radices });
    radices = next;
  }
  let topBytes = 0;
  for (let m = radices[0]!; m > 1; m = Math.floor((m + 255) / 256)) topBytes++;
  return { levels, topRadix: radices[0]!, topBytes, size: size + topBytes };
}

/** Only multiplications and shifts, because the digits may be secret. */
export function encodeRadix(plan: RadixPlan, digits: ArrayLike<number>): Uint8Array {
  const out = new Uint8Array(plan.size);
  let at = 0;
  let current = Array.from(digits);
  for (const level of plan.levels) {
    const next: number[] = [];
    level.merges.forEach(({ left, bytes }, i) => {
      let r = current[2 * i]! + current[2 * i + 1]! * left;
      for (let b = 0; b < bytes; b++) {
        out[at++] = r & 0xff;
        r >>>= 8;
      }
      next.push(r);
    });
    if (level.odd) next.push(current[current.length - 1]!);
    current = next;
  }
  let r = current[0]!;
  for (let b = 0; b < plan.topBytes; b++) {
    out[at++] = r & 0xff;
    r >>>= 8;
  }
  return out;
}

/**
 * Decodes the digits of `encoded`, which is public, so divisions are allowed. Out-of-range input wraps, as in the
 * submission.
 */
export function decodeRadix(plan: RadixPlan, encoded: Uint8Array): number[] {
  let end = plan.size;
  let top = 0;
  for (let b = plan.topBytes - 1; b >= 0; b--) top = top * 256 + encoded[end - plan.topBytes + b]!;
  end -= plan.topBytes;
  let current: number[] = [top % plan.topRadix];
  for (let l = plan.levels.length - 1; l >= 0; l--) {
    const level = plan.levels[l]!;
    const start = end - level.merges.reduce((sum, m) => sum + m.bytes, 0);
    const below: number[] = [];
    let at = start;
    level.merges.forEach(({ left, bytes }, i) => {
      let r = current[i]!;
      let low = 0;
      for (let b = 0; b < bytes; b++) low += encoded[at++]! * 256 ** b;
      r = r * 256 ** bytes + low;
      below.push(r % left, Math.floor(r / left) % level.radices[2 * i + 1]!);
    });
    if (level.odd) below.push(current[current.length - 1]!);
    current = below;
    end = start;
  }
  return current;
}
