/** Version ranges, as peers announce them in handshakes and links: two words on the wire, `min-max` in text. */
import { type Codec, DecodeError, refine, struct, word16 } from '../encoding/index.ts';

/** Inclusive at both ends; `min` is at most `max`. */
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

/** The intersection of two ranges; undefined when it is empty. */
export function commonVersions(a: VersionRange, b: VersionRange): VersionRange | undefined {
  const common = { min: Math.max(a.min, b.min), max: Math.min(a.max, b.max) };
  return common.min <= common.max ? common : undefined;
}

/** The highest version in both ranges; undefined when there is none. */
export function compatibleVersion(a: VersionRange, b: VersionRange): number | undefined {
  return commonVersions(a, b)?.max;
}

/** `min-max`, or a single version. */
export function formatVersionRange(range: VersionRange): string {
  return range.min === range.max ? `${range.min}` : `${range.min}-${range.max}`;
}

/** Parses `6-18` or `6`; throws {@link DecodeError}. */
export function parseVersionRange(text: string): VersionRange {
  const match = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(text);
  const min = Number(match?.[1]);
  const max = Number(match?.[2] ?? match?.[1]);
  if (match === null || min > max || max > MAX_VERSION) throw new DecodeError('invalid version range', 0);
  return { min, max };
}
