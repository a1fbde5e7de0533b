/** The code that two people compare to see that nobody sits between them. */

const GROUP = 5;

/**
 * The SHA-256 of the ratchet's associated data as one big-endian number in decimal digits, in groups of five from the
 * left. The same on both sides.
 */
export function securityCode(ratchetAssociatedDataHash: Uint8Array): string {
  let value = 0n;
  for (const byte of ratchetAssociatedDataHash) value = value * 256n + BigInt(byte);
  const digits = value.toString();
  const groups: string[] = [];
  for (let i = 0; i < digits.length; i += GROUP) groups.push(digits.slice(i, i + GROUP));
  return groups.join(' ');
}
