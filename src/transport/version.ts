/** Version ranges, as both sides of every handshake and link announce them: two words on the wire, `min-max` in text. */
import { type Codec, DecodeError, refine, struct, word16 } from '../encoding/index.ts';

/** Inclusive at both ends; `min` is never above `max`. */
export interface VersionRange {
  readonly min: number;
  readonly max: number;
}

/** Largest version a word can carry. */
const MAX_VERSION = 0xffff;

export const versionRangeCodec: Codec<VersionRange> = refine(
  struct<VersionRange>({ min: word16, max: word16 }),
  (range) => range.min <= range.max,
  'version range ends before it starts',
);

/** The versions in both ranges; undefined when they do not meet. */
export function commonVersions(a: VersionRange, b: VersionRange): VersionRange | undefined {
  const common = { min: Math.max(a.min, b.min), max: Math.min(a.max, b.max) };
  return common.min <= common.max ? common : undefined;
}

/** The greatest version in both ranges; undefined when they do not meet. */
export function compatibleVersion(a: VersionRange, b: VersionRange): number | undefined {
  return commonVersions(a, b)?.max;
}

/** `min-max`, or the version alone when there is one. */
export function formatVersionRange(range: VersionRange): string {
  return range.min === range.max ? `${range.min}` : `${range.min}-${range.max}`;
}

/** Reads `6-18` or `6`; throws {@link DecodeError}. */
export function parseVersionRange(text: string): VersionRange {
  const match = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(text);
  const min = Number(match?.[1]);
  const max = Number(match?.[2] ?? match?.[1]);
  if (match === null || min > max || max > MAX_VERSION) throw new DecodeError('invalid version range', 0);
  return { min, max };
}
