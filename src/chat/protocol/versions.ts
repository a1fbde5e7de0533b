/**
 * Versions of the chat protocol. 9 brought batches to direct messages; 10 to 15 concern business chats, reports and
 * groups. 16 needs profiles in link data.
 */
export interface ChatVersionRange {
  readonly min: number;
  readonly max: number;
}

/** What we speak and advertise. */
export const chatVersions: ChatVersionRange = { min: 9, max: 15 };

/** The version both speak; undefined when there is none. */
export function agreedChatVersion(peer: ChatVersionRange, own: ChatVersionRange = chatVersions): number | undefined {
  const version = Math.min(own.max, peer.max);
  return version >= Math.max(own.min, peer.min) ? version : undefined;
}

/** `9-15`, or `9` alone. */
export function encodeVersionRange({ min, max }: ChatVersionRange): string {
  return min === max ? `${min}` : `${min}-${max}`;
}

/** Undefined for anything but a range of 16-bit versions in order. */
export function parseVersionRange(text: string): ChatVersionRange | undefined {
  const match = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(text);
  if (match === null) return undefined;
  const min = Number(match[1]);
  const max = Number(match[2] ?? match[1]);
  return min <= max && max <= 0xffff ? { min, max } : undefined;
}
